"""The words, examples and parameters of the OpenAPI description."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse
from pydantic import BaseModel

from apps.cases.api.shapes import Problem

ADMISSION = """Admits one case. JSON in UTF-8, at most 12 MB; the text has at most 100,000 characters.

**Idempotent.** Sending the same case again, with the same `external_id` or the same `Idempotency-Key`, admits nothing
new: the answer is 200 with the case that is there. So after a lost answer, send again until one comes. The same id or
key with *other* content is refused with 409, and nothing changes: send changed content under a new id. An id counts
within its workflow, a key within the tenant, and both without an end."""

COMPLAINT = """Records that a customer complained about how a case was handled. It counts against the release that
handled the case: above the charter's limit, the release loses its traffic. A case that is not closed takes none (409).

**Idempotent** under your own `external_id`, or the `Idempotency-Key` header in its place: a repeat answers 200."""

LISTING = "The last admitted first. All filters that are given must hold. Follow `next` until it is null."

MEANING = {
    400: "Something in the request is not right; `fields` says what.",
    401: "There is no API key, or none that is valid here.",
    403: "The key may not do that.",
    404: "There is no such case or workflow.",
    409: "The id or key came before with other content, the workflow takes no cases yet, or the case is not closed.",
    413: "The body is larger than 12 MB.",
    415: "The body is not application/json.",
}

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Your own key of this request, 1 to 200 printable ASCII characters: a repeat admits nothing new.",
)
NUMBER = OpenApiParameter("number", str, OpenApiParameter.PATH, description="The case number, such as R-20418.")

ASKED = {
    "external_id": "mail-2026-11-22-0417",
    "subject": "Boots split after five weeks",
    "text": "The sole has come off the left boot. Order NG-88417. I want my money back.",
    "channel": "email",
    "customer": "C-1042",
    "language": "en",
    "received_at": "2026-11-22T15:20:00Z",
}
ADMITTED: dict[str, Any] = {
    "number": "R-20418",
    "id": "019aac3e-5f10-7c1e-9d2b-0c5f3a6e7b18",
    "external_id": "mail-2026-11-22-0417",
    "workflow": "customer-service",
    "release": "9f3c1a52b7d84e06a1c93f5d7e2b8a640d1f6c7b9e3a5d2c4f8071b6e9d3a5c2",
    "received_at": "2026-11-22T15:20:00Z",
    "admitted_at": "2026-11-22T15:20:03Z",
    "state": "open",
    "layer": "intake",
    "tags": {"case_type": "", "urgency": "", "sentiment": "", "band": "", "lane": "", "impact": ""},
    "decision": "",
    "reason": "",
    "outcome": None,
    "closed_at": None,
    "links": {
        "self": "https://northgate.example.com/api/v1/cases/R-20418",
        "page": "https://northgate.example.com/cases/R-20418/",
    },
}
FINISHED = ADMITTED | {
    "state": "closed",
    "layer": "done",
    "tags": {
        "case_type": "defect",
        "urgency": "normal",
        "sentiment": "annoyed",
        "band": "high",
        "lane": "drafted",
        "impact": "medium",
    },
    "decision": "full_refund",
    "reason": "The refund is above what may be cleared automatically.",
    "outcome": "approved",
    "closed_at": "2026-11-22T15:31:40Z",
}


def _refusal(code: int, name: str, problem: str, message: str, fields: dict[str, list[str]]) -> OpenApiExample:
    value = {"code": problem, "message": message, "fields": fields}
    return OpenApiExample(name, value=value, response_only=True, status_codes=[str(code)])


ADMISSION_EXAMPLES = [
    OpenApiExample("A complaint by e-mail", value=ASKED, request_only=True),
    OpenApiExample("Just admitted", value=ADMITTED, response_only=True, status_codes=["201"]),
    OpenApiExample("Sent again later", value=FINISHED, response_only=True, status_codes=["200"]),
    _refusal(400, "Fields that are not right", "invalid", "Some fields are not right.", {"text": ["is empty."]}),
    _refusal(400, "No JSON", "not_json", "This is not JSON: Expecting value at column 1.", {}),
    _refusal(
        409,
        "Other content under a known id",
        "conflict",
        "Case R-20418 came with this id before, with other content. Send changed content under a new external_id.",
        {},
    ),
]
CASE_EXAMPLES = [OpenApiExample("A finished case", value=FINISHED, response_only=True, status_codes=["200"])]


def refusals(*codes: int) -> dict[int, OpenApiResponse]:
    return {code: OpenApiResponse(Problem, MEANING[code]) for code in codes}


def parameters_of(query: type[BaseModel]) -> list[OpenApiParameter]:
    """The fields of a model as query parameters; null, which an address cannot say, is left out."""
    fields = query.model_json_schema()["properties"]
    return [_parameter(name, dict(schema)) for name, schema in fields.items()]


def _parameter(name: str, schema: dict[str, Any]) -> OpenApiParameter:
    choices = schema.pop("anyOf", [schema])
    kept = next(choice for choice in choices if choice.get("type") != "null")
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    described = {key: value for key, value in kept.items() if key not in {"title", "description", "default"}}
    return OpenApiParameter(
        name, described | default, OpenApiParameter.QUERY, description=schema.get("description", "")
    )


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "apps.tenants.keys.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:  # noqa: ARG002  # the library's signature
        return {"type": "http", "scheme": "bearer", "description": "An API key of the tenant: ts_…"}
