"""The systems of record that the platform knows how to talk to. A tenant registers those that it has."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.connectors.models import System
from apps.connectors.operations import EXECUTIONS, Operation, Operations


@dataclass(frozen=True)
class KnownSystem:
    title: str
    guarantee: System.Guarantee
    operations: Operations


def look_up() -> Operation:
    return Operation(kind="look_up")


def effect(compensation: str = "", asked_by: str = EXECUTIONS) -> Operation:
    return Operation(kind="effect", compensation=compensation, asked_by=asked_by)


CATALOGUE: Mapping[str, KnownSystem] = {
    "shop": KnownSystem(
        "Shop",
        System.Guarantee.KEY,
        Operations(
            {
                EXECUTIONS: look_up(),
                "order": look_up(),
                "customer": look_up(),
                "refund": effect("reverse_refund"),
                "reverse_refund": effect(),
                "cancel": effect("reopen"),
                "reopen": effect(),
                "change_address": effect("restore_address"),
                "restore_address": effect(),
                "create_label": effect("void_label"),
                "void_label": effect(),
                "issue_voucher": effect("void_voucher"),
                "void_voucher": effect(),
                "send_invoice": effect(),
                "send_reply": effect(),
            }
        ),
    ),
    "claims": KnownSystem(
        "Claims",
        System.Guarantee.KEY,
        Operations(
            {
                EXECUTIONS: look_up(),
                "claim": look_up(),
                "policy": look_up(),
                "customer": look_up(),
                "set_reserve": effect("restore_reserve"),
                "restore_reserve": effect(),
                "assign_adjuster": effect("restore_adjuster"),
                "restore_adjuster": effect(),
                "request_documents": effect("withdraw_request"),
                "withdraw_request": effect(),
                "close": effect("reopen"),
                "reopen": effect(),
                "send_reply": effect(),
            }
        ),
    ),
    "documents": KnownSystem(
        "Document store",
        System.Guarantee.LOOKUP,
        Operations(
            {
                "document": look_up(),
                "store_document": effect("remove_document", asked_by="document"),
                "remove_document": effect(asked_by="document"),
            }
        ),
    ),
    "letters": KnownSystem("Print and post", System.Guarantee.NONE, Operations({"send_letter": effect(asked_by="")})),
}
