from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from apps.audit import commitments
from apps.audit.commitments import SubjectForgotten, commit, destroy_key, digest, subject_keys
from apps.audit.models import Entry, SubjectKey
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_schema
from tests.audit.conftest import REVIEWER, execute
from tests.cast import HARBOUR

pytestmark = pytest.mark.usefixtures("northgate")


@pytest.fixture(autouse=True)
def fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commitments, "_kept", {})


def test_the_same_text_about_the_same_person_gives_the_same_digest() -> None:
    ana, ben = uuid4(), uuid4()
    assert commit(ana, b"refund") == commit(ana, b"refund")
    assert len({commit(ana, b"refund"), commit(ana, b"exchange"), commit(ben, b"refund")}) == 3
    assert commit(ana, b"refund").startswith("hmac-sha256:")


def test_the_same_person_has_another_key_in_another_tenant(harbour: Tenant) -> None:
    ana = uuid4()
    here = commit(ana, b"refund")
    with in_schema(HARBOUR):
        assert commit(ana, b"refund") != here


def test_keys_are_stored_wrapped_and_bound_to_their_tenant_and_person() -> None:
    ana, ben = uuid4(), uuid4()
    keys = subject_keys([ana, ben])
    rows = {row.subject: bytes(row.wrapped or b"") for row in SubjectKey.objects.all()}
    assert all(keys[subject] not in wrapped for subject, wrapped in rows.items())
    with pytest.raises(InvalidTag):
        commitments._unwrap("t_northgate", ben, rows[ana])
    with pytest.raises(InvalidTag):
        commitments._unwrap("t_harbour", ana, rows[ana])


def test_many_people_cost_three_queries_at_first(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    people = [uuid4() for _ in range(50)]
    assert not SubjectKey.objects.exists()
    with django_assert_num_queries(3):
        keys = subject_keys(people)
    assert digest(keys[people[7]], b"refund") == commit(people[7], b"refund")


def test_a_key_is_kept_in_memory_only_once_it_is_committed(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    ana = uuid4()
    with transaction.atomic():
        lost = commit(ana, b"refund")
        transaction.set_rollback(True)
    with django_capture_on_commit_callbacks(execute=True):
        kept = commit(ana, b"refund")
    assert kept != lost
    with django_assert_num_queries(0):
        assert commit(ana, b"refund") == kept


def test_after_its_key_is_destroyed_nothing_can_be_said_about_a_person() -> None:
    ana = uuid4()
    commit(ana, b"refund")
    assert destroy_key(actor=REVIEWER, subject=ana, reason="Erasure request 12.")
    with pytest.raises(SubjectForgotten, match=str(ana)):
        commit(ana, b"refund")
    assert Entry.objects.filter(action="subject.key_destroyed", object=f"subject:{ana}").count() == 1
    assert not destroy_key(actor=REVIEWER, subject=ana, reason="Again.")


def test_a_key_can_be_destroyed_and_nothing_else() -> None:
    ana = uuid4()
    commit(ana, b"refund")
    with pytest.raises(IntegrityError, match="can only be destroyed"), transaction.atomic():
        execute("UPDATE audit_subject_key SET wrapped = 'another'")
    destroy_key(actor=REVIEWER, subject=ana, reason="Erasure request 12.")
    with pytest.raises(IntegrityError, match="can only be destroyed"), transaction.atomic():
        execute("UPDATE audit_subject_key SET wrapped = 'back again', destroyed_at = NULL")
