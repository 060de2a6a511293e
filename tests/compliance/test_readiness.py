"""Readiness: answers and records make scores, gaps and a plan; the public form keeps nothing."""

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from apps.compliance.models import Readiness
from apps.compliance.readiness import Answer, answers_from, assess, public_questions, the_questions
from apps.compliance.readiness_services import live_findings

ALL_YES: dict[str, Answer] = {question.id: "yes" for question in the_questions().questions}


def test_whoever_answers_yes_to_all_has_full_scores_and_no_gap():
    found = assess(ALL_YES, {})
    assert (found.gaps, found.unanswered) == ((), 0)
    assert {score.share for score in found.scores} == {1.0}
    assert len(found.scores) == 16


def test_records_lower_an_answer_and_never_raise_it():
    lowered = assess(ALL_YES, {"glba-mfa": "missing"})
    assert [(line.id, line.points) for line in lowered.gaps] == [("mfa", 0)]
    assert "Records cover 0 of 1 rows" in lowered.gaps[0].rests_on
    kept_low = assess({**ALL_YES, "mfa": "no"}, {"glba-mfa": "covered"})
    assert [line.id for line in kept_low.gaps] == ["mfa"]


def test_gaps_are_ranked_by_risk_for_effort_and_planned_one_after_the_other():
    found = assess({**ALL_YES, "owner": "no", "log": "no", "tier": "partly"}, {})
    assert [line.id for line in found.gaps] == ["owner", "tier", "log"]
    assert [week for week, _ in found.plan] == [1, 1, 3]


def test_what_is_no_answer_counts_as_not_known():
    answers = answers_from({"owner": "perhaps", "log": "yes"}, public=True)
    assert (answers["owner"], answers["log"]) == ("unknown", "yes")
    assert set(answers) == {question.id for question in public_questions()}


def test_an_assessment_is_kept_as_it_was_made(compliance_officer):
    page = compliance_officer.post("/readiness/new/", ALL_YES, follow=True).content.decode()
    kept = Readiness.objects.get()
    assert kept.answers == ALL_YES
    assert "Require a second factor" in page  # which records do not show, whatever was answered
    assert compliance_officer.get(f"/readiness/{kept.pk}/").status_code == 200
    with pytest.raises(DatabaseError), transaction.atomic():
        Readiness.objects.update(answers={})


def test_live_findings_leave_out_what_no_record_can_show(northgate):
    findings = live_findings()
    assert "naic-document" not in findings
    assert findings["glba-mfa"] in ("missing", "partly")


def test_an_auditor_sees_and_does_not_assess(auditor):
    assert "Nobody has assessed" in auditor.get("/readiness/").content.decode()
    assert auditor.post("/readiness/new/", ALL_YES).status_code == 403


@pytest.mark.django_db
def test_the_public_form_needs_no_sign_in_sets_no_cookie_and_is_shared_by_its_address():
    visitor = Client(SERVER_NAME="localhost")
    first = visitor.get("/readiness/")
    assert (first.status_code, first.cookies) == (200, {})
    answered = visitor.get("/readiness/?owner=yes&log=no").content.decode()
    assert "Log each decision" in answered
    assert "readiness.json?owner=yes&amp;log=no" in answered
    data = visitor.get("/readiness.json?owner=yes&log=no").json()
    assert data["answers"]["log"] == "no"
    assert "log" in [line["id"] for line in data["assessment"]["gaps"]]
    assert visitor.get("/readiness.json").json()["assessment"] is None
