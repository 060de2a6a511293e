"""Cases that people decided lately, to be run again: has the world moved away from the labels?"""

from datetime import datetime, timedelta

from django.conf import settings

from apps.evaluations.assurance.probes import Probe
from apps.evaluations.drafts import submission_of
from apps.evaluations.labels import Expected
from apps.reviews.models import Disposition
from apps.workflows.models import Workflow

LATELY = timedelta(days=28)
MOST = 30  # cases


def recent(workflow: Workflow, until: datetime) -> list[Probe]:
    """The latest that somebody approved, as it was or edited, with what was sent as what is expected."""
    settled = until - timedelta(seconds=settings.UNDO_SECONDS)
    decided = (
        Disposition.objects.filter(
            case__workflow=workflow,
            kind__in=(Disposition.Kind.APPROVE, Disposition.Kind.EDIT),
            undone_at=None,
            created_at__range=(settled - LATELY, settled),
        )
        .exclude(case__case_type="")
        .exclude(case__text="")
        .select_related("case")
        .order_by("-created_at", "pk")
    )
    return [_probe(each) for each in decided[:MOST]]


def _probe(disposition: Disposition) -> Probe:
    case = disposition.case
    expected = Expected(case_type=case.case_type, decision=case.decision or None)
    return Probe(
        "replay",
        "",
        case.number,
        submission_of(case).model_dump(mode="json"),
        expected.model_dump(mode="json"),
    )
