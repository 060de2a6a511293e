"""Where the five artefacts of Discovery are read, in the order of the board."""

from collections.abc import Callable

from apps.engagements.discovery.artefacts import Artefact
from apps.engagements.discovery.labelled_artefact import labelled_artefact
from apps.engagements.discovery.scope_artefacts import governance_artefact, scope_artefact
from apps.engagements.engagement_models import Engagement
from apps.engagements.statement.sow_artefact import sow_artefact
from apps.engagements.workflow_map.map_artefact import map_artefact

SOURCES: tuple[Callable[[Engagement], Artefact], ...] = (
    map_artefact,
    labelled_artefact,
    scope_artefact,
    governance_artefact,
    sow_artefact,
)


def artefacts_of(engagement: Engagement) -> list[Artefact]:
    return [source(engagement) for source in SOURCES]
