"""The drift page and the decision records in the browser: empty, at work, found, decided."""

from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from apps.evaluations import drift
from apps.evaluations.drift import look
from apps.evaluations.drift_chart import BOTTOM, LEFT, RIGHT, TOP, draw
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.lifecycle import consider
from apps.evaluations.lifecycle_models import DecisionRecord
from apps.tenants.actors import SYSTEM
from tests.cases.world import shop_system, workflow
from tests.evaluations.drifting import mixed, take
from tests.evaluations.small_set import release_with, small_set
from tests.evaluations.test_lifecycle import breached, promoted

__all__ = ["shop_system", "workflow"]


def read(browser, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, address
    return unescape(response.content.decode())


def measured(workflow, *kinds: str) -> DriftReport:
    take(workflow, mixed(180, "refund", "return", "complaint"), days_ago=20)
    take(workflow, mixed(90, *kinds), days_ago=2)
    report = look(actor=SYSTEM, workflow=workflow)
    drift.work(report.pk)
    report.refresh_from_db()
    return report


def test_before_a_release_or_a_report_is_there_the_page_says_what_will_be(auditor, workflow):
    assert "Nobody has looked yet" in read(auditor, "/drift/")
    assert "No decision has been called for" in read(auditor, "/decisions/")


def test_somebody_asks_and_sees_how_far_it_is(consultant, workflow):
    answer = consultant.post(f"/drift/look/{workflow.slug}/", follow=True)
    page = unescape(answer.content.decode())
    assert answer.redirect_chain == [(f"/drift/?workflow={workflow.slug}", 302)]
    assert "Waiting for a worker" in page
    assert 'hx-trigger="every 1s"' in page


def test_what_was_given_up_says_why(consultant, workflow):
    report = look(actor=SYSTEM, workflow=workflow)
    DriftReport.objects.filter(pk=report.pk).update(state="failed", problem="ValueError: The encoder is gone.")
    page = read(consultant, "/drift/")
    assert "Given up. ValueError: The encoder is gone." in page.replace("</strong>", "")
    assert "every 1s" not in page


def test_drift_is_told_with_its_measures_the_kinds_that_moved_and_its_days(auditor, workflow):
    report = measured(workflow, "refund", "refund", "tax")
    earlier = timezone.now().date() - timedelta(days=1)
    DriftReport.objects.create(
        workflow=workflow, release=workflow.production, day=earlier, total=1, state="done",
        report=report.report | {"drifted": False},
    )  # fmt: skip
    page = read(auditor, "/drift/")
    assert report.report["sentence"] in page
    assert page.count('class="gauge"') == 4, "of urgency and mood nothing is known here"
    assert "Case types: what moved most" in page
    assert "66.7 %" in page
    assert page.count("<polyline") == 8
    assert f"{earlier:%d %b %Y}" in page
    assert "Look now" not in page, "an auditor only reads"
    other = DriftReport.objects.exclude(pk=report.pk).get()
    assert f"{earlier:%d %b %Y}.</strong>" in read(auditor, f"/drift/?report={other.pk}")
    assert auditor.get("/drift/?report=00000000-0000-0000-0000-000000000007").status_code == 404


def test_a_drawing_stays_in_its_box_and_leaves_out_what_could_not_be_told(workflow):
    report = measured(workflow, "refund", "refund", "tax")
    chart = draw([report] * 40)
    assert chart
    assert len(chart.days) <= 5
    for line in chart.lines:
        assert len(line.dots) <= 30
        assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in line.dots)
    assert draw([]) is None


def test_drift_leads_to_a_decision_that_a_person_starts(consultant, workflow):
    small_set(workflow, 40)
    measured(workflow, "refund", "refund", "tax")
    consider()
    decision = DecisionRecord.objects.get()
    assert f"/decisions/{decision.pk}/" in read(consultant, "/drift/")
    assert f"/decisions/{decision.pk}/" in read(consultant, "/")
    page = read(consultant, f"/decisions/{decision.pk}/")
    assert "Drift was found. The charter leaves it to a person" in page
    assert "Case types" in page
    consultant.post(f"/decisions/{decision.pk}/act/", {"do": "start"})
    decision.refresh_from_db()
    assert decision.stage == "train"
    page = read(consultant, f"/decisions/{decision.pk}/")
    assert 'hx-trigger="every 2s"' in page
    assert "2 of 8 stages" in page
    assert "waits for a person" not in read(consultant, "/decisions/")


def test_a_person_asks_for_a_retraining_and_declines_it_with_a_reason(consultant, workflow):
    assert "No labelled set is signed" in unescape(
        consultant.post(f"/decisions/retrain/{workflow.slug}/", {"why": "Why not"}, follow=True).content.decode()
    )
    small_set(workflow, 40)
    consultant.post(f"/decisions/retrain/{workflow.slug}/", {"why": "New products since May."})
    decision = DecisionRecord.objects.get()
    assert "New products since May." in read(consultant, "/decisions/")
    refused = consultant.post(f"/decisions/{decision.pk}/act/", {"do": "decline", "reason": " "}, follow=True)
    assert "Say why" in refused.content.decode()
    consultant.post(f"/decisions/{decision.pk}/act/", {"do": "decline", "reason": "Label more first."})
    page = read(consultant, f"/decisions/{decision.pk}/")
    assert "Label more first." in page
    assert 'name="do"' not in page, "nothing is left to decide"


def test_the_way_back_is_for_the_owner_alone_and_the_release_links_to_the_record(
    consultant, decision_owner, auditor, workflow
):
    before = workflow.production
    after = promoted(workflow, release_with(workflow, intake={"high": "0.7"}))
    breached(after)
    consider()
    decision = DecisionRecord.objects.get()
    address = f"/decisions/{decision.pk}/"
    assert "It waits for the decision owner." in read(consultant, address)
    assert auditor.post(f"{address}act/", {"do": "accept", "reason": "x"}).status_code == 403
    assert consultant.post(f"{address}act/", {"do": "nothing"}).status_code == 404
    assert f"Go back to {before.label}" in read(decision_owner, address)
    decision_owner.post(f"{address}act/", {"do": "accept", "reason": "A third is rejected."})
    workflow.refresh_from_db()
    assert workflow.production_id == before.pk
    assert address in read(auditor, f"/releases/{after.production_id}/")
    assert "A third is rejected." in read(auditor, address)


@pytest.mark.parametrize("address", ["/drift/look/nothing/", "/decisions/retrain/nothing/"])
def test_an_unknown_workflow_is_not_found(consultant, address):
    assert consultant.post(address, {"why": "x"}).status_code == 404
