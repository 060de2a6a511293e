"""The releases of a workflow with what was measured of each, and what one may do next."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import LabelledSet
from apps.evaluations.run_models import EvaluationRun, GateVerdict, Override
from apps.workflows.models import Release, Workflow

SHOWN = 20
FIGURES = {"right": "Right end to end", "automatic_right": "Right and without a person"}


@dataclass(frozen=True)
class ReleaseRow:
    release: Release
    run: EvaluationRun | None  # the latest on the current set
    verdict: GateVerdict | None  # the latest against the incumbent on the current set
    incumbent: bool

    @property
    def shown(self) -> list[tuple[str, dict[str, float] | None]]:
        """The figures that tell releases apart: thresholds move who decides, and leave what is right as it is."""
        figures = self.run.report.get("figures", {}) if self.run else {}
        return [(title, figures.get(key)) for key, title in FIGURES.items()]


@dataclass(frozen=True)
class WorkflowRows:
    workflow: Workflow
    labelled_set: LabelledSet | None
    rows: Sequence[ReleaseRow]
    overrides: Sequence[Override]  # that wait to be decided on
    titles: Sequence[str] = tuple(FIGURES.values())

    @property
    def busy(self) -> bool:
        return any(row.run and row.run.state in EvaluationRun.UNFINISHED for row in self.rows)


def workflows_with_runs() -> list[WorkflowRows]:
    return [_rows(workflow) for workflow in Workflow.objects.select_related("production")]


def verdict_on(candidate: Release, incumbent: Release | None, labelled_set: LabelledSet | None) -> GateVerdict | None:
    if incumbent is None or labelled_set is None:
        return None
    return candidate.verdicts.filter(incumbent=incumbent, labelled_set=labelled_set).first()


def _rows(workflow: Workflow) -> WorkflowRows:
    labelled_set = current_frozen(workflow)
    releases = list(workflow.releases.all()[:SHOWN])
    if workflow.production and workflow.production not in releases:
        releases.append(workflow.production)
    runs: dict[str, EvaluationRun] = {}
    if labelled_set:
        for run in labelled_set.evaluations.filter(release__in=releases, split="holdout").order_by("created_at"):
            runs[run.release_id] = run
    rows = [
        ReleaseRow(
            release,
            runs.get(release.pk),
            verdict_on(release, workflow.production, labelled_set),
            release.pk == workflow.production_id,
        )
        for release in releases
    ]
    waiting = Override.objects.filter(release__workflow=workflow, decided_at=None).select_related("release")
    return WorkflowRows(workflow, labelled_set, rows, list(waiting))
