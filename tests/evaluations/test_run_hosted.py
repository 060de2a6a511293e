"""Evaluations of releases that ask a hosted model: each draft several times, what it cost, and what was not usable."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.conf import LazySettings

from apps.cases.layers.types import CaseInput
from apps.evaluations.batches import TRIALS, question_id
from apps.evaluations.models import EvaluationRun
from apps.evaluations.runs import evaluate, results_of, work
from apps.inference.errors import BudgetSpent
from apps.inference.fake.server import FakeAnthropic
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.evaluations.small_set import release_with, small_set

pytestmark = pytest.mark.django_db(transaction=True)
ROUTE = "anthropic:claude-haiku-4-5"


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake:
        settings.ANTHROPIC_BASE_URL = fake.url
        settings.ANTHROPIC_API_KEY = "a-key"
        yield fake


def run_on(workflow: Workflow, **parts: dict[str, Any]) -> EvaluationRun:  # noqa: F811
    release = release_with(workflow, "", **(parts or {"action": {"route": ROUTE}}))
    run = evaluate(actor=SYSTEM, release=release, labelled_set=small_set(workflow, 5))
    work(run.pk)
    run.refresh_from_db()
    return run


def test_each_draft_is_asked_for_several_times_and_counts_when_all_are_right(
    provider: FakeAnthropic,
    workflow: Workflow,  # noqa: F811
) -> None:
    run = run_on(workflow)
    assert (run.state, run.problem) == ("done", "")
    assert [len(result.trials) for result in results_of(run)] == [TRIALS] * 3
    figures = run.report["figures"]
    assert figures["pass_k"]["title"] == "Right in all of 3 trials"
    assert figures["pass_k"]["value"] == figures["right"]["value"] == 1
    assert Exchange.objects.filter(purpose="action").count() == 3 * TRIALS


def test_what_the_models_cost_is_told_and_an_answer_is_paid_for_once(
    provider: FakeAnthropic,
    workflow: Workflow,  # noqa: F811
) -> None:
    run = run_on(workflow)
    assert run.cost > 0
    assert run.report["figures"]["cost"]["value"] > 0
    asked = Exchange.objects.count()
    again = run_on(workflow, action={"route": ROUTE}, intake={"high": "0.8"})
    assert again.cached == 3
    assert not again.cost
    assert Exchange.objects.count() == asked


def test_a_spent_budget_stops_the_run_and_says_so(
    provider: FakeAnthropic,
    workflow: Workflow,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def spent(*_: object, **__: object) -> None:
        raise BudgetSpent("Today's budget is spent.")

    monkeypatch.setattr("apps.cases.ports.draft_with_model", spent)
    run = run_on(workflow)
    assert run.state == "running"
    assert "Today's budget is spent." in run.problem


def test_each_trial_is_a_question_of_its_own() -> None:
    case = CaseInput(
        id="one", subject="", text="Where is it?", channel="", language="en", region="", consent=True, customer=None,
        received_on=date(2026, 11, 1),
    )  # fmt: skip
    assert len({question_id(case, trial) for trial in range(TRIALS)}) == TRIALS
