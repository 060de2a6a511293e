"""The room's tables, each beside what it is about."""

from apps.compliance.export_models import Export

__all__ = ["Export"]
