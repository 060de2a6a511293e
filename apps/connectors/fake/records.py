"""What the fake systems know: customers, orders, vouchers, policies, claims, documents.

Ages in the loaded data ("delivered_days_ago: 38") become dates when they are stored, and ages again when they are read,
so that the records grow older as records do.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

Json = dict[str, Any]
Find = Callable[[str, str], Json | None]  # kind and key
AGO, AHEAD = "_days_ago", "_in_days"
KEYS = {
    "customers": "id",
    "orders": "number",
    "vouchers": "code",
    "policies": "number",
    "claims": "number",
    "documents": "reference",
}


def records_of(data: Mapping[str, Any], today: date) -> Iterator[tuple[str, str, Json]]:
    """Kind, key and record for everything in a systems.yaml. Raises ValueError for what is not understood."""
    for system, kinds in data.items():
        listed = {"documents": kinds} if system == "documents" else kinds
        for kind, rows in (listed or {}).items():
            if kind not in KEYS:
                raise ValueError(f"{system} holds {kind}, which is not one of {', '.join(KEYS)}.")
            for row in rows or []:
                yield kind, str(row[KEYS[kind]]), dict(_dated(row, today))


def _dated(row: Mapping[str, Any], today: date) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if name.endswith(AGO) and value is not None:
            yield f"{name.removesuffix(AGO)}_on", (today - timedelta(days=value)).isoformat()
        elif name.endswith(AHEAD) and value is not None:
            yield f"{name.removesuffix(AHEAD)}_on", (today + timedelta(days=value)).isoformat()
        else:
            yield name, value


def _days_since(day: str | None, today: date) -> int | None:
    return None if day is None else (today - date.fromisoformat(day)).days


def customer_facts(customer: Json | None) -> Json:
    if customer is None:
        return {}
    return {"customer": {name: customer.get(name) for name in ("id", "name", "tier", "since_year", "consent")}}


def order_facts(order: Json, find: Find, today: date) -> Json:
    listed = ("number", "total", "status", "item", "carrier", "tracking")
    facts: Json = {
        "order": {
            **{name: order.get(name) for name in listed},
            "days_since_order": _days_since(order.get("ordered_on"), today),
            "days_since_delivery": _days_since(order.get("delivered_on"), today),
        },
        "return": {"received": bool(order.get("return_received"))},
        **customer_facts(find("customers", str(order.get("customer")))),
    }
    voucher = find("voucher_of_order", str(order["number"]))
    if voucher:
        facts["voucher"] = {"code": voucher["code"], "value": voucher["value"]}
    return facts


def policy_facts(policy: Json | None, find: Find) -> Json:
    if policy is None:
        return {}
    listed = ("number", "active", "state", "deductible", "coverages")
    return {
        "policy": {name: policy.get(name) for name in listed},
        **customer_facts(find("customers", str(policy.get("customer")))),
    }


def claim_facts(claim: Json, find: Find, today: date) -> Json:
    listed = ("number", "status", "line", "reserve", "adjuster")
    days = _days_since(claim.get("reported_on"), today)
    return {
        "claim": {**{name: claim.get(name) for name in listed}, "days_since_report": days},
        **policy_facts(find("policies", str(claim.get("policy"))), find),
    }


def look_up(operation: str, key: str, find: Find, today: date) -> Json | None:
    """The facts that a look-up answers with; None when there is no such record. Raises KeyError for no such look-up."""
    kind = {
        "order": "orders",
        "customer": "customers",
        "claim": "claims",
        "policy": "policies",
        "document": "documents",
    }
    record = find(kind[operation], key)
    if record is None:
        return None
    if operation == "order":
        return order_facts(record, find, today)
    if operation == "claim":
        return claim_facts(record, find, today)
    if operation == "policy":
        return policy_facts(record, find)
    return customer_facts(record) if operation == "customer" else {"document": record}
