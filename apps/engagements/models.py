"""The room's tables, each beside what it is about."""

from apps.engagements.allocation_models import Allocation
from apps.engagements.board_models import DayTen, ShadowedStep, Shadowing, Task
from apps.engagements.build_models import ChangeRequest
from apps.engagements.cadence_models import (
    CadenceBegin,
    FollowUp,
    HandOverStatement,
    OverdueTold,
    RitualDraft,
    RitualRecord,
)
from apps.engagements.engagement_models import Engagement
from apps.engagements.map_models import MapVersion, MinedLog
from apps.engagements.scope_models import ScopeItem
from apps.engagements.sow_models import SowComment, SowMove, SowVersion

__all__ = [
    "Allocation",
    "CadenceBegin",
    "ChangeRequest",
    "DayTen",
    "Engagement",
    "FollowUp",
    "HandOverStatement",
    "MapVersion",
    "MinedLog",
    "OverdueTold",
    "RitualDraft",
    "RitualRecord",
    "ScopeItem",
    "ShadowedStep",
    "Shadowing",
    "SowComment",
    "SowMove",
    "SowVersion",
    "Task",
]
