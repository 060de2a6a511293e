"""The room's tables, each beside what it is about."""

from apps.compliance.export_models import Export
from apps.compliance.framework_models import Gap, LogReview, ProcessingRecord, ProtectedAttributes, Scope, Signature
from apps.compliance.people_models import DataRequest, ErasedCase, LegalHold, Restriction, RetentionRule
from apps.compliance.readiness_models import Readiness

__all__ = [
    "DataRequest",
    "ErasedCase",
    "Export",
    "Gap",
    "LegalHold",
    "LogReview",
    "ProcessingRecord",
    "ProtectedAttributes",
    "Readiness",
    "Restriction",
    "RetentionRule",
    "Scope",
    "Signature",
]
