"""Errors of the programs' interface: always JSON, always with a code for programs and a sentence for people."""

from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler


class Refused(APIException):
    """An answer with a status, a code and a message; `fields` says what is wrong with which field."""

    def __init__(
        self, status_code: int, code: str, message: str, fields: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        super().__init__(message, code)
        self.status_code = status_code
        self.fields = fields or {}


def invalid(fields: Mapping[str, Sequence[str]]) -> Refused:
    return Refused(status.HTTP_400_BAD_REQUEST, "invalid", "Some fields are not right.", fields)


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The handler of REST framework: every refusal in one form. What is no refusal stays a failure of ours."""
    response = exception_handler(error, context)
    if response is not None:
        detail = response.data["detail"]
        response.data = {"code": detail.code, "message": str(detail), "fields": getattr(error, "fields", {})}
    return response
