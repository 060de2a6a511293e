"""What the pages show of assurance runs: by workflow and release, and the cases behind a finding."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.evaluations.assurance.attacks import IN_DOCUMENTS, IN_MESSAGES
from apps.evaluations.assurance.outcomes import Tried, differences
from apps.evaluations.assurance.runs import last_for_gate, probes_planned, tried_in
from apps.evaluations.assurance_models import AssuranceRun
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import HoldoutLook, LabelledSet
from apps.evaluations.run_listing import SHOWN
from apps.evaluations.runs import asks_model
from apps.prompts.diff import Row, compare_texts
from apps.tenants.actors import Actor
from apps.workflows.models import Release, Workflow

ATTACKS = {attack.slug: attack for attack in (*IN_MESSAGES, *IN_DOCUMENTS)}


@dataclass(frozen=True)
class ReleaseRow:
    release: Release
    run: AssuranceRun | None  # the latest that the gate reads, on the current set
    weekly: AssuranceRun | None  # the latest of the others
    incumbent: bool


@dataclass(frozen=True)
class WorkflowRows:
    workflow: Workflow
    labelled_set: LabelledSet | None
    rows: Sequence[ReleaseRow]

    @property
    def busy(self) -> bool:
        return any(run and not run.resting for row in self.rows for run in (row.run, row.weekly))


@dataclass(frozen=True)
class Shown:
    """A probe with what it changed. `words` is None until this person said that they look at the holdout case."""

    tried: Tried
    changes: Mapping[str, tuple[str, str]]
    planted: str  # the attack's own words, which are no holdout's
    words: list[Row] | None
    plain: str  # what was sent, where its words are the case's own


@dataclass(frozen=True)
class Estimate:
    probes: int
    seconds: float | None  # of work; None while no release was tried on this set
    usd: float | None  # None: a model is asked, and nobody knows yet what that costs


def workflows_with_assurances() -> list[WorkflowRows]:
    return [_rows(workflow) for workflow in Workflow.objects.select_related("production")]


def estimate(release: Release, labelled_set: LabelledSet) -> Estimate:
    """From the last run on this set: all of it again, though what layers remember costs nothing."""
    known = AssuranceRun.objects.filter(labelled_set=labelled_set, state=AssuranceRun.State.DONE).first()
    asks = asks_model(release)
    usd = None if asks else 0.0
    if known is None:
        return Estimate(probes_planned(labelled_set), None, usd)
    if asks and known.cost:
        usd = float(known.cost)
    return Estimate(probes_planned(labelled_set), known.worked.total_seconds(), usd)


def shown(run: AssuranceRun, keys: Sequence[str], actor: Actor) -> list[Shown]:
    """The probes of these keys; words only of the cases that this person has looked at, and been counted for."""
    tried = tried_in(run, keys)
    texts = dict(run.probes.filter(key__in=keys).values_list("key", "words"))
    ids = {each.external_id for each in tried}
    plain = dict(run.probes.filter(family="plain", external_id__in=ids).values_list("external_id", "words"))
    seen = seen_by(run, actor)
    found = []
    for each in tried:
        attack = ATTACKS.get(each.variant)
        before, after = plain[each.external_id], texts[each.key]
        looked = each.external_id in seen
        words = compare_texts(before, after) if looked else None
        planted = attack.words if attack else ""
        found.append(Shown(each, differences(each), planted, words, before if looked and not words else ""))
    return found


def seen_by(run: AssuranceRun, actor: Actor) -> set[str]:
    looks = HoldoutLook.objects.filter(workflow=run.release.workflow_id, looked_by=actor.id)
    return set(looks.values_list("external_id", flat=True))


def finding_in(run: AssuranceRun, key: str) -> dict[str, Any] | None:
    return next((each for each in run.report.get("findings", []) if each["key"] == key), None)


def _rows(workflow: Workflow) -> WorkflowRows:
    labelled_set = current_frozen(workflow)
    releases = list(workflow.releases.all()[:SHOWN])
    if workflow.production and workflow.production not in releases:
        releases.append(workflow.production)
    rows = [
        ReleaseRow(release, *_runs(release, labelled_set), release.pk == workflow.production_id) for release in releases
    ]
    return WorkflowRows(workflow, labelled_set, rows)


def _runs(release: Release, labelled_set: LabelledSet | None) -> tuple[AssuranceRun | None, AssuranceRun | None]:
    if labelled_set is None:
        return None, None
    run = last_for_gate(release, labelled_set)
    others = release.assurances.filter(labelled_set=labelled_set)
    return run, (others.exclude(seed=run.seed) if run else others).first()
