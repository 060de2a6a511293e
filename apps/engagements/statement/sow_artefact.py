"""The statement of work on the board of Discovery."""

from django.urls import reverse

from apps.engagements.discovery.artefacts import Artefact, State
from apps.engagements.engagement_models import Engagement
from apps.engagements.sow_models import SowComment, SowMove
from apps.engagements.statement.sow import content_of, newest, state_of
from apps.engagements.statement.sow_content import gaps
from apps.engagements.statement.sow_paper import standing


def sow_artefact(engagement: Engagement) -> Artefact:
    """Ready for day 10 once it is on offer or accepted."""
    version = newest(engagement)
    if version is None:
        return _artefact("missing", "No version is written. The first grows out of what is known so far.")
    remarks = SowComment.objects.filter(engagement=engagement, resolved_at=None).count()
    said = [f"Version {version.number}: {standing(version).lower()}.", *gaps(content_of(version))]
    if remarks:
        said.insert(1, f"{remarks} open remark{'' if remarks == 1 else 's'}.")
    ready = state_of(version) in (SowMove.Kind.OFFERED, SowMove.Kind.ACCEPTED)
    return _artefact("ready" if ready else "begun", " ".join(said))


def _artefact(state: State, sentence: str) -> Artefact:
    return Artefact("sow", "Build statement of work", reverse("sow"), state, sentence)
