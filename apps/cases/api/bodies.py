"""Reads a request's body: JSON in UTF-8, of limited size, whatever its sender says about it."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework import status
from rest_framework.parsers import BaseParser

from apps.cases.api.errors import Refused
from apps.cases.strict_json import NotAnObject, load_object

LIMIT = 12 * 1024 * 1024  # bytes


class StrictJSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO[Any], *_: str | Mapping[str, Any] | None, **__: object) -> dict[str, Any]:
        body: bytes = stream.read(LIMIT + 1)  # a missing or wrong Content-Length makes no difference
        if len(body) > LIMIT:
            raise Refused(
                status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", f"At most {LIMIT >> 20} MB are taken at once."
            )
        try:
            return load_object(body.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            message = f"The body is not UTF-8: byte 0x{body[error.start]:02X} at position {error.start}."
        except NotAnObject as error:
            message = str(error)
        raise Refused(status.HTTP_400_BAD_REQUEST, "not_json", message)
