"""What a demonstration does with the fake beyond what connectors do: load its records, read its ledger."""

from collections.abc import Mapping
from typing import Any

import httpx2


def load_records(base_url: str, tenant: str, systems: Mapping[str, Any]) -> int:
    """Replace a tenant's records with the content of a systems.yaml. Returns how many there are."""
    response = httpx2.put(f"{base_url}/{tenant}/records", json=dict(systems), timeout=30)
    response.raise_for_status()
    return int(response.json()["loaded"])


def executions_by_key(base_url: str, tenant: str) -> dict[str, int]:
    """How often each idempotency key was carried out, by the fake's own ledger."""
    response = httpx2.get(f"{base_url}/{tenant}/ledger", timeout=30)
    response.raise_for_status()
    counts: dict[str, int] = response.json()["count_by_key"]
    return counts
