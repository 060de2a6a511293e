"""The gate: a candidate release against the incumbent, on the holdout of one frozen labelled set.

What is compared and with which margins stands here; how it is tested, in `judgement`. docs/adr/0011 says why.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.evaluations.assurance.guard import guarded, why_not_ready
from apps.evaluations.case_result import CaseResult
from apps.evaluations.judgement import Line, Metric, Paired, SetFacts, Verdict, chance, judge_arrays, told
from apps.evaluations.labelled_sets import erased_in
from apps.evaluations.looks import worn
from apps.evaluations.models import LabelledSet
from apps.evaluations.report import column, mean_of, recall_of, seconds_of
from apps.evaluations.rubric import TRUSTED, WORDS, agreement
from apps.evaluations.run_models import EvaluationRun, GateVerdict
from apps.evaluations.runs import counting, results_of
from apps.tenants.actors import Actor
from apps.workflows import charters
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release, Warrant, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.warrants import unexpired

Measure = Callable[[CaseResult], float | bool | None]

RIGHT = "right"
AUTOMATIC_RIGHT = "automatic_right"
# What a charter may name as the primary metric, and how each is seen case by case.
PRIMARIES: dict[str, tuple[str, Measure]] = {
    RIGHT: ("Right end to end", lambda case: case.right),
    AUTOMATIC_RIGHT: ("Right and without a person", lambda case: case.automatic and case.right),
    "decision_accuracy": ("Decision right", lambda case: case.decision_right),
    "type_accuracy": ("Case type right", lambda case: case.type_right),
}
GUARDRAILS: tuple[tuple[Metric, Measure], ...] = (
    (Metric("type_accuracy", "Case type right", "share", 0.05), lambda case: case.type_right),
    (Metric("decision_accuracy", "Decision right", "share", 0.05), lambda case: case.decision_right),
    (Metric("recall", "Recall of gold passages, first 8", "mean", 0.05), lambda case: recall_of(case)),
    (Metric("grounded", "Sentences with a verified source", "mean", 0.03), lambda case: mean_of(case.grounded)),
    (
        Metric("automatic_wrong", "Wrong and without a person", "share", 0.04, better="lower"),
        lambda case: case.automatic and not case.right,
    ),
    (Metric("seconds", "Time of a case", "mean", 1.0, unit="seconds", better="lower"), lambda case: seconds_of(case)),
    (Metric("cost", "Cost of a case", "mean", 0.02, unit="USD", better="lower"), lambda case: case.cost),
)
# They count only while the judge of points agrees with people.
BY_JUDGE: tuple[tuple[Metric, Measure], ...] = (
    (Metric("points_made", "Points that had to be made", "mean", 0.08), lambda case: mean_of(case.made)),
    (
        Metric("points_violated", "Points that were not to be made", "mean", 0.05, better="lower"),
        lambda case: mean_of(case.violated),
    ),
)
MACRO_F1 = Metric("macro_f1", "Macro-F1 of the case type", "macro_f1", 0.08)


class NotJudgeable(ValueError):
    """There is no verdict yet. The message says what is missing."""


@dataclass(frozen=True)
class Comparison:
    """Two finished runs on the same cases, in the same order."""

    candidate: Sequence[CaseResult]
    incumbent: Sequence[CaseResult]


def judge(*, actor: Actor, candidate: Release, incumbent: Release, labelled_set: LabelledSet) -> GateVerdict:
    """Judge on the finished evaluations of both, and keep the verdict. Raises NotJudgeable."""
    problem = why_not_judgeable(candidate, incumbent, labelled_set)
    if problem:
        raise NotJudgeable(problem)
    runs = _done(candidate, labelled_set), _done(incumbent, labelled_set)
    compared = Comparison(results_of(runs[0]), results_of(runs[1]))
    primary = primary_of(candidate.workflow, manifest_of(candidate), manifest_of(incumbent))
    unheard = why_unheard(*runs)
    verdict = judge_arrays(
        _pair(Metric(primary, PRIMARIES[primary][0], "share", 0.0), PRIMARIES[primary][1], compared),
        guardrail_pairs(compared, without=primary, by_judge=not unheard),
        facts_of(candidate, labelled_set, compared.candidate),
    )
    verdict = guarded(verdict, candidate, incumbent, labelled_set)
    flipped = flips(primary, compared)
    notes = [*verdict.notes, *([unheard] if unheard else []), *_overridden(incumbent)]
    sentence = sentence_of(candidate, incumbent, verdict, flipped)
    with transaction.atomic():
        made = GateVerdict.objects.create(
            candidate=candidate,
            incumbent=incumbent,
            labelled_set=labelled_set,
            candidate_run=runs[0],
            incumbent_run=runs[1],
            passed=verdict.passed,
            sentence=" ".join([sentence, *_overridden(incumbent)]),
            report={**verdict.as_json(), "notes": notes, "primary": primary, "flipped": flipped},
            created_by=actor.id,
            created_name=actor.name,
        )
        record(
            actor=actor,
            action="gate.judged",
            object=f"verdict:{made.pk}",
            workflow=candidate.workflow.slug,
            release=candidate.fingerprint,
            after={
                "incumbent": incumbent.fingerprint,
                "labelled_set": labelled_set.sha256,
                "passed": made.passed,
                "sentence": made.sentence,
            },
        )
    return made


def why_not_judgeable(candidate: Release, incumbent: Release, labelled_set: LabelledSet) -> str:
    """What is missing before the gate can judge, in a sentence; "" when nothing is."""
    if candidate.pk == incumbent.pk:
        return f"{candidate.label} is the incumbent itself."
    if not labelled_set.signed_off_at:
        return f"{labelled_set} is not signed off by the decision owner yet."
    for release in (candidate, incumbent):
        run = counting(release, labelled_set)
        if run is None:
            return f"{release.label} has not been evaluated on the holdout of {labelled_set} yet."
        if run.state != EvaluationRun.State.DONE:
            return f"The evaluation of {release.label} is not done yet: {run.done} of {run.total} cases."
    return why_not_ready(candidate, labelled_set) or why_not_ready(incumbent, labelled_set)


def primary_of(workflow: Workflow, candidate: Manifest, incumbent: Manifest) -> str:
    """The charter's primary metric; without one it follows from what the candidate changes, before any result is seen.

    Where only thresholds and limits differ, the proposals are the same and only who decides changes: then it is the
    share that is right without a person. Else it is the share that is right end to end, whoever sees it.
    """
    charter = charters.in_force(workflow)
    named = charters.content_of(charter).primary_metric if charter else ""
    if named in PRIMARIES:
        return named
    return AUTOMATIC_RIGHT if _proposals(candidate) == _proposals(incumbent) else RIGHT


def why_unheard(candidate: EvaluationRun, incumbent: EvaluationRun) -> str:
    """Why the judge of points is no guardrail between these two runs, in a sentence; "" when it is."""
    told = [run.report.get("judge", {}) for run in (candidate, incumbent)]
    names = [each.get("by", WORDS) for each in told]
    if names[0] != names[1]:
        return f"Points are no guardrail here: “{names[0]}” judged the candidate's, “{names[1]}” the incumbent's."
    weakest = min(told, key=lambda each: each.get("low", 0.0))
    if all(each.get("trusted") for each in told):
        return ""
    return (
        f"Points are no guardrail here: their judge, “{names[0]}”, agrees with people by a kappa of "
        f"{weakest.get('kappa', 0.0):.2f}, at least {weakest.get('low', 0.0):.2f}, and {TRUSTED:.2f} is needed."
    )


def guardrail_pairs(compared: Comparison, *, without: str = "", by_judge: bool | None = None) -> list[Paired]:
    """Without `by_judge`, the judge by words is heard as far as it is trusted."""
    heard = agreement().trusted if by_judge is None else by_judge
    wanted = [*GUARDRAILS, *(BY_JUDGE if heard else ())]
    labels = [
        np.array(values)
        for values in (
            [each.case_type for each in compared.candidate],
            [each.case_type for each in compared.incumbent],
            [each.expected.case_type for each in compared.candidate],
        )
    ]
    pairs = [_pair(metric, measure, compared) for metric, measure in wanted if metric.key != without]
    return [*pairs, Paired(MACRO_F1, *labels)]


def facts_of(candidate: Release, labelled_set: LabelledSet, results: Sequence[CaseResult]) -> SetFacts:
    """A stratum is a case type that the candidate handles."""
    counts = Counter(each.expected.case_type for each in results)
    _, looked_at, _ = worn(labelled_set)
    return SetFacts(
        cases=len(results),
        strata={slug: counts[slug] for slug in charters.lanes_of(candidate)},
        looked_at=looked_at,
        verdicts=labelled_set.verdicts.count(),
        erased=erased_in(labelled_set, "holdout"),
    )


def flips(primary: str, compared: Comparison) -> list[dict[str, str]]:
    """The cases on which the two differ in the primary metric: {"case": id, "kind": "better" or "worse"}."""
    measure = PRIMARIES[primary][1]
    found = []
    for ours, theirs in zip(compared.candidate, compared.incumbent, strict=True):
        now, before = measure(ours), measure(theirs)
        if now is not None and before is not None and bool(now) != bool(before):
            found.append({"case": ours.external_id, "kind": "better" if now else "worse"})
    return found


def sentence_of(candidate: Release, incumbent: Release, verdict: Verdict, flipped: Sequence[dict[str, str]]) -> str:
    if not verdict.passed:
        more = len(verdict.refusals) - 1
        rest = f" {more} more reason{'s' if more > 1 else ''} below." if more else ""
        return f"{candidate.label} is refused. {verdict.refusals[0]}{rest}"
    line = verdict.lines[0]
    better = sum(each["kind"] == "better" for each in flipped)
    return (
        f"{candidate.label} passes: “{line.title}” {told(line.candidate, line.unit)} against "
        f"{told(line.incumbent, line.unit)} of {incumbent.label} on {line.n} cases, {better} better and "
        f"{len(flipped) - better} worse ({_test(line)}); none of the {len(verdict.lines) - 1} guardrails is worse by "
        f"more than its margin."
    )


def standing_override(workflow: Workflow) -> Warrant | None:
    """The emergency override by which the release in production is there, while it lasts."""
    release = workflow.production
    warrant = unexpired(release) if release else None
    return warrant if warrant is not None and warrant.kind == Warrant.Kind.OVERRIDE else None


def standing_overrides(workflows: Iterable[Workflow]) -> list[Warrant]:
    """Of these workflows, read with their `production`: what every page says, for as long as it lasts."""
    found = list(workflows)
    lasting = Warrant.objects.filter(kind=Warrant.Kind.OVERRIDE, expires_at__gt=timezone.now())
    if not lasting.filter(release__in=[workflow.production_id for workflow in found]).exists():
        return []  # as nearly always
    return [warrant for warrant in map(standing_override, found) if warrant is not None]


def _overridden(incumbent: Release) -> list[str]:
    warrant = unexpired(incumbent)
    if warrant is None or warrant.kind != Warrant.Kind.OVERRIDE or warrant.expires_at is None:
        return []
    return [f"{incumbent.label} is itself in production by an emergency override, not by a verdict of the gate."]


def _done(release: Release, labelled_set: LabelledSet) -> EvaluationRun:
    return EvaluationRun.objects.get(
        release=release, labelled_set=labelled_set, split="holdout", state=EvaluationRun.State.DONE
    )


def _pair(metric: Metric, measure: Measure, compared: Comparison) -> Paired:
    return Paired(metric, column(compared.candidate, measure), column(compared.incumbent, measure))


def _proposals(manifest: Manifest) -> dict[str, Any]:
    """A manifest without what only says who decides."""
    content = manifest.model_dump(mode="json")
    for name in ("high", "medium", "per_type"):
        content["intake"].pop(name, None)
    content["action"].pop("amount_limit")
    return content


def _test(line: Line) -> str:
    return f"{line.test.split(', ')[0]}, {chance(line.p)}" if line.p is not None else line.test
