"""What a program asks for, checked: query, key, case and workflow. Raises `Refused` with the answer to give."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db.models import QuerySet
from pydantic import BaseModel, ValidationError
from rest_framework import status
from rest_framework.request import Request

from apps.cases.api.errors import Refused, invalid
from apps.cases.api.shapes import CaseQuery, NewCase
from apps.cases.models import Case
from apps.cases.submission import Submission, problems
from apps.workflows.models import Workflow

KEY_LENGTH = 200
Shape = TypeVar("Shape", bound=BaseModel)


def validated(shape: type[Shape], values: Mapping[str, Any]) -> Shape:
    try:
        return shape.model_validate(values)
    except ValidationError as error:
        raise invalid(problems(error)) from None


def idempotency_key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    key = key.strip()
    if not 0 < len(key) <= KEY_LENGTH or not (key.isascii() and key.isprintable()):
        raise invalid({"Idempotency-Key": [f"is not 1 to {KEY_LENGTH} printable ASCII characters."]})
    return key


def new_case(values: Mapping[str, Any], key: str | None) -> tuple[Workflow, Submission]:
    """The case that was sent, and the workflow that it is for."""
    asked = validated(NewCase, values)
    if not (asked.external_id or key):
        raise invalid({"external_id": ["is missing. Send it, or an Idempotency-Key header in its place."]})
    return _workflow(asked.workflow), asked.submission(key)


def known_case(number: str) -> Case:
    case = Case.objects.select_related("workflow").filter(number=number.replace("\x00", "")).first()
    if case is None:
        raise Refused(status.HTTP_404_NOT_FOUND, "not_found", "There is no case with this number.")
    return case


def _workflow(slug: str | None) -> Workflow:
    workflows = Workflow.objects.select_related("production")
    if slug is None:
        offered = list(workflows[:20])
        if len(offered) > 1:
            raise invalid({"workflow": [f"is missing. There are: {', '.join(each.slug for each in offered)}."]})
        found = next(iter(offered), None)
    else:
        found = workflows.filter(slug=slug).first()
    if found is None:
        raise Refused(status.HTTP_404_NOT_FOUND, "unknown_workflow", "There is no such workflow.")
    return found


def find(query: CaseQuery) -> QuerySet[Case]:
    """The cases asked for, the last admitted first: their ids rise with time."""
    same = {
        "workflow__slug": query.workflow,
        "state": query.state,
        "outcome": query.outcome,
        "case_type": query.case_type,
        "lane": query.lane,
        "external_id": query.external_id,
        "customer": query.customer,
        "received_at__gte": query.received_since,
        "received_at__lt": query.received_before,
        "id__lt": query.cursor,
    }
    given = {name: value for name, value in same.items() if value is not None}
    return Case.objects.filter(**given).select_related("workflow").defer("text").order_by("-id")
