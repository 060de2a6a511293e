"""What a case's pages say of its data: erased, held, restricted."""

from typing import Any

from django import template

from apps.cases.models import Case
from apps.compliance.holds import holds_on
from apps.compliance.models import ErasedCase, Restriction

register = template.Library()


@register.inclusion_tag("compliance/data_notes.html")
def data_notes(case: Case) -> dict[str, Any]:
    """Three small queries; for an erased case only one."""
    if not case.text:  # nothing comes in without a text
        return {"erased": ErasedCase.objects.filter(case=case).select_related("request").first()}
    return {"holds": holds_on(case), "restriction": Restriction.objects.filter(pk=case.subject_id).first()}
