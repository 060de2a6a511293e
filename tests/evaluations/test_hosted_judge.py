"""A hosted model judges whether replies make their points: what it says, how far it is trusted, what the gate does."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.conf import LazySettings
from django.core.exceptions import ImproperlyConfigured

from apps.evaluations import rubric
from apps.evaluations.gate import why_unheard
from apps.evaluations.hosted_judge import HostedJudge, judge_in_force
from apps.evaluations.models import EvaluationRun
from apps.evaluations.rubric import TRUSTED, ByWords
from apps.evaluations.runs import evaluate, results_of, work
from apps.inference.exchanges import About
from apps.inference.fake.server import FakeAnthropic
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from config import env
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.evaluations.small_set import release_with, small_set

pytestmark = pytest.mark.django_db(transaction=True)
ROUTE = "anthropic:claude-haiku-4-5"
ABOUT = About(UUID(int=1), UUID(int=1), evaluation=True)
REPLY = ("Thank you for your message.", "Your refund arrives within five working days.")


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake:
        settings.ANTHROPIC_BASE_URL = fake.url
        settings.ANTHROPIC_API_KEY = "a-key"
        settings.JUDGE_ROUTE = ROUTE
        yield fake


def report(low: float, by: str = ROUTE) -> EvaluationRun:
    judge = {"by": by, "kappa": low + 0.2, "low": low, "high": low + 0.3, "n": 54, "trusted": low >= TRUSTED}
    return EvaluationRun(report={"judge": judge})


def test_a_yes_names_the_sentence_that_makes_the_point(northgate: Tenant, provider: FakeAnthropic) -> None:
    provider.reply_with({"sentences": [2, 0, 9]})
    judged = HostedJudge(ROUTE).judged(ABOUT, ["the refund takes a week at most"], ["a voucher", "an apology"], REPLY)
    assert (judged.by, judged.made, judged.violated) == (ROUTE, (True,), (False, False))
    assert judged.cost > 0


def test_the_same_reply_is_judged_and_paid_for_once(northgate: Tenant, provider: FakeAnthropic) -> None:
    first, again = (HostedJudge(ROUTE).judged(ABOUT, ["refund within five working days"], [], REPLY) for _ in "12")
    assert (again.made, again.cost) == (first.made, 0.0)
    assert len(provider.requests) == 1


def test_an_answer_that_does_not_fit_gives_no_verdict(northgate: Tenant, provider: FakeAnthropic) -> None:
    for _ in range(2):
        provider.reply_with({"sentences": [1]})
    assert HostedJudge(ROUTE).judged(ABOUT, ["one", "two"], [], REPLY).made == ()


def test_its_agreement_with_people_is_measured_on_the_same_points_as_that_of_the_judge_by_words(
    northgate: Tenant, provider: FakeAnthropic
) -> None:
    judge = HostedJudge(ROUTE)
    agreed = judge.agreement()
    replies = {tuple(row["reply"]) for row in rubric.judged_by_people()}
    assert agreed.n == ByWords().agreement().n
    assert agreed.interval[0] < agreed.kappa < agreed.interval[1]
    assert len(provider.requests) == len(replies)
    HostedJudge(ROUTE).agreement()
    assert len(provider.requests) == len(replies)


def test_a_judge_that_says_yes_to_everything_is_not_trusted() -> None:
    agreed = rubric.agreement_of([True] * len(rubric.judged_by_people()))
    assert agreed.kappa == pytest.approx(0)
    assert not agreed.trusted


def test_an_evaluation_by_it_says_who_judged_and_what_it_cost(
    provider: FakeAnthropic,
    workflow: Workflow,  # noqa: F811
) -> None:
    run = evaluate(actor=SYSTEM, release=release_with(workflow), labelled_set=small_set(workflow, 5))
    work(run.pk)
    run.refresh_from_db()
    assert (run.state, run.problem) == ("done", "")
    assert {each.judge for each in results_of(run)} == {ROUTE}
    assert (run.report["judge"]["by"], run.report["judge"]["unjudged"]) == (ROUTE, 0)
    assert run.cost > 0
    assert run.report["figures"]["cost"]["value"] == 0  # of the case, which asks no model
    assert Exchange.objects.filter(purpose="judge").exists()


def test_without_a_key_the_evaluation_waits_and_says_what_is_missing(
    settings: LazySettings,
    workflow: Workflow,  # noqa: F811
) -> None:
    settings.JUDGE_ROUTE, settings.ANTHROPIC_API_KEY = ROUTE, ""
    run = evaluate(actor=SYSTEM, release=release_with(workflow), labelled_set=small_set(workflow, 5))
    assert not work(run.pk)
    run.refresh_from_db()
    assert "ANTHROPIC_API_KEY is not set" in run.problem


def test_points_are_a_guardrail_when_one_trusted_judge_judged_both() -> None:
    assert why_unheard(report(0.5), report(0.6)) == ""


def test_below_the_agreement_that_is_needed_points_are_no_guardrail_and_the_gate_says_so() -> None:
    said = why_unheard(report(0.5), report(0.1))
    assert said.startswith("Points are no guardrail here")
    assert "at least 0.10, and 0.40 is needed" in said


def test_two_judges_are_no_comparison() -> None:
    assert "“words” the incumbent's" in why_unheard(report(0.5), report(0.6, by="words"))


def test_a_route_that_is_no_model_stops_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_ROUTE", "haiku")
    with pytest.raises(ImproperlyConfigured, match="JUDGE_ROUTE"):
        env.route("JUDGE_ROUTE")


def test_without_a_route_the_judge_goes_by_words(settings: LazySettings) -> None:
    settings.JUDGE_ROUTE = ""
    assert judge_in_force().name == "words"
