"""The room's tables, each beside what it is about."""

from apps.engagements.board_models import DayTen, ShadowedStep, Shadowing, Task
from apps.engagements.engagement_models import Engagement

__all__ = ["DayTen", "Engagement", "ShadowedStep", "Shadowing", "Task"]
