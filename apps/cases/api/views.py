"""The programs' interface: cases in, and where they stand."""

from typing import Any, ClassVar, cast

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from apps.audit.reads import case_read, rows_read
from apps.cases.admission import Admission, Conflict, NotAdmitted, PersonForgotten, admit
from apps.cases.api import documentation as doc
from apps.cases.api.bodies import StrictJSONParser
from apps.cases.api.errors import Refused
from apps.cases.api.requests import find, idempotency_key, known_case, new_case, validated
from apps.cases.api.shapes import (
    CasePage,
    CaseQuery,
    CaseState,
    ComplaintState,
    NewCase,
    NewComplaint,
    case_state,
    complaint_state,
)
from apps.cases.complaints import NotTaken, record_complaint
from apps.cases.models import Case
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability
from apps.tenants.requests import MemberRequest


class CasesView(APIView):
    required_capability: ClassVar = {"GET": Capability.CASES_VIEW, "POST": Capability.CASES_ADMIT}
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="admit_case",
        summary="Send in a case",
        description=doc.ADMISSION,
        tags=["cases"],
        parameters=[doc.IDEMPOTENCY_KEY],
        request=NewCase,
        responses={
            201: OpenApiResponse(CaseState, "Admitted."),
            200: OpenApiResponse(CaseState, "It came before with the same content; this is where it stands."),
            **doc.refusals(400, 401, 403, 404, 409, 413, 415),
        },
        examples=doc.ADMISSION_EXAMPLES,
    )
    def post(self, request: Request) -> Response:
        admission = _admit(request)
        case = Case.objects.select_related("workflow").get(pk=admission.case_id)
        shown = case_state(case, request.build_absolute_uri)
        code = status.HTTP_201_CREATED if admission.created else status.HTTP_200_OK
        return Response(shown.model_dump(mode="json"), status=code, headers={"Location": shown.links.self})

    @extend_schema(
        operation_id="list_cases",
        summary="List cases",
        description=doc.LISTING,
        tags=["cases"],
        parameters=doc.parameters_of(CaseQuery),
        responses={200: CasePage, **doc.refusals(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        query = validated(CaseQuery, request.query_params.dict())
        found = list(find(query)[: query.limit + 1])
        rows_read(request, [case.pk for case in found[: query.limit]], part="interface")
        shown = [case_state(case, request.build_absolute_uri) for case in found[: query.limit]]
        following = None
        if len(found) > query.limit:
            following = replace_query_param(request.build_absolute_uri(), "cursor", str(shown[-1].id))
        return Response(CasePage(results=shown, next=following).model_dump(mode="json"))


class CaseView(APIView):
    required_capability = Capability.CASES_VIEW

    @extend_schema(
        operation_id="get_case",
        summary="Where a case stands",
        tags=["cases"],
        parameters=[doc.NUMBER],
        responses={200: CaseState, **doc.refusals(401, 403, 404)},
        examples=doc.CASE_EXAMPLES,
    )
    def get(self, request: Request, number: str) -> Response:
        case = known_case(number)
        case_read(request, case.pk, part="state")
        return Response(case_state(case, request.build_absolute_uri).model_dump(mode="json"))


class ComplaintsView(APIView):
    required_capability = Capability.CASES_ADMIT
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="record_complaint",
        summary="A customer complained about a closed case",
        description=doc.COMPLAINT,
        tags=["cases"],
        parameters=[doc.NUMBER, doc.IDEMPOTENCY_KEY],
        request=NewComplaint,
        responses={
            201: OpenApiResponse(ComplaintState, "Recorded."),
            200: OpenApiResponse(ComplaintState, "It was recorded before under this id."),
            **doc.refusals(400, 401, 403, 404, 409, 413, 415),
        },
    )
    def post(self, request: Request, number: str) -> Response:
        asked = validated(NewComplaint, cast("dict[str, Any]", request.data))
        case, repeat_id = known_case(number), asked.external_id or idempotency_key(request) or ""
        try:
            complaint, created = record_complaint(
                actor=actor_of(request),
                case=case,
                said=asked.said,
                external_id=repeat_id,
                complained_at=asked.complained_at,
            )
        except NotTaken as refused:
            raise Refused(status.HTTP_409_CONFLICT, "not_taken", str(refused)) from None
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(complaint_state(complaint).model_dump(mode="json"), status=code)


def _admit(request: Request) -> Admission:
    key = idempotency_key(request)
    workflow, submission = new_case(cast("dict[str, Any]", request.data), key)
    try:
        return admit(
            actor=actor_of(request),
            workflow=workflow,
            submission=submission,
            region=cast("MemberRequest", request).tenant.region,
            idempotency_key=key,
        )
    except Conflict as refused:
        raise Refused(status.HTTP_409_CONFLICT, "conflict", str(refused)) from None
    except PersonForgotten as refused:
        raise Refused(status.HTTP_409_CONFLICT, "person_forgotten", str(refused)) from None
    except NotAdmitted as refused:
        raise Refused(status.HTTP_409_CONFLICT, "not_admitted", str(refused)) from None
