import hashlib
import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from apps.audit.canonical import NotCanonical
from apps.audit.entries import append, prepare, record
from apps.audit.models import Entry, Pending
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema
from tests.audit.conftest import REVIEWER, execute
from tests.cast import HARBOUR, NORTHGATE

DEED: dict[str, Any] = {"actor": SYSTEM, "action": "workflow.created", "object": "workflow:returns"}


def test_an_entry_is_its_canonical_bytes_and_their_leaf_hash(northgate: Tenant) -> None:
    case = uuid4()
    done = record(
        actor=REVIEWER,
        action="case.approved",
        object=f"case:{case}",
        case=case,
        layer="review",
        reason="Within the limit.",
        before={"amount": "40.00"},
        after={"amount": "35.00"},
        lane="reviewed",
        confidence="0.93",
    )
    entry = Entry.objects.get(pk=done.id)
    assert json.loads(bytes(entry.bytes)) == {
        "v": 1,
        "tenant": NORTHGATE,
        "id": str(entry.id),
        "at": entry.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "action": "case.approved",
        "actor": {"kind": "person", "id": REVIEWER.id, "role": "senior_reviewer"},
        "object": f"case:{case}",
        "case": str(case),
        "layer": "review",
        "reason": "Within the limit.",
        "before": {"amount": "40.00"},
        "after": {"amount": "35.00"},
        "lane": "reviewed",
        "confidence": "0.93",
    }
    assert bytes(entry.leaf) == hashlib.sha256(b"\x00" + bytes(entry.bytes)).digest()
    assert (entry.action, entry.actor, entry.case_id) == ("case.approved", f"person:{REVIEWER.id}", case)


def test_the_actors_name_stays_out_of_the_log(northgate: Tenant) -> None:
    assert b"Samir" not in prepare(actor=REVIEWER, action="case.approved", object="case:1").bytes


def test_what_is_not_known_is_left_out(northgate: Tenant) -> None:
    said = json.loads(prepare(**DEED, lane="", release=None).bytes)
    assert said.keys() == {"v", "tenant", "id", "at", "action", "actor", "object"}


def test_a_float_is_refused_with_its_place_in_the_entry(northgate: Tenant) -> None:
    half: Any = {"limit": 0.5}
    with pytest.raises(NotCanonical, match=r"after.limit is a float"):
        prepare(**DEED, after=half)


def test_the_logs_own_names_cannot_be_given(northgate: Tenant) -> None:
    with pytest.raises(ValueError, match="tenant"):
        prepare(**DEED, tenant=HARBOUR)


def test_an_entry_rolls_back_with_its_deed(northgate: Tenant) -> None:
    with transaction.atomic():
        record(**DEED)
        transaction.set_rollback(True)
    assert not Entry.objects.exists()
    assert not Pending.objects.exists()


def test_an_entry_waits_for_its_place(northgate: Tenant) -> None:
    done = record(**DEED)
    assert [(row.entry_id, bytes(row.leaf)) for row in Pending.objects.all()] == [(done.id, done.leaf)]


def test_an_entry_outside_of_a_transaction_is_refused() -> None:
    with in_schema(NORTHGATE), pytest.raises(RuntimeError, match="inside the transaction"):
        append(prepare(**DEED))


def test_an_entry_cannot_be_appended_to_another_tenants_log(northgate: Tenant) -> None:
    prepared = prepare(**DEED)
    with in_schema(HARBOUR), pytest.raises(RuntimeError, match="prepared for t_northgate"):
        append(prepared)


def test_without_a_tenant_there_is_no_entry(db: None) -> None:
    with in_public(), pytest.raises(RuntimeError, match="belongs to a tenant"):
        prepare(**DEED)


def test_the_database_refuses_a_leaf_that_is_not_the_hash(northgate: Tenant) -> None:
    with pytest.raises(IntegrityError, match="leaf_is_hash"), transaction.atomic():
        append(prepare(**DEED)._replace(leaf=b"\x00" * 32))


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint", "audit_subject_key"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}"])
def test_the_tenants_role_may_not_remove(northgate: Tenant, table: str, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        execute(change.format(table))


@pytest.mark.parametrize(
    "change", ["audit_entry SET action = ''", "audit_leaf SET seq = 1", "audit_checkpoint SET root = ''"]
)
def test_the_tenants_role_may_not_change(northgate: Tenant, change: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        execute(f"UPDATE {change}")


def test_the_tenants_role_may_not_fill_the_sequencers_list(northgate: Tenant) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Pending.objects.create(entry_id=uuid4(), leaf=b"")


@pytest.mark.parametrize("table", ["audit_entry", "audit_leaf", "audit_checkpoint"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET {column} = NULL"])
def test_the_owner_is_refused_too(insider: None, table: str, change: str) -> None:
    execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change")
    column = {"audit_entry": "action", "audit_leaf": "seq", "audit_checkpoint": "root"}[table]
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        execute(change.format(table, column=column))


def test_every_lock_is_set_to_fire_always(northgate: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger"
            " WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE 'audit%' ORDER BY 1, 2"
        )
        assert cursor.fetchall() == [
            ("audit_checkpoint", "refuse_change", "A"),
            ("audit_cosignature", "refuse_change", "A"),
            ("audit_entry", "await_sequence", "A"),
            ("audit_entry", "refuse_change", "A"),
            ("audit_leaf", "refuse_change", "A"),
            ("audit_logkey", "refuse_change", "A"),
            ("audit_schema_change", "refuse_change", "A"),
            ("audit_signed_checkpoint", "refuse_change", "A"),
            ("audit_subject_key", "destroy_only", "A"),
            ("audit_subtree", "refuse_change", "A"),
        ]
