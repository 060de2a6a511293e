"""Exchanges that were kept in clear get their seals once the application, which has the keys, is asked for it."""

import json
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.audit.commitments import commit, destroy_key
from apps.audit.models import Entry
from apps.compliance.sealing_earlier import Sealed, seal_earlier
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM
from apps.tenants.backend.owner import as_owner
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_schema
from tests.cast import NORTHGATE
from tests.factories import waiting_case

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def earlier(northgate: Tenant) -> None:
    """Northgate as it was before: rows without a person get in."""
    with as_owner(), in_schema(NORTHGATE), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE inference_exchange DROP CONSTRAINT exchange_is_sealed")


def kept_in_clear(case: UUID) -> Exchange:
    return Exchange.objects.create(
        case_id=case, purpose="action", route="anthropic:x", request=b"Ana asks", request_digest="1" * 64,
        response=b"So be it", response_digest="2" * 64, status=200, outcome="answered", problem=b"",
        started_at=timezone.now(), microseconds=1,
    )  # fmt: skip


def test_a_case_s_exchange_is_sealed_under_its_person_s_key_and_named_in_the_log(earlier: None) -> None:
    case = waiting_case()
    made = kept_in_clear(case.pk)

    assert seal_earlier() == Sealed(sealed=1, removed=0)

    kept = Exchange.objects.get(pk=made.pk)
    assert (kept.person, kept.plain("request"), kept.plain("response")) == (case.subject_id, b"Ana asks", b"So be it")
    assert b"Ana" not in bytes(kept.request)
    assert kept.request_digest == commit(case.subject_id, b"Ana asks")
    entry = json.loads(bytes(Entry.objects.get(action="exchange.sealed").bytes))
    assert (entry["case"], entry["fingerprints"]) == (str(case.pk), [kept.fingerprints()])


def test_what_nobody_s_key_can_seal_is_removed_and_the_log_says_so(earlier: None) -> None:
    forgotten = waiting_case()
    destroy_key(actor=SYSTEM, subject=forgotten.subject_id, reason="Asked for it.")
    kept_in_clear(forgotten.pk)
    kept_in_clear(uuid4())  # an evaluation's

    assert seal_earlier() == Sealed(sealed=0, removed=2)
    assert not Exchange.objects.exists()
    assert Entry.objects.filter(action="exchanges.removed").exists()
    assert seal_earlier() == Sealed(0, 0)
