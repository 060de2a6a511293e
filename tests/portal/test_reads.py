"""Reading about customers is entered with its purpose, once for each look; who has several purposes is asked."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.audit import reads
from apps.audit.models import Entry, Read
from apps.audit.reads import enter_once, forget_old_reads
from apps.portal.people import create_key
from apps.tenants.capabilities import Capability
from apps.tenants.purposes import CHOSEN, Purpose
from tests.cast import Member
from tests.factories import waiting_case


def read_entries() -> list[dict[str, Any]]:
    found = Entry.objects.filter(action__in=["case.read", "cases.listed", "data.read"]).order_by("at", "id")
    return [json.loads(bytes(each.bytes)) for each in found]


def undecided(browser: Member) -> Member:
    session = browser.session
    session.pop(CHOSEN, None)
    session.save()
    return browser


def test_opening_a_case_is_one_entry_however_often_it_is_opened(operator):
    case = waiting_case()
    for _ in range(3):
        operator.get(f"/review/{case.number}/")
    (entry,) = read_entries()
    assert (entry["object"], entry["purpose"], entry["part"]) == (f"case:{case.pk}", "review", "draft")
    assert entry["actor"]["id"] == operator.actor.id


def test_the_same_look_in_the_next_quarter_of_an_hour_is_another_entry(operator):
    look = {"actor": operator.actor, "action": "case.read", "object": "case:1", "purpose": Purpose.REVIEW}
    enter_once(**look)
    Read.objects.update(since=datetime.now(UTC) - timedelta(hours=1))
    enter_once(**look)
    assert len(read_entries()) == 2


def test_another_person_and_another_part_are_entries_of_their_own(operator, senior_reviewer):
    case = waiting_case()
    operator.get(f"/cases/{case.number}/")
    senior_reviewer.get(f"/cases/{case.number}/")
    senior_reviewer.get(f"/review/{case.number}/")
    assert [entry["part"] for entry in read_entries()] == ["dossier", "dossier", "draft"]
    page = senior_reviewer.get(f"/cases/{case.number}/").content.decode()
    looks = page.partition("Who looked at it")[2]
    assert operator.actor.name in looks


def test_a_list_is_one_entry_that_names_its_rows_and_not_the_words_searched_for(operator):
    cases = [waiting_case(text="Where are my snowshoes, asks Jane Roe?") for _ in range(2)]
    for _ in range(2):
        operator.get("/cases/?q=snowshoes")
    (entry,) = read_entries()
    assert (entry["rows"], entry["part"]) == (sorted(str(case.pk) for case in cases), "search")
    assert "snowshoes" not in json.dumps(entry)


def test_an_empty_list_shows_nobody_and_is_no_entry(operator):
    operator.get("/cases/")
    operator.get("/review/")
    assert read_entries() == []


def test_a_program_is_entered_by_its_key(tenant_admin, visitor):
    case = waiting_case()
    key, text = create_key(actor=tenant_admin.actor, name="Intake", capabilities=frozenset({Capability.CASES_VIEW}))
    for path in ("/api/v1/cases", f"/api/v1/cases/{case.number}"):
        visitor.get(path, headers={"Authorization": f"Bearer {text}"})
    assert [(entry["actor"]["id"], entry["purpose"]) for entry in read_entries()] == [(str(key.id), "operation")] * 2


def test_who_has_several_purposes_is_asked_before_anything_is_shown(auditor):
    case = waiting_case(text="Where are my snowshoes?")
    answer = undecided(auditor).get(f"/cases/{case.number}/")
    assert (answer.status_code, answer["location"]) == (302, f"/purpose/?next=%2Fcases%2F{case.number}%2F")
    assert read_entries() == []
    asked = auditor.post("/purpose/", {"purpose": "complaint", "next": f"/cases/{case.number}/"}, follow=True)
    assert "answer a complaint" in asked.content.decode()
    assert [entry["purpose"] for entry in read_entries()] == ["complaint"]
    assert Entry.objects.filter(action="purpose.chosen").count() == 1


def test_a_swapped_part_of_a_page_leads_to_the_question_too(auditor):
    waiting_case()
    answer = undecided(auditor).get(
        "/cases/", headers={"HX-Request": "true", "HX-Current-URL": "http://northgate.localhost/cases/"}
    )
    assert answer.headers["HX-Redirect"] == "/purpose/?next=%2Fcases%2F"


@pytest.mark.parametrize(("wanted", "after"), [("review", "/"), ("", "/"), ("audit", "https://elsewhere.example/")])
def test_a_purpose_that_the_role_does_not_have_is_refused_and_nobody_is_led_away(auditor, wanted, after):
    answer = undecided(auditor).post("/purpose/", {"purpose": wanted, "next": after})
    assert (answer.status_code, answer.headers.get("Location")) == ((302, "/") if wanted == "audit" else (400, None))


def test_a_decision_owner_decides_on_the_page_for_deciding_and_is_asked_elsewhere(decision_owner):
    case = waiting_case()
    assert undecided(decision_owner).get(f"/review/{case.number}/").status_code == 200
    assert decision_owner.get(f"/cases/{case.number}/").status_code == 302
    assert [entry["purpose"] for entry in read_entries()] == ["review"]


def test_a_look_costs_one_statement_the_first_time_and_every_other(operator):
    look = {"actor": operator.actor, "action": "case.read", "object": "case:1", "purpose": Purpose.REVIEW}
    assert not Read.objects.exists()  # which sets the role
    with CaptureQueriesContext(connection) as queries:
        enter_once(**look)
        enter_once(**look)
    assert len(queries) == 2


def test_marks_are_forgotten_after_two_days_and_the_entries_stay(operator, monkeypatch):
    enter_once(actor=operator.actor, action="case.read", object="case:1", purpose=Purpose.REVIEW)
    forget_old_reads()
    assert Read.objects.count() == 1
    monkeypatch.setattr(reads, "KEPT", timedelta(hours=-1))
    forget_old_reads()
    assert (Read.objects.count(), len(read_entries())) == (0, 1)
