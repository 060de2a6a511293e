"""The pages about people's data: found, registered, approved by a second person, certified, and nothing else breaks."""

import pytest
from django.conf import settings
from django.utils import timezone

from apps.cases.models import Case
from apps.compliance.models import DataRequest, LegalHold, RetentionRule
from tests.compliance.test_erasing import WHO, closed


@pytest.fixture
def case(northgate, tmp_path, monkeypatch) -> Case:
    monkeypatch.setattr(settings, "ERASURE_LEDGER", tmp_path)
    return closed()


def register(who, case: Case, kind: str = "erasure") -> str:
    form = {"kind": kind, "received_on": str(timezone.localdate()), "wishes": "Please."}
    who.post(f"/people-data/people/{case.subject_id}/requests/", form)
    return f"/people-data/requests/{DataRequest.objects.get(kind=kind).pk}/"


def text_of(answer) -> str:
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_person_is_found_by_reference_and_by_case(compliance_officer, case):
    for asked in (WHO, "dana.whit", case.number):
        assert WHO in text_of(compliance_officer.get("/people-data/", {"q": asked}))
    assert "Nobody is known" in text_of(compliance_officer.get("/people-data/", {"q": "nobody@x.example"}))


def test_from_the_request_to_the_certificate(compliance_officer, decision_owner, case):
    page = register(compliance_officer, case)
    assert "What the layers found and drafted" in text_of(compliance_officer.get(page))
    assert "somebody else carries it out" in text_of(compliance_officer.get(page))
    assert "Ask a second person" in text_of(compliance_officer.post(f"{page}erase/", follow=True))
    assert "The person is forgotten" in text_of(decision_owner.post(f"{page}erase/", follow=True))
    certificate = text_of(compliance_officer.get(f"{page}certificate/"))
    assert str(case.subject_id) in certificate
    assert WHO not in certificate


@pytest.mark.usefixtures("case")
def test_who_may_not_see_people_data_is_kept_out(operator, auditor, consultant):
    for who in (operator, auditor, consultant):
        assert who.get("/people-data/").status_code == 403


def test_every_page_of_an_erased_case_still_opens_and_says_so(compliance_officer, decision_owner, operator, case):
    decision_owner.post(f"{register(compliance_officer, case)}erase/")
    case.refresh_from_db()
    for address in (f"/cases/{case.number}/", f"/review/{case.number}/"):
        page = text_of(operator.get(address))
        assert "Erased." in page
        assert WHO not in page
    assert case.number in text_of(operator.get("/cases/"))
    assert "No case matches" in text_of(operator.get("/cases/", {"q": "Ridgeline"}))
    assert case.number in text_of(compliance_officer.get(f"/people-data/people/{case.subject_id}/"))


def test_a_copy_is_a_page_and_a_file(compliance_officer, case):
    page = text_of(compliance_officer.get(f"/people-data/people/{case.subject_id}/copy/"))
    assert "The words are those of earlier returns." in page
    file = compliance_officer.get(f"/people-data/people/{case.subject_id}/copy/", {"format": "json"})
    assert file.json()["cases"][0]["number"] == case.number


def test_a_hold_is_shown_on_the_case_and_lifted_with_a_reason(compliance_officer, operator, case):
    person = f"/people-data/people/{case.subject_id}/"
    compliance_officer.post(f"{person}holds/", {"matter": "Claim 12", "said": "They sued.", "case": case.number})
    assert "Claim 12" in text_of(operator.get(f"/cases/{case.number}/"))
    page = register(compliance_officer, case)
    assert "A legal hold stands" in text_of(compliance_officer.get(page))
    hold = LegalHold.objects.get()
    compliance_officer.post(f"/people-data/holds/{hold.pk}/end/", {"said": "Settled."})
    assert "A legal hold stands" not in text_of(compliance_officer.get(page))


@pytest.mark.usefixtures("case")
def test_a_rule_is_made_previewed_and_ended(compliance_officer):
    form = {"data": "cases", "days": "365", "source": "Our schedule"}
    made = text_of(compliance_officer.post("/people-data/retention/rules/", form, follow=True))
    assert "Our schedule" in made
    assert "Name the law" in text_of(
        compliance_officer.post("/people-data/retention/rules/", form | {"source": ""}, follow=True)
    )
    assert "Nothing was over its time" in text_of(compliance_officer.post("/people-data/retention/run/", follow=True))
    rule = RetentionRule.objects.get()
    ended = compliance_officer.post(f"/people-data/retention/rules/{rule.pk}/end/", follow=True)
    assert "The rule has ended" in text_of(ended)
