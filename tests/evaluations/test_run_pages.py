"""The pages: what was measured, the comparison with its verdict, promotion or why not, and the loud override."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.evaluations.gate import judge
from apps.evaluations.models import EvaluationRun, GateVerdict, LabelledSet, Override
from apps.evaluations.promotion import approve_override, propose_override
from apps.evaluations.runs import evaluate, work
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from apps.workflows.services import point_production
from tests.cases.world import TAXONOMY, shop_system, workflow  # noqa: F401
from tests.cast import Member
from tests.charters import actor, warrant
from tests.evaluations.small_set import release_with_rules, small_set

RULES: list[dict[str, Any]] = TAXONOMY["rules"]  # type: ignore[assignment]


@pytest.fixture
def labelled_set(workflow: Workflow) -> LabelledSet:  # noqa: F811
    return small_set(workflow, 10)


@pytest.fixture
def good(workflow: Workflow) -> Release:  # noqa: F811
    assert workflow.production
    return workflow.production


@pytest.fixture
def worse(workflow: Workflow) -> Release:  # noqa: F811
    return release_with_rules(workflow, [rule for rule in RULES if rule["id"] != "return"], "It knows no returns.")


def verdict_on(candidate: Release, incumbent: Release, labelled_set: LabelledSet) -> GateVerdict:
    for release in (candidate, incumbent):
        work(evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set).pk)
    return judge(actor=actor("consultant"), candidate=candidate, incumbent=incumbent, labelled_set=labelled_set)


def passed(verdict: GateVerdict) -> GateVerdict:
    """The same verdict as one that passed: the small sets of these tests prove too little for a real one."""
    return GateVerdict.objects.create(
        candidate=verdict.candidate, incumbent=verdict.incumbent, labelled_set=verdict.labelled_set,
        candidate_run=verdict.candidate_run, incumbent_run=verdict.incumbent_run, passed=True, sentence="It passes.",
        report={**verdict.report, "refusals": []}, created_by=verdict.created_by, created_name=verdict.created_name,
    )  # fmt: skip


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_without_a_set_the_page_teaches_what_is_missing(consultant: Member, workflow: Workflow) -> None:  # noqa: F811
    assert "Nothing to measure on yet" in text(consultant.get("/evaluations/"))


def test_the_consultant_sees_what_it_takes_starts_it_and_watches_it(
    consultant: Member, good: Release, labelled_set: LabelledSet
) -> None:
    assert "Evaluate" in text(consultant.get("/evaluations/"))
    assert "all of them run" in text(consultant.get(f"/evaluations/new/{good.pk}/"))
    started = consultant.post(f"/evaluations/new/{good.pk}/")
    run = EvaluationRun.objects.get()
    assert started["Location"] == f"/evaluations/runs/{run.pk}/"
    page = text(consultant.get(started["Location"]))
    assert "every 1s" in page
    assert "Waiting for a worker" in page
    work(run.pk)
    page = text(consultant.get(started["Location"]))
    assert "every 1s" not in page
    for words in ("Case type right", "100.0 %", "Every case is right end to end", "Not to be ranked by", "kappa"):
        assert words in page
    assert consultant.get(f"/evaluations/new/{good.pk}/")["Location"] == started["Location"]


def test_a_run_can_be_cancelled(consultant: Member, good: Release, labelled_set: LabelledSet) -> None:
    run = evaluate(actor=SYSTEM, release=good, labelled_set=labelled_set)
    consultant.post(f"/evaluations/runs/{run.pk}/cancel/")
    run.refresh_from_db()
    assert run.state == "cancelled"
    assert "Cancelled" in text(consultant.get(f"/evaluations/runs/{run.pk}/"))


def test_what_is_remembered_is_told_before_the_start(
    consultant: Member, good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    work(evaluate(actor=SYSTEM, release=good, labelled_set=labelled_set).pk)
    assert "Remembered from an earlier evaluation: intake." in text(consultant.get(f"/evaluations/new/{worse.pk}/"))


def test_the_comparison_shows_the_verdict_the_differences_and_the_cases_that_flipped(
    consultant: Member, good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    assert "has not been evaluated" in text(consultant.get(f"/evaluations/compare/{worse.pk}/"))
    verdict_on(worse, good, labelled_set)
    page = text(consultant.get(f"/evaluations/compare/{worse.pk}/", follow=True))
    assert "is refused" in page
    assert "does not beat the incumbent" in page
    assert "2 of 6, those that got worse first" in page
    assert "margin 5.0 points" in page
    assert page.count('class="flip"') == 2
    assert "I want to send back" not in page  # a holdout case's own words are a look, which is counted
    assert "No traffic by this verdict" in page


def test_judging_by_the_button_gives_a_verdict_or_says_what_is_missing(
    consultant: Member, good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    missing = consultant.post(f"/evaluations/compare/{worse.pk}/judge/", follow=True)
    assert "has not been evaluated" in text(missing)
    for release in (good, worse):
        work(evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set).pk)
    judged = consultant.post(f"/evaluations/compare/{worse.pk}/judge/")
    assert judged["Location"] == f"/evaluations/verdicts/{GateVerdict.objects.get().pk}/"


def test_the_owner_promotes_and_nobody_else_does(
    consultant: Member, decision_owner: Member, good: Release, worse: Release, labelled_set: LabelledSet
) -> None:
    point_production(
        actor=actor("decision_owner"), workflow=good.workflow, release=worse, reason="Set.", warrant=warrant(worse)
    )
    verdict = passed(verdict_on(good, worse, labelled_set))
    page = f"/evaluations/verdicts/{verdict.pk}/"
    assert "Only a decision owner gives" in text(consultant.get(page))
    assert consultant.post(f"{page}approve/", {"reason": "Mine.", "to": "production"}).status_code == 403
    assert "Let it take traffic" in text(decision_owner.get(page))
    assert "needs a reason" in text(decision_owner.post(f"{page}approve/", {"reason": " "}, follow=True))
    done = decision_owner.post(f"{page}approve/", {"reason": "Better.", "to": "production"}, follow=True)
    assert "takes all new cases" in text(done)
    assert Workflow.objects.get().production == good


def test_an_override_is_loud_on_every_page_while_it_lasts(
    operator: Member,
    compliance_officer: Member,
    decision_owner: Member,
    good: Release,
    worse: Release,
    labelled_set: LabelledSet,
) -> None:
    verdict = verdict_on(worse, good, labelled_set)
    assert "Emergency: into production" in text(compliance_officer.get(f"/evaluations/verdicts/{verdict.pk}/"))
    asked = {"reason": "The incumbent leaks.", "days": "2"}
    compliance_officer.post(f"/evaluations/overrides/new/{worse.pk}/", asked)
    override = Override.objects.get()
    assert "Emergency override proposed" in text(decision_owner.get("/evaluations/"))
    assert "Emergency override." not in text(operator.get("/"))
    decision_owner.post(f"/evaluations/overrides/{override.pk}/", {"decision": "approve"})
    assert Workflow.objects.get().production == worse
    for address in ("/", "/cases/", "/releases/", "/evaluations/"):
        assert "without having passed the gate" in text(operator.get(address))


@pytest.mark.parametrize("days", ["", "x", "15", "-1"])
def test_an_override_without_an_end_is_refused(compliance_officer: Member, worse: Release, days: str) -> None:
    answer = compliance_officer.post(
        f"/evaluations/overrides/new/{worse.pk}/", {"reason": "Fire.", "days": days}, follow=True
    )
    assert "An override ends within 14 days" in text(answer)
    assert not Override.objects.exists()


def test_whoever_proposed_an_override_cannot_approve_it(decision_owner: Member, worse: Release) -> None:
    ends = timezone.now() + timedelta(days=1)
    override = propose_override(actor=decision_owner.actor, release=worse, reason="Fire.", expires_at=ends)
    answer = decision_owner.post(f"/evaluations/overrides/{override.pk}/", {"decision": "approve"}, follow=True)
    assert "two people" in text(answer)
    decision_owner.post(f"/evaluations/overrides/{override.pk}/", {"decision": "withdraw"})
    override.refresh_from_db()
    assert override.decided_at
    with pytest.raises(ValueError, match="has decided on it already"):
        approve_override(actor=decision_owner.actor, override=override)


def test_readers_look_and_do_not_touch(
    auditor: Member, intruder: Member, good: Release, labelled_set: LabelledSet
) -> None:
    assert "Evaluate</a>" not in text(auditor.get("/evaluations/"))
    assert auditor.post(f"/evaluations/new/{good.pk}/").status_code == 403
    assert intruder.get("/evaluations/").status_code == 404
