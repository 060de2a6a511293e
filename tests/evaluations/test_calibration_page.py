"""The calibration page says what the cases support, and makes a candidate of it for those who may."""

from dataclasses import replace
from html import unescape

import pytest

from apps.evaluations.promise_form import stated_promise
from apps.evaluations.risk import Promise
from apps.evaluations.risk_chart import BOTTOM, LEFT, RIGHT, TOP, draw
from apps.evaluations.thresholds import study
from apps.inference import artefacts
from apps.inference.local.isotonic import Calibration
from apps.inference.local.training import fit
from apps.workflows.models import Release
from tests.cases.world import shop_system, workflow
from tests.evaluations.held_out_world import labelled_set, measured_release
from tests.inference.test_local_classifier import clusters

__all__ = ["shop_system", "workflow"]


@pytest.fixture
def release(workflow):
    return measured_release(workflow, labelled_set(workflow, 180, 30), wrong_below={"refund": 0.6, "return": 0.6})


def read(browser, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, address
    return unescape(str(response.content.decode()))


def test_before_there_is_a_release_the_page_says_what_will_be_here(auditor):
    assert "There is no release yet" in read(auditor, "/calibration/")


def test_a_release_without_a_classifier_says_so(auditor, workflow):
    assert "no classifier of case types" in read(auditor, "/calibration/")


def test_the_risk_that_the_charter_tolerates_stands_in_the_form_at_first(auditor, workflow, release):
    promise = stated_promise(workflow)
    page = read(auditor, f"/calibration/?release={release.pk}")
    assert f"The charter tolerates {100 * promise.risk:g} % with {100 * promise.confidence:g} % confidence" in page
    assert f'value="{100 * promise.risk:g}"' in page


def test_a_supported_risk_is_drawn_with_its_threshold_and_its_numbers(auditor, release):
    page = read(auditor, f"/calibration/?release={release.pk}&risk=5&confidence=95")
    found = study(release, Promise(0.05, 0.95)).finding
    assert "Supported." in page
    assert f"from {found.threshold:.4f}" in page
    assert '<polyline class="seen"' in page
    assert page.count("<circle") == 1
    assert page.count("<tr><td>from 0.") >= 8


def test_an_unsupported_risk_is_refused_with_the_number_of_cases_that_it_takes(auditor, release):
    page = read(auditor, f"/calibration/?release={release.pk}&risk=0.5&confidence=95")
    assert "takes 598 cases without one error, and there are 168" in page
    assert "Propose" not in page
    assert "<circle" not in page


def test_errors_among_the_surest_are_the_reason_when_cases_are_enough(auditor, workflow):
    made = measured_release(workflow, labelled_set(workflow, 180, 30), wrong_below={"refund": 0.95, "return": 0.95})
    page = read(auditor, f"/calibration/?release={made.pk}&risk=5&confidence=95")
    assert "There are too many errors" in page
    assert "among the 59 cases that the classifier is surest of" in page


@pytest.mark.parametrize("asked", ["risk=none", "risk=0", "risk=80", "confidence=100", "confidence="])
def test_what_is_no_promise_is_refused_with_the_form(auditor, release, asked):
    assert "aria-invalid" in read(auditor, f"/calibration/?release={release.pk}&{asked}", 400)


@pytest.mark.parametrize(("method", "why"), [("isotonic", "A rising line in 3 corners"), ("temperature", "within")])
def test_the_page_says_how_probabilities_are_calibrated_and_why(auditor, workflow, method, why):
    texts, vectors, labels = clusters(2, 10)
    corners = {"stated": (0.0, 0.5, 1.0), "observed": (0.0, 0.2, 1.0)} if method == "isotonic" else {}
    chosen = Calibration(method, 0.61, 0.59, 0.03, 120, **corners)
    trained = replace(fit(texts, vectors, labels, encoder="test"), calibration=chosen)
    classifier = artefacts.store("classifier", trained.to_bytes())
    kept = labelled_set(workflow, 180, 30)
    made = measured_release(workflow, kept, wrong_below={"refund": 0.6, "return": 0.6}, classifier=classifier)
    page = read(auditor, f"/calibration/?release={made.pk}&risk=5")
    assert f'<span class="tag accent">{method}</span>' in page
    assert why in page
    assert "0.6100" in page
    assert "0.5900" in page


def test_an_unknown_release_is_not_found(auditor, workflow):
    read(auditor, "/calibration/?release=nothing%00", 404)


def proposal(release: Release, **fields: str) -> dict[str, str]:
    return {"release": release.pk, "risk": "5", "confidence": "95", "scope": "overall", **fields}


def test_the_consultant_makes_a_candidate_and_is_led_to_it(consultant, release):
    answer = consultant.post("/calibration/propose/", proposal(release), follow=True)
    candidate = Release.objects.order_by("-created_at").first()
    assert answer.redirect_chain == [(f"/releases/{candidate.pk}/", 302)]
    assert "Thresholds of" in candidate.note
    assert candidate.workflow.production_id != candidate.pk


def test_what_cannot_be_proposed_is_said_on_the_page(consultant, release):
    answer = consultant.post("/calibration/propose/", proposal(release, risk="0.5"), follow=True)
    assert "do not support" in unescape(answer.content.decode())


def test_who_may_only_read_is_offered_no_proposal_and_cannot_make_one(auditor, release):
    assert "Propose" not in read(auditor, f"/calibration/?release={release.pk}&risk=5")
    before = Release.objects.count()
    assert auditor.post("/calibration/propose/", proposal(release)).status_code == 403
    assert Release.objects.count() == before


def test_the_drawing_stays_in_its_box_and_ends_with_all_cases(release):
    chart = draw(study(release, Promise(0.05, 0.95)))
    for line in (chart.seen, chart.bound):
        places = [tuple(map(float, point.split(","))) for point in line.split(" ")]
        assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in places)
        assert places[-1][0] == RIGHT
    assert chart.chosen[0] < RIGHT
