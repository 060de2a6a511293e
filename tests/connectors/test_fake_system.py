"""The fake system of record over HTTP."""

import httpx2
import pytest

from apps.connectors.fake.client import executions_by_key, load_records
from apps.connectors.fake.server import FakeSystemOfRecord
from tests.connectors.conftest import RECORDS, TODAY

TENANT = "t_northgate"


@pytest.fixture
def fake(books_folder):
    with FakeSystemOfRecord(books_folder, today=lambda: TODAY) as running:
        load_records(running.url, TENANT, RECORDS)
        yield running


def refund(fake, key="one", amount="129.00"):
    return httpx2.post(
        f"{fake.url}/{TENANT}/shop/refund",
        json={"reference": key, "params": {"order": "88-20417", "amount": amount}},
        headers={"Idempotency-Key": key},
    )


def test_a_repeated_key_is_answered_and_not_done_again(fake):
    first, second = refund(fake), refund(fake)

    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert executions_by_key(fake.url, TENANT) == {"one": 1}


def test_a_key_is_not_for_two_different_orders(fake):
    refund(fake)

    assert refund(fake, amount="5.00").status_code == 422


def test_without_a_key_the_shop_does_nothing(fake):
    answer = httpx2.post(f"{fake.url}/{TENANT}/shop/refund", json={"reference": "x", "params": {}})

    assert answer.status_code == 400
    assert executions_by_key(fake.url, TENANT) == {}


def test_the_document_store_does_what_it_is_told_twice(fake):
    for _ in range(2):
        order = {"reference": "one", "params": {"claim": "CL-26-00001"}}
        httpx2.post(f"{fake.url}/{TENANT}/documents/store_document", json=order, headers={"Idempotency-Key": "one"})

    assert executions_by_key(fake.url, TENANT) == {"one": 2}


@pytest.mark.parametrize("amount", ["130.00", "0", "-5", "lots", "NaN"])
def test_more_than_was_paid_is_not_refunded(fake, amount):
    assert refund(fake, amount=amount).status_code == 422


def test_the_ledger_survives_a_restart(fake, books_folder):
    refund(fake)
    fake.close()

    with FakeSystemOfRecord(books_folder, today=lambda: TODAY) as again:
        assert executions_by_key(again.url, TENANT) == {"one": 1}
        refund(again)
        assert executions_by_key(again.url, TENANT) == {"one": 1}


def test_loading_records_again_keeps_the_ledger(fake):
    refund(fake)
    load_records(fake.url, TENANT, RECORDS)

    assert executions_by_key(fake.url, TENANT) == {"one": 1}


def test_failures_come_on_command(fake):
    httpx2.post(f"{fake.url}/control", json={"mode": "fail", "status": 503, "times": 2, "operation": "refund"})

    assert [refund(fake).status_code for _ in range(3)] == [503, 503, 200]


def test_it_can_do_it_and_hang_up(fake):
    httpx2.post(f"{fake.url}/control", json={"mode": "drop"})

    with pytest.raises(httpx2.TransportError):
        refund(fake)
    assert executions_by_key(fake.url, TENANT) == {"one": 1}


def test_it_can_answer_too_late(fake):
    fake.trouble("hold")

    with pytest.raises(httpx2.ReadTimeout):
        httpx2.post(
            f"{fake.url}/{TENANT}/shop/refund",
            json={"reference": "one", "params": {"order": "88-20417", "amount": "1.00"}},
            headers={"Idempotency-Key": "one"},
            timeout=0.2,
        )
    assert executions_by_key(fake.url, TENANT) == {"one": 1}


@pytest.mark.parametrize("tenant", ["..", "T", "t.sqlite", "a b"])
def test_a_tenants_name_is_no_path(fake, tenant):
    assert httpx2.get(f"{fake.url}/{tenant.replace('.', '%2e')}/ledger").status_code == 404


def test_records_that_are_not_understood_are_named(fake):
    answer = httpx2.put(f"{fake.url}/{TENANT}/records", json={"shop": {"robots": []}})

    assert answer.status_code == 400
    assert "robots" in answer.json()["error"]
