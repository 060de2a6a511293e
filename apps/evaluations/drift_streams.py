"""What drift is measured between: the cases that a release took lately, and the reference that they are held against.

The reference is the release's own first weeks once they are over, for a labelled set's mix is chosen by who labels;
until then it is what its classifier learnt from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet

from apps.cases.models import Case, Step
from apps.evaluations.drift_measures import Observed
from apps.evaluations.held_out import answers_of
from apps.evaluations.labelled_sets import current_frozen, training_examples
from apps.evaluations.models import LabelledSet
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.rules import match_case_type
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of

FIRST_WEEKS = timedelta(days=14)
LEAST_FIRST = 150  # cases in them; fewer, and training stays the reference
MOST = 1_000  # cases of a reference, and of a window: more tell little more
LONGEST = timedelta(days=28)  # of a window: then the tests begin anew


@dataclass(frozen=True)
class Reference:
    kind: str  # "traffic", "training", or "" while there is none
    words: str
    cases: Sequence[Observed] = field(default=(), repr=False)
    until: datetime | None = None  # cases from here on are held against it; None: all


def cases_of(release: Release) -> QuerySet[Case]:
    """Those that intake has read, in the order in which they came."""
    return Case.objects.filter(release=release).exclude(case_type="").order_by("admitted_at", "id")


def reference_of(release: Release, now: datetime) -> Reference:
    first = cases_of(release).first()
    if first is None:
        return _training(release)
    ends = first.admitted_at + FIRST_WEEKS
    begun = list(cases_of(release).filter(admitted_at__lt=ends)[: MOST + 1])
    if len(begun) <= MOST and (now < ends or len(begun) < LEAST_FIRST):
        return _training(release)
    until = begun[MOST].admitted_at if len(begun) > MOST else ends
    words = f"the first {min(len(begun), MOST):,} cases that it took, from {first.admitted_at:%d %b} to {until:%d %b}"
    return Reference("traffic", words, observed(begun[:MOST]), until)


def window_start(release: Release, begin: datetime, now: datetime) -> datetime:
    """Windows follow each other from `begin`; each ends after so many days or cases. The one that `now` is in."""
    while True:
        ends = begin + LONGEST
        inside = cases_of(release).filter(admitted_at__gte=begin, admitted_at__lt=ends)
        next_one = inside.values_list("admitted_at", flat=True)[MOST : MOST + 1].first()
        if next_one is not None and next_one > begin:
            begin = next_one
        elif next_one is None and ends <= now:
            begin = ends
        else:
            return begin


def observed(cases: Sequence[Case]) -> list[Observed]:
    intake = Step.objects.filter(case__in=cases, layer=Case.Layer.INTAKE, revision=1)
    said = {
        case: confidence
        for case, confidence, decider in intake.values_list(
            "case_id", "result__case_type__confidence", "result__case_type__decided_by"
        )
        if decider == "classifier"
    }
    return [
        Observed(
            key=str(case.pk),
            text=f"{case.title}\n{case.text}".strip(),
            case_type=case.case_type,
            urgency=case.urgency,
            sentiment=case.sentiment,
            confidence=said.get(case.pk),
            disposition=case.outcome,
        )
        for case in cases
    ]


def _training(release: Release) -> Reference:
    """What the classifier learnt from, with what it said of each while it had not seen it; no case was decided then."""
    manifest = manifest_of(release)
    kept = answers_of(manifest.intake.classifiers.get("case_type", ""))
    learnt_from = (
        LabelledSet.objects.filter(workflow=release.workflow, sha256=kept.labelled_set).first() if kept else None
    )
    labelled_set = learnt_from or current_frozen(release.workflow)
    if labelled_set is None:
        return Reference("", "nothing: it has neither a labelled set nor its first weeks behind it")
    # Where a hosted model takes over the doubtful cases, what the classifier said of those is not kept.
    comparable = kept is not None and learnt_from is not None and not manifest.intake.route
    said = {each.external_id: each.probability for each in kept.answers} if kept and comparable else {}
    taxonomy = TaxonomyVersion.objects.get(sha256=manifest.taxonomy).taxonomy()
    cases = [
        Observed(
            key=each.external_id,
            text=each.text,
            case_type=each.expected.case_type,
            urgency=each.expected.urgency,
            sentiment=each.expected.sentiment,
            confidence=None if match_case_type(taxonomy, each.text) else said.get(each.external_id),
        )
        for each in training_examples(labelled_set)[:MOST]
    ]
    return Reference("training", f"the {len(cases):,} labelled cases of {labelled_set} that it learnt from", cases)
