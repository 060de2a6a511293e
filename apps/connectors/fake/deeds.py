"""What the fake systems do when they are told to: each order checks its object, changes a record, and says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.connectors.fake.records import Find

Json = dict[str, Any]


class No(Exception):
    """The system refuses, with the HTTP status to say it with."""

    def __init__(self, status: int, problem: str) -> None:
        super().__init__(problem)
        self.status = status


@dataclass(frozen=True)
class Change:
    """A record to write, None to remove it, and what it was before, so that the compensation can bring it back."""

    kind: str
    key: str
    after: Json | None
    before: Json | None


# operation: the kind of record it is about, the parameter that names it, the fields it sets (from a parameter or fixed)
ABOUT: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "shop.refund": ("orders", "order", {"refunded": "{amount}"}),
    "shop.cancel": ("orders", "order", {"status": "cancelled"}),
    "shop.change_address": ("orders", "order", {"address": "{address}"}),
    "shop.create_label": ("orders", "order", {"label": "RL-{reference}"}),
    "shop.send_invoice": ("orders", "order", {}),
    "shop.issue_voucher": ("customers", "customer", {}),
    "claims.set_reserve": ("claims", "claim", {"reserve": "{amount}"}),
    "claims.assign_adjuster": ("claims", "claim", {"adjuster": "{adjuster}"}),
    "claims.request_documents": ("claims", "claim", {"requested": "{items}"}),
    "claims.close": ("claims", "claim", {"status": "closed"}),
}
BACK = frozenset(
    {
        "shop.reverse_refund",
        "shop.reopen",
        "shop.restore_address",
        "shop.void_label",
        "shop.void_voucher",
        "claims.restore_reserve",
        "claims.restore_adjuster",
        "claims.withdraw_request",
        "claims.reopen",
        "documents.remove_document",
    }
)
PLAIN = frozenset({"shop.send_reply", "claims.send_reply", "letters.send_letter"})


def carry_out(
    name: str, params: Mapping[str, Any], reference: str, short: str, find: Find
) -> tuple[Json, Change | None]:
    """The answer, and what to change. `short` is a number of this execution to make codes from. Raises No."""
    if name in PLAIN:
        return {"sent": True}, None
    if name == "documents.store_document":
        document = {**params, "reference": reference}
        return {"stored": reference}, Change("documents", reference, document, None)
    if name not in ABOUT:
        raise No(404, f"{name} is not an operation.")
    kind, parameter, fields = ABOUT[name]
    key = str(params.get(parameter, ""))
    record = find(kind, key)
    if record is None:
        raise No(422, f"There is no {parameter} {key!r}.")
    if name == "shop.refund":
        _check_amount(params, record)
    if name == "shop.issue_voucher":
        code = f"NG-{short}"
        voucher = {"code": code, "customer": key, "order": params.get("order"), "value": params.get("amount")}
        return {"code": code}, Change("vouchers", code, voucher, None)
    values = {**params, "reference": short}
    changed = {field: _filled(value, values) for field, value in fields.items()}
    after = {**record, **{field: value for field, value in changed.items() if value is not None}}
    return {parameter: key, **changed}, Change(kind, key, after, record)


def _filled(value: str, values: Mapping[str, Any]) -> Any:
    if value.startswith("{"):
        return values.get(value.strip("{}"))
    return value.replace("{reference}", str(values["reference"]))


def _check_amount(params: Mapping[str, Any], order: Json) -> None:
    try:
        amount = Decimal(str(params.get("amount")))
    except InvalidOperation:
        raise No(422, f"{params.get('amount')!r} is not an amount.") from None
    if not amount.is_finite() or not 0 < amount <= Decimal(str(order["total"])):
        raise No(422, f"{amount} is not between 0 and the order's total of {order['total']}.")
