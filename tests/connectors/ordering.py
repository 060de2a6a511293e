"""Orders as a proposal would plan them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from apps.connectors.models import Effect
from apps.connectors.planning import plan
from apps.tenants.actors import SYSTEM
from tests.connectors.conftest import CASE, SUBJECT


@dataclass(frozen=True)
class Order:
    system: str
    operation: str
    object: str
    params: Mapping[str, str] = field(default_factory=dict)
    summary: str = ""
    amount: Decimal | None = None
    compensation: str = ""


REFUND = Order("shop", "refund", "order:88-20417", {"order": "88-20417", "amount": "129.00"}, "Refund order 88-20417")
CANCEL = Order("shop", "cancel", "order:88-20500", {"order": "88-20500"}, "Cancel order 88-20500")
LABEL = Order("shop", "create_label", "order:88-20417", {"order": "88-20417"}, "Send a return label")
FILE = Order("documents", "store_document", "claim:CL-26-00001", {"claim": "CL-26-00001"}, "File the papers")
LETTER = Order("letters", "send_letter", "customer:C-1", {"customer": "C-1"}, "Post a letter")
INVOICE = Order("shop", "send_invoice", "order:88-20417", {"order": "88-20417"}, "Send the invoice")
ALL = frozenset(f"{order.system}.{order.operation}" for order in (REFUND, CANCEL, LABEL, FILE, LETTER, INVOICE))


def place(*orders: Order, case=CASE, step="effects", grants=ALL, undo_for=timedelta(0)) -> list[Effect]:
    return plan(
        actor=SYSTEM,
        case_id=case,
        subject_id=SUBJECT,
        step=step,
        effects=orders,
        grants=grants,
        undo_for=undo_for,
    )


def states(case=CASE) -> list[str]:
    return list(Effect.objects.filter(case_id=case).values_list("state", flat=True))
