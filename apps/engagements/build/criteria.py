"""The exit criteria of Build, each read from live records: nobody ticks them off.

A criterion was met when the first record showed it; what a later record takes back is not met any more.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone

from apps.corpora.models import Snapshot
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import GateVerdict
from apps.evaluations.promise_form import stated_promise
from apps.evaluations.risk import upper_bound
from apps.evaluations.thresholds import CannotStudy, study
from apps.reviews.dispositions import NOBODY
from apps.reviews.models import Disposition
from apps.reviews.policies import in_force as policy_in_force
from apps.reviews.terms import PolicyVersion
from apps.taxonomies.models import TaxonomyVersion
from apps.workflows import charters
from apps.workflows.models import Notice, Release, TrafficPlan, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.traffic import current_plan, shares_of, slice_of

DECIDED: Final = 50  # by people, before a slice is thought of
THIN, THICK = 5, 15  # percent: the first slice
LABELS: Final = 200
QUIET: Final = timedelta(days=14)  # without a breach, before the whole is called steady


@dataclass(frozen=True)
class Criterion:
    """`since` is when it was met, where it is and that can be told; `figure` says what the records show."""

    title: str
    met: bool
    figure: str
    address: str  # of the page on which it is seen
    since: datetime | None = None


Check = Callable[[Workflow], Criterion]


@dataclass(frozen=True)
class Stage:
    """Some weeks of Build."""

    begin: int
    end: int
    title: str
    checks: tuple[Check, ...]


def intake(workflow: Workflow) -> Criterion:
    """Every case is classified: a release is in production, by rules at least."""
    release = workflow.production
    tags = sorted(dict(manifest_of(release).intake.classifiers)) if release else []
    by = f"classifiers for {', '.join(tags).replace('_', ' ')}" if tags else "rules alone"
    figure = f"{release.label}, {by}" if release else "No release is in production."
    return _criterion("Intake is live", release is not None, figure, "releases", _first(workflow))


def taxonomy(workflow: Workflow) -> Criterion:
    signed = TaxonomyVersion.objects.filter(workflow=workflow.slug).exclude(signed_off_at=None).order_by("version")
    first = signed.first()
    figure = (
        f"{signed.count()} version{'s' if signed.count() > 1 else ''} signed off"
        if first
        else "No version is signed off."
    )
    return _criterion(
        "Operators signed the taxonomy", first is not None, figure, "taxonomy", first.signed_off_at if first else None
    )


def retrieval(workflow: Workflow) -> Criterion:
    """Of the snapshot that the release in production pins: another one that is signed answers no case."""
    title = "Retrieval is live on a signed corpus"
    if workflow.production is None:
        return _criterion(title, met=False, figure="No release is in production.", page="corpus")
    context = manifest_of(workflow.production).context
    snapshots = Snapshot.objects.filter(corpus__slug=context.corpus)
    pinned = snapshots.filter(version=context.snapshot).first()
    if pinned is None:
        return _criterion(title, met=False, figure="The release pins no snapshot.", page="corpus")
    said = f"snapshot {pinned.version}: {pinned.documents:,} documents, {pinned.passages:,} passages"
    if pinned.signed_off_at is None:
        return _criterion(title, met=False, figure=f"{said}, not signed off", page="corpus")
    first = snapshots.exclude(signed_off_at=None).order_by("version").values_list("signed_off_at", flat=True).first()
    return _criterion(title, met=True, figure=said, page="corpus", since=first)


def charter(workflow: Workflow) -> Criterion:
    signed = charters.in_force(workflow)
    figure = f"version {signed.version}, signed by {signed.signed_name}" if signed else "No charter is signed."
    first = workflow.charters.exclude(signed_at=None).order_by("signed_at").first()
    return _criterion(
        "The charter is signed", signed is not None, figure, "charter", first.signed_at if first else None
    )


def approval(workflow: Workflow) -> Criterion:
    """Decisions that stand, of people: what a rule of the policy did, or was taken back, shows nobody's approval."""
    decided = Disposition.objects.filter(case__workflow=workflow, kind__in=Disposition.FINAL, undone_at=None)
    decided = decided.exclude(reviewer_id=NOBODY)
    number, people = decided.count(), decided.values("reviewer_id").distinct().count()
    enough = decided.order_by("created_at").values_list("created_at", flat=True)[DECIDED - 1 : DECIDED]
    figure = f"{number:,} decisions, {DECIDED} wanted" + (
        f", by {people} {'person' if people == 1 else 'people'}" if people else ""
    )
    return _criterion("People approve drafts", number >= DECIDED, figure, "quality", next(iter(enough), None))


def policy(workflow: Workflow) -> Criterion:
    version, _ = policy_in_force(workflow.pk)
    first = PolicyVersion.objects.filter(workflow=workflow.pk).order_by("version").first()
    figure = f"version {version} in force" if version else "The policy that the product ships with."
    return _criterion(
        "A review policy is agreed on", version > 0, figure, "policy", first.created_at if first else None
    )


def gate(workflow: Workflow) -> Criterion:
    passed = GateVerdict.objects.filter(candidate__workflow=workflow, passed=True).order_by("created_at")
    first, number = passed.first(), passed.order_by().values("candidate").distinct().count()
    figure = f"{number} candidate{'' if number == 1 else 's'} passed" if first else "No candidate has passed."
    return _criterion(
        "A release passed the gate", first is not None, figure, "runs", first.created_at if first else None
    )


