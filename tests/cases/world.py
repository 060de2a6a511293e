"""A small workflow for tests, made by the product's own services: a shop with three case types, one in each lane."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import LazySettings

from apps.cases.submission import Submission
from apps.connectors.fake.client import load_records
from apps.connectors.fake.server import FakeSystemOfRecord
from apps.connectors.services import register_known_system
from apps.corpora.documents import parse_document
from apps.corpora.services import create_corpus, import_documents, publish_snapshot
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.services import create_version
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from apps.workflows.composition import Parts, compose
from apps.workflows.models import Workflow
from apps.workflows.services import create_release, create_workflow
from tests.cast import NORTHGATE
from tests.charters import first_release
from tests.local_models import MODEL_DIR, local_encoder

RETURNS = """---
slug: returns
title: Returns policy
version: 1
owner: Head of service
effective_from: 2020-01-01
regions: ["*"]
---
# Returns policy

## Return window

You can return any item within 30 days of delivery. The label is free for you.

## Refunds

Your refund reaches your original payment method within 5 working days.
"""
RECORDS = {
    "shop": {
        "customers": [
            {"id": "C-1", "name": "Dana Whitfield", "tier": "silver", "since_year": 2022, "consent": True},
            {"id": "C-2", "name": "Omar Said", "tier": "basic", "since_year": 2024, "consent": True},
        ],
        "orders": [
            {"number": "88-10001", "customer": "C-1", "item": "Boots", "total": "80.00", "status": "returned",
             "ordered_days_ago": 20, "delivered_days_ago": 15, "return_received": True},
            {"number": "88-10002", "customer": "C-2", "item": "Tent", "total": "480.00", "status": "returned",
             "ordered_days_ago": 20, "delivered_days_ago": 15, "return_received": True},
        ],
        "vouchers": [],
    }
}  # fmt: skip


def case_type(slug: str, lane: str, *, effects: bool = False) -> dict[str, Any]:
    refund = {
        "system": "shop",
        "operation": "refund",
        "params": {"order": "{order.number}", "amount": "{order.total}"},
        "summary": "Refund {order.total} EUR to order {order.number}",
    }
    known = {
        "slug": "refund",
        "title": "Refund",
        "when": [{"fact": "return.received", "is": True}],
        "impact": "low",
        "say": ["returns#refunds"],
        "effects": [refund] if effects else [],
    }
    unknown = {"slug": "explain", "title": "Explain", "when": [], "impact": "low", "say": ["returns#return-window"]}
    return {
        "slug": slug,
        "title": slug.capitalize(),
        "description": f"Cases of type {slug}.",
        "lane": lane,
        "sources": ["returns"],
        "opening": "Thank you for your message.",
        "closing": "Kind regards",
        "decisions": [known, unknown],
    }


TAXONOMY = {
    "version": 1,
    "title": "Shop",
    "customer": {"system": "shop", "operation": "customer"},
    "reply": {"system": "shop", "operation": "send_reply"},
    "case_types": [
        case_type("refund", "automatic", effects=True),
        case_type("return", "drafted"),
        case_type("complaint", "reserved"),
    ],
    "out_of_scope": {"title": "Out of scope", "description": "Anything else."},
    "fields": [
        {"name": "order_number", "title": "Order", "pattern": r"\b88-\d{5}\b",
         "lookup": {"system": "shop", "operation": "order"}, "into": "order"},
    ],
    "rules": [
        {"id": "refund", "case_type": "refund", "any": ["(?i)refund"], "why": "It speaks of a refund."},
        {"id": "return", "case_type": "return", "any": ["(?i)send back"], "why": "It speaks of sending back."},
        {"id": "complaint", "case_type": "complaint", "any": ["(?i)complain"], "why": "It complains."},
    ],
}  # fmt: skip


@pytest.fixture
def shop_system(northgate: Tenant, settings: LazySettings, tmp_path: Any) -> Iterator[FakeSystemOfRecord]:
    """The shipped system of record, filled, behind Northgate's `shop`."""
    with FakeSystemOfRecord(tmp_path / "system_of_record") as running:
        settings.SYSTEM_OF_RECORD_URL = running.url
        load_records(running.url, NORTHGATE, RECORDS)
        register_known_system(actor=SYSTEM, slug="shop")
        yield running


@pytest.fixture
def workflow(shop_system: FakeSystemOfRecord, settings: LazySettings) -> Workflow:
    """A workflow with a release in production. Rules alone decide the type, so that no training is needed."""
    encoder = local_encoder()
    settings.MODEL_DIR = MODEL_DIR
    made = create_workflow(actor=SYSTEM, slug="shop", title="Shop", owner="dora@cast.example", case_prefix="T")
    corpus = create_corpus(actor=SYSTEM, slug="shop")
    import_documents(actor=SYSTEM, corpus=corpus, documents=[parse_document(RETURNS)], encoder=encoder)
    parts = Parts(
        taxonomy=create_version(actor=SYSTEM, workflow="shop", taxonomy=Taxonomy.model_validate(TAXONOMY)),
        snapshot=publish_snapshot(actor=SYSTEM, corpus=corpus),
        prompts={},
        classifiers={},
        high=0.9,
        medium=0.5,
        amount_limit=Decimal(100),
    )
    release = create_release(actor=SYSTEM, workflow=made, manifest=compose(made, parts))
    first_release(made, release)
    return made


def submission(number: int = 1, *, text: str = "Where is my refund for order 88-10001?", **fields: Any) -> Submission:
    return Submission(**{"external_id": f"T-{number}", "text": text, "customer": "C-1", **fields})
