"""The labelled test set as an artefact of Discovery: how many cases are answered, and which case types lack some."""

from django.urls import reverse

from apps.engagements.discovery.artefacts import Artefact, State
from apps.engagements.engagement_models import Engagement
from apps.evaluations.coverage import LEAST, MOST, PER_TYPE, Coverage, coverage_of
from apps.evaluations.labelled_sets import current_frozen, draft_of
from apps.evaluations.models import LabelledSet


def set_of(engagement: Engagement) -> LabelledSet | None:
    """The version that is signed, else the draft that is worked on."""
    return current_frozen(engagement.workflow) or draft_of(engagement.workflow)


def labelled_artefact(engagement: Engagement) -> Artefact:
    shown = set_of(engagement)
    if shown is None:
        address, said = reverse("labelled_sets"), f"Nobody has begun it: {LEAST} to {MOST:,} answered cases are wanted."
        return Artefact("labelled_set", "Labelled test set", address, "missing", said)
    coverage = coverage_of(shown)
    state: State = "ready" if shown.signed_off_at and coverage.answered >= LEAST else "begun"
    address = reverse("labelled_set", args=[shown.pk])
    return Artefact("labelled_set", "Labelled test set", address, state, _sentence(shown, coverage))


def _sentence(shown: LabelledSet, coverage: Coverage) -> str:
    known = [stratum for stratum in coverage.strata if stratum.known]
    lacking = sum(bool(stratum.lacking) for stratum in known)
    what = f"Version {shown.version}, signed by {shown.signed_off_name}" if shown.signed_off_at else "A draft"
    types = f"{len(known) - lacking} of {len(known)} case types have {PER_TYPE} or more" if known else "no taxonomy yet"
    return f"{what}: {coverage.answered:,} answered cases of {LEAST} to {MOST:,}; {types}."
