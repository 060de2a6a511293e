"""A system of record with a few records in it, and the systems of Northgate that lead to it."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.db.models import F

from apps.connectors.fake.server import FakeSystemOfRecord
from apps.connectors.models import Effect
from apps.connectors.services import register_known_system
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from tests.cast import NORTHGATE

TODAY = date(2026, 11, 22)
CASE = UUID("019aa0b4-7d00-7000-8000-00000000ca5e")
SUBJECT = UUID("019aa0b4-7d00-7000-8000-00000000beef")
RECORDS = {
    "shop": {
        "customers": [
            {
                "id": "C-1",
                "name": "Dana Whitfield",
                "tier": "silver",
                "since_year": 2022,
                "consent": True,
                "region": "EU",
            }
        ],
        "orders": [
            {
                "number": "88-20417",
                "customer": "C-1",
                "item": "Ridgeline boots",
                "total": "129.00",
                "status": "delivered",
                "ordered_days_ago": 41,
                "delivered_days_ago": 38,
                "carrier": "Nordpost",
                "tracking": "NP559",
                "return_received": False,
            },
            {
                "number": "88-20500",
                "customer": "C-1",
                "item": "Tent",
                "total": "240.00",
                "status": "processing",
                "ordered_days_ago": 0,
                "delivered_days_ago": None,
                "carrier": None,
                "tracking": None,
                "return_received": False,
            },
        ],
        "vouchers": [{"code": "NG-1", "customer": "C-1", "order": "88-20417", "value": "10.00", "issued_days_ago": 3}],
    },
    "claims": {
        "policies": [
            {
                "number": "HM-000001",
                "customer": "C-1",
                "state": "TX",
                "line": "motor",
                "active": True,
                "deductible": "500.00",
                "coverages": ["collision", "glass"],
            }
        ],
        "claims": [
            {
                "number": "CL-26-00001",
                "policy": "HM-000001",
                "line": "motor",
                "status": "open",
                "reserve": "0.00",
                "reported_days_ago": 5,
                "adjuster": None,
            }
        ],
    },
    "documents": [],
}


@pytest.fixture
def books_folder(tmp_path: Path) -> Path:
    return tmp_path / "system_of_record"


@pytest.fixture
def record_keeper(books_folder: Path, settings: LazySettings) -> Iterator[FakeSystemOfRecord]:
    with FakeSystemOfRecord(books_folder, today=lambda: TODAY) as running:
        settings.SYSTEM_OF_RECORD_URL = running.url
        running.books(NORTHGATE).load(RECORDS, TODAY)
        yield running


@pytest.fixture
def systems(northgate: Tenant, record_keeper: FakeSystemOfRecord) -> FakeSystemOfRecord:
    for slug in ("shop", "claims", "documents", "letters"):
        register_known_system(actor=SYSTEM, slug=slug)
    return record_keeper


def let_time_pass(seconds: int = 3600) -> None:
    """Move everything in the ledger into the past, as if the time had gone by."""
    by = timedelta(seconds=seconds)
    Effect.objects.update(due_at=F("due_at") - by, lease_until=F("lease_until") - by, sent_at=F("sent_at") - by)