def thin_slice(workflow: Workflow) -> Criterion:
    plan, percent = _slice(workflow, THIN, THICK)
    figure = f"{percent} % on {plan.created_at:%d %b}" if plan else f"No slice of {THIN} to {THICK} % so far."
    return _criterion(
        f"A slice of {THIN} to {THICK} %", plan is not None, figure, "traffic", plan.created_at if plan else None
    )


def armed(workflow: Workflow) -> Criterion:
    signed = charters.in_force(workflow)
    conditions = charters.content_of(signed).stop_conditions if signed else ()
    figure = f"{len(conditions)} stop conditions" if conditions else "The charter names none."
    return _criterion("Stop conditions are armed", bool(conditions), figure, "charter", _armed_since(workflow))


def labelled(workflow: Workflow) -> Criterion:
    signed = current_frozen(workflow)
    number = signed.cases.count() if signed else 0
    figure = f"{number:,} of {LABELS} cases" + (f", version {signed.version}" if signed else ", none signed")
    large = workflow.labelled_sets.exclude(signed_off_at=None).annotate(size=Count("cases")).filter(size__gte=LABELS)
    since = large.order_by("signed_off_at").values_list("signed_off_at", flat=True).first()
    return _criterion("The labelled set is large enough", number >= LABELS, figure, "labelled_sets", since)


def widened(workflow: Workflow) -> Criterion:
    plan, percent = _slice(workflow, THICK + 1, 100)
    moved = plan or workflow.plans.filter(move=TrafficPlan.Move.PROMOTE).exclude(version=1).order_by("version").first()
    said = f"{percent} %" if plan else "all traffic"
    figure = f"{said} on {moved.created_at:%d %b}" if moved else f"Not beyond {THICK} % so far."
    return _criterion("Widened on evidence", moved is not None, figure, "traffic", moved.created_at if moved else None)


def promise(workflow: Workflow) -> Criterion:
    """Whether held-out answers of the release with a slice, else of that in production, bear the charter out."""
    title, share = "The calibration promise holds", slice_of(current_plan(workflow))
    release = Release.objects.get(pk=share.release) if share else workflow.production
    if release is None:
        return _criterion(title, met=False, figure="No release is in production.", page="calibration")
    asked = stated_promise(workflow)
    try:
        now = study(release, asked).now
    except CannotStudy as problem:
        return _criterion(title, met=False, figure=str(problem), page="calibration")
    if not now.taken:
        figure = f"{release.label} lets nothing through by its classifier."
        return _criterion(title, met=False, figure=figure, page="calibration")
    bound = upper_bound(now.wrong, now.taken, asked.chance)
    figure = f"{release.label}: {now.wrong:,} wrong of {now.taken:,} held out, {100 * bound:.1f} % at most; {asked}"
    return _criterion(title, bound <= asked.risk, figure, "calibration", share.since if share else None)


def steady(workflow: Workflow) -> Criterion:
    """Since the first fortnight without a breach; a later breach takes it back until another fortnight is over."""
    breaches = Notice.objects.filter(workflow=workflow, kind=Notice.Kind.BREACH).order_by("created_at")
    told, first = list(breaches.values_list("created_at", flat=True)), _first(workflow)
    figure = f"last breach on {told[-1]:%d %b %Y}" if told else "no breach so far"
    if first is None:
        return _criterion("A fortnight without a breach", met=False, figure=figure, page="traffic")
    begins = [first, *(at for at in told if at > first)]
    ends = [*begins[1:], timezone.now()]
    quiet = [begin + QUIET for begin, end in zip(begins, ends, strict=True) if end - begin >= QUIET]
    met = ends[-1] - begins[-1] >= QUIET
    return _criterion("A fortnight without a breach", met, figure, "traffic", quiet[0] if quiet else None)


STAGES: Final = (
    Stage(1, 2, "Intake and retrieval live", (taxonomy, intake, retrieval)),
    Stage(3, 4, "Drafts with approval", (charter, policy, approval)),
    Stage(5, 6, "Thin slice", (labelled, gate, armed, thin_slice)),
    Stage(7, 10, "Widening", (promise, widened, steady)),
)


def _criterion(title: str, met: bool, figure: str, page: str, since: datetime | None = None) -> Criterion:
    return Criterion(title, met, figure, reverse(page), since if met else None)


def _armed_since(workflow: Workflow) -> datetime | None:
    """The first signature under a stop condition: a charter that is signed anew takes none of that back."""
    signed = workflow.charters.exclude(signed_at=None).order_by("signed_at")
    return next((each.signed_at for each in signed if charters.content_of(each).stop_conditions), None)


def _first(workflow: Workflow) -> datetime | None:
    """When the first release took traffic."""
    plan = workflow.plans.order_by("version").first()
    return plan.created_at if plan else None


def _slice(workflow: Workflow, low: int, high: int) -> tuple[TrafficPlan | None, int]:
    """The first plan with a slice of so many percent."""
    for plan, percent in _slices(workflow):
        if low <= percent <= high:
            return plan, percent
    return None, 0


def _slices(workflow: Workflow) -> Iterator[tuple[TrafficPlan, int]]:
    for plan in workflow.plans.order_by("version"):
        yield from ((plan, share.percent) for share in shares_of(plan) if share.mode == "slice")
