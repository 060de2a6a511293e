"""The room's tables, each beside what it is about."""

from apps.engagements.engagement_models import Engagement

__all__ = ["Engagement"]
