from datetime import timedelta

import pytest

from apps.connectors.fake.server import FakeSystemOfRecord
from apps.connectors.lookups import NotAllowed, look_up
from apps.connectors.wire import SystemUnavailable
from apps.tenants.schemas import in_schema
from tests.cast import HARBOUR
from tests.connectors.conftest import TODAY


def found(system, operation, key):
    facts = look_up(system, operation, key)
    assert facts is not None
    return facts


def test_an_order_comes_with_its_customer_return_and_voucher(systems):
    assert look_up("shop", "order", "88-20417") == {
        "order.number": "88-20417",
        "order.total": "129.00",
        "order.status": "delivered",
        "order.item": "Ridgeline boots",
        "order.carrier": "Nordpost",
        "order.tracking": "NP559",
        "order.days_since_order": "41",
        "order.days_since_delivery": "38",
        "return.received": "false",
        "customer.id": "C-1",
        "customer.name": "Dana Whitfield",
        "customer.tier": "silver",
        "customer.since_year": "2022",
        "customer.consent": "true",
        "voucher.code": "NG-1",
        "voucher.value": "10.00",
    }


def test_what_has_not_happened_is_no_fact(systems):
    facts = found("shop", "order", "88-20500")

    assert "order.days_since_delivery" not in facts
    assert not any(name.startswith("voucher.") for name in facts)


def test_a_claim_comes_with_its_policy_and_customer(systems):
    facts = found("claims", "claim", "CL-26-00001")

    assert facts["claim.days_since_report"] == "5"
    assert facts["policy.coverages"] == "collision, glass"
    assert facts["policy.active"] == "true"
    assert facts["customer.tier"] == "silver"
    assert "claim.adjuster" not in facts


def test_records_grow_older(systems, books_folder, settings):
    with FakeSystemOfRecord(books_folder, today=lambda: TODAY + timedelta(days=10)) as later:
        settings.SYSTEM_OF_RECORD_URL = later.url
        assert found("shop", "order", "88-20417")["order.days_since_delivery"] == "48"


def test_an_unknown_number_finds_nothing(systems):
    assert look_up("shop", "order", "88-99999") is None
    assert look_up("shop", "order", "../../ledger") is None


def test_another_tenants_records_are_not_found(systems):
    with in_schema(HARBOUR), pytest.raises(NotAllowed):
        look_up("shop", "order", "88-20417")


@pytest.mark.parametrize(("system", "operation"), [("shop", "refund"), ("shop", "ledger"), ("payroll", "order")])
def test_only_registered_look_ups_are_asked(systems, system, operation):
    with pytest.raises(NotAllowed):
        look_up(system, operation, "88-20417")


def test_a_system_that_is_down_is_told_from_a_record_that_is_missing(systems, settings):
    systems.close()

    with pytest.raises(SystemUnavailable, match="Shop"):
        look_up("shop", "order", "88-20417")


def test_without_an_address_the_message_says_what_to_set(systems, settings):
    settings.SYSTEM_OF_RECORD_URL = ""

    with pytest.raises(SystemUnavailable, match="SYSTEM_OF_RECORD_URL"):
        look_up("shop", "order", "88-20417")
