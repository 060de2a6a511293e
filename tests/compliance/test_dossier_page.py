"""The page of a case's dossier: one timeline, as of any moment, proved in place."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.audit.models import Entry
from apps.audit.sequencer import sequence
from apps.cases.models import Case
from apps.compliance.dossier import dossier
from apps.compliance.then import case_then
from apps.reviews import services
from apps.reviews.models import Disposition
from apps.tenants.actors import Actor
from tests.factories import waiting_case

OLGA = Actor("person", str(uuid4()), "Olga Brandt", "senior_reviewer")


def text_of(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def approved():
    case = waiting_case(ungrounded=False)
    services.approve(actor=OLGA, case_id=case.pk, revision=1, edits={}, reason_code="", rationale="As the policy says.")
    return case


def test_the_page_tells_who_what_which_release_and_the_sources_as_they_were(operator):
    page = text_of(operator.get(f"/cases/{approved().number}/"))
    for words in (
        "Olga Brandt",
        "Sources as they were",
        "What the release pinned",
        "Decides alone from",
        "As of",
    ):
        assert words in page
    assert "which the context entry names" in page


def test_the_address_of_the_dossier_leads_to_the_cases_page(operator):
    answer = operator.get(f"/cases/{waiting_case().number}/dossier/?at=2026-01-01")
    assert answer.status_code == 302
    assert answer["Location"].endswith("/?at=2026-01-01")


def test_the_page_shows_the_case_as_it_stood(operator):
    case = approved()
    moment = dossier(case.pk).entries[4].at.isoformat()
    page = operator.get(f"/cases/{case.number}/", {"at": moment})
    assert "No system had been asked to do anything" in text_of(page)
    assert "Approved" not in [chapter.title for chapter in page.context["chapters"]]
    assert page.context["then"].state == Case.State.REVIEW
    assert "not come in yet" in text_of(operator.get(f"/cases/{case.number}/", {"at": "2020-01-01T00:00"}))


@pytest.mark.parametrize("typed", ["yesterday", "2026-13-45T00:00:00", "\x00"])
def test_what_is_no_time_is_said_to_be_none(operator, typed):
    page = operator.get(f"/cases/{waiting_case().number}/", {"at": typed})
    assert page.status_code == 200
    assert "Not a time" in text_of(page)


@pytest.mark.usefixtures("northgate")
def test_what_the_entries_lead_to_is_where_the_case_stands():
    rejected, undone = waiting_case(), approved()
    services.reject(actor=OLGA, case_id=rejected.pk, revision=1, reason_code="tone", rationale="Rude.")
    services.undo(actor=OLGA, disposition_id=Disposition.objects.get(case=undone).pk)
    for case in (waiting_case(), approved(), rejected, undone):
        case.refresh_from_db()
        then = case_then(dossier(case.pk).entries)
        assert (then.state, then.layer, then.outcome) == (case.state, case.layer, case.outcome)


def test_words_beside_the_log_that_were_changed_are_found(operator):
    case = approved()
    assert "is the one that this entry was made for" in text_of(operator.get(f"/cases/{case.number}/"))
    Disposition.objects.filter(case=case).update(rationale="Because I felt like it.")
    assert "The rationale beside the log is not the one" in text_of(operator.get(f"/cases/{case.number}/"))


def test_each_entry_is_proved_to_be_in_the_tree(operator):
    case = approved()
    sequence()
    page = operator.get(f"/cases/{case.number}/proof/")
    assert len(page.context["proof"].paths) == Entry.objects.filter(case_id=case.pk).count()
    assert "No checkpoint is signed yet" in text_of(page)


def test_before_anything_is_in_sequence_there_is_no_proof(operator):
    page = operator.get(f"/cases/{waiting_case(waited=timedelta(0)).number}/proof/")
    assert "Nothing has been sequenced yet" in text_of(page)
