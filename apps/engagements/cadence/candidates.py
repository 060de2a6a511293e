"""Candidates between two promotions, and queueing one for the gate: both releases are measured and tried."""

from dataclasses import dataclass

from django.db import transaction

from apps.engagements.cadence.ritual_steps import Occasion
from apps.evaluations.assurance.runs import assure
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import EvaluationRun, GateVerdict
from apps.evaluations.runs import NotEvaluable, evaluate
from apps.tenants.actors import Actor
from apps.workflows.models import Release, Workflow

MOST = 20


class NotQueued(ValueError):
    """The candidate cannot go to the gate. The message says why."""


@dataclass(frozen=True)
class Candidate:
    release: Release
    verdict: GateVerdict | None
    run: EvaluationRun | None

    @property
    def standing(self) -> str:
        if self.verdict is not None:
            return self.verdict.sentence
        if self.run is None:
            return "not measured yet"
        if self.run.state == EvaluationRun.State.DONE:
            return "measured; the gate has not judged it yet"
        return f"{self.run.get_state_display().lower()}: {self.run.done} of {self.run.total} cases measured"

    @property
    def queueable(self) -> bool:
        return self.verdict is None and (self.run is None or self.run.resting) and not self.measured

    @property
    def measured(self) -> bool:
        return self.run is not None and self.run.state == EvaluationRun.State.DONE


def candidates(occasion: Occasion) -> list[Candidate]:
    """Releases made after the one that was in production then, newest first."""
    plan = occasion.plan
    if plan is None:
        return []
    later = occasion.workflow.releases.filter(created_at__gt=plan.incumbent.created_at, created_at__lte=occasion.now)
    releases = list(later.exclude(pk=plan.incumbent_id).defer("manifest")[:MOST])
    verdicts = GateVerdict.objects.filter(candidate__in=releases, created_at__lte=occasion.now).order_by("created_at")
    runs = EvaluationRun.objects.filter(release__in=releases, split="holdout", created_at__lte=occasion.now)
    judged = {each.candidate_id: each for each in verdicts}
    measured = {each.release_id: each for each in runs.order_by("created_at")}
    return [Candidate(each, judged.get(each.pk), measured.get(each.pk)) for each in releases]


@transaction.atomic
def queue_for_gate(*, actor: Actor, workflow: Workflow, release: Release) -> None:
    """Ask for what the gate needs of the candidate and of the incumbent. Asking again changes nothing.

    Raises NotQueued.
    """
    labelled_set = current_frozen(workflow)
    if labelled_set is None:
        raise NotQueued("No labelled set is signed, so there is nothing to measure a candidate on.")
    if workflow.production is None or release.pk == workflow.production_id:
        raise NotQueued("The gate compares a candidate with a release in production.")
    try:
        for each in (workflow.production, release):
            evaluate(actor=actor, release=each, labelled_set=labelled_set)
            assure(actor=actor, release=each, labelled_set=labelled_set)
    except NotEvaluable as problem:
        raise NotQueued(str(problem)) from problem
