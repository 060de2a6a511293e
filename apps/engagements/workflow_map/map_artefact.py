"""The workflow map on the board of Discovery."""

from django.urls import reverse

from apps.engagements.discovery.artefacts import Artefact, State
from apps.engagements.engagement_models import Engagement
from apps.engagements.workflow_map.map_content import wanting
from apps.engagements.workflow_map.maps import Side, content_of, newest


def map_artefact(engagement: Engagement) -> Artefact:
    """Ready once both sides are whole and agreed on."""
    today, target = newest(engagement, Side.TODAY), newest(engagement, Side.TARGET)
    if today is None:
        return _artefact("missing", "No step is drawn. Begin with what the operators showed you, or with an event log.")
    said = [f"Today: {len(content_of(today).steps)} steps."]
    said += wanting(content_of(today))
    said += [f"Target: {len(content_of(target).steps)} steps."] if target else ["No target is drawn."]
    lacks = wanting(content_of(target)) if target else []
    said += lacks
    open_ones = [each.get_side_display().lower() for each in (today, target) if each and not each.agreed]
    said += [f"Not agreed on yet: {' and '.join(open_ones)}."] if open_ones else []
    ready = target is not None and not open_ones and not lacks and not wanting(content_of(today))
    return _artefact("ready" if ready else "begun", " ".join(said))


def _artefact(state: State, sentence: str) -> Artefact:
    return Artefact("workflow_map", "Workflow map", reverse("workflow_map"), state, sentence)
