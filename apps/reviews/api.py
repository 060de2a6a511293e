"""The programs' interface to review: the open question of a case, and the sender's answer to it."""

from typing import Any, ClassVar, cast

from drf_spectacular.utils import extend_schema
from pydantic import Field
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.audit.reads import case_read
from apps.cases.api import documentation as doc
from apps.cases.api.bodies import StrictJSONParser
from apps.cases.api.errors import Refused
from apps.cases.api.requests import validated
from apps.cases.api.shapes import Shape
from apps.cases.models import Case
from apps.reviews import snoozing
from apps.reviews.refusals import Refused as NotAnswered
from apps.reviews.terms import Pause
from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability


class Answer(Shape):
    """What the sender answered."""

    text: str = Field(min_length=1, max_length=snoozing.LONGEST_TEXT)


class Question(Shape):
    """What the sender was asked last."""

    number: str = Field(description="Of the case.")
    question: str
    waiting: bool = Field(description="Whether it still waits for the answer.")


class AnswerView(APIView):
    required_capability: ClassVar = {"GET": Capability.CASES_VIEW, "POST": Capability.CASES_ADMIT}
    parser_classes = (StrictJSONParser,)

    @extend_schema(
        operation_id="get_question",
        summary="What the sender was asked",
        tags=["cases"],
        parameters=[doc.NUMBER],
        responses={200: Question, **doc.refusals(401, 403, 404)},
    )
    def get(self, request: Request, number: str) -> Response:
        case = _case(number)
        case_read(request, case.pk, part="question")
        return _shown(case)

    @extend_schema(
        operation_id="answer_question",
        summary="Answer the question, which brings the case back",
        tags=["cases"],
        parameters=[doc.NUMBER],
        request=Answer,
        responses={200: Question, **doc.refusals(400, 401, 403, 404, 409)},
    )
    def post(self, request: Request, number: str) -> Response:
        case = _case(number)
        given = validated(Answer, cast("dict[str, Any]", request.data))
        try:
            snoozing.answer(actor=actor_of(request), case_id=case.pk, text=given.text)
        except NotAnswered as refused:
            raise Refused(status.HTTP_409_CONFLICT, "no_question", str(refused)) from None
        return _shown(case)


def _case(number: str) -> Case:
    case = Case.objects.filter(number=number.replace("\x00", "")).first()
    if case is None:
        raise Refused(status.HTTP_404_NOT_FOUND, "not_found", "There is no case with this number.")
    return case


def _shown(case: Case) -> Response:
    asked = case.pauses.filter(kind=Pause.Kind.SENT_BACK).last()
    if asked is None:
        raise Refused(status.HTTP_404_NOT_FOUND, "no_question", "Nothing was asked about this case.")
    shown = Question(number=case.number, question=asked.note, waiting=asked.ended_at is None)
    return Response(shown.model_dump(mode="json"))
