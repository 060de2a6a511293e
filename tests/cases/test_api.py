"""Programs send cases in and ask where they stand. Whatever they send, the answer is one of ours."""

import json
from typing import Any

import pytest
from django.core.management import call_command

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.portal.people import create_key
from apps.tenants.actors import SYSTEM
from apps.tenants.capabilities import Capability
from apps.tenants.schemas import in_schema
from apps.workflows.services import create_workflow
from tests.cast import HARBOUR, NORTHGATE, Visitor
from tests.charters import sign
from tests.factories import customer_service, waiting_case

CASES = "/api/v1/cases"
CASE = {"external_id": "mail-1", "text": "My boots have split.", "customer": "C-1"}


class Program(Visitor):
    """A program that has a key."""

    def __init__(self, *capabilities: Capability, schema: str = NORTHGATE) -> None:
        with in_schema(schema):
            _, self.text = create_key(actor=SYSTEM, name="mailbox", capabilities=frozenset(capabilities))
        super().__init__(schema, headers={"Authorization": f"Bearer {self.text}"})

    def send(self, case: Any, content_type: str = "application/json", **headers: str):
        body = case if isinstance(case, bytes | str) else json.dumps(case)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.post(CASES, body, content_type=content_type, headers=sent)


@pytest.fixture
def workflow(northgate):
    return customer_service()


@pytest.fixture
def program(workflow):
    return Program(Capability.CASES_ADMIT, Capability.CASES_VIEW)


def refused(response, status: int, code: str) -> dict[str, list[str]]:
    answer = response.json()
    assert (response.status_code, answer["code"]) == (status, code), answer
    assert answer["message"]
    fields: dict[str, list[str]] = answer["fields"]
    return fields


def test_a_case_is_admitted_and_says_where_it_stands(program, workflow):
    response = program.send(CASE | {"subject": "Boots", "channel": "email"})
    assert response.status_code == 201
    answer = response.json()
    assert (answer["external_id"], answer["state"], answer["layer"]) == ("mail-1", "open", "intake")
    assert (answer["workflow"], answer["release"]) == ("customer-service", workflow.production_id)
    assert response.headers["Location"] == answer["links"]["self"]
    assert program.get(answer["links"]["self"]).json() == answer
    assert Case.objects.get().region == "EU", "the tenant's own region, as none was given"
    assert Entry.objects.get(action="case.admitted").actor.startswith("key:")


def test_the_same_case_again_is_what_it_was(program):
    first, second = program.send(CASE), program.send(CASE)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert Case.objects.count() == 1


def test_other_content_under_a_known_id_is_a_conflict(program):
    program.send(CASE)
    refused(program.send(CASE | {"text": "Something else."}), 409, "conflict")
    assert Case.objects.get().text == "My boots have split."


def test_a_key_of_ones_own_recognises_a_repeat_without_an_id(program):
    case = {"text": "My boots have split."}
    first, second = program.send(case, Idempotency_Key="k-1"), program.send(case, Idempotency_Key="k-1")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["number"] == second.json()["number"]
    assert program.send(case, Idempotency_Key="k-2").status_code == 201


def test_a_key_that_is_used_for_another_case_is_a_conflict(program):
    program.send(CASE, Idempotency_Key="k-1")
    refused(program.send(CASE | {"external_id": "mail-2"}, Idempotency_Key="k-1"), 409, "conflict")
    assert Case.objects.count() == 1


def test_a_key_that_is_used_for_another_workflow_is_a_conflict(program, workflow):
    other = create_workflow(actor=SYSTEM, slug="returns", title="Returns", owner="dora@cast.example")
    other.production = workflow.production
    other.save()
    sign(other, other.production)
    program.send(CASE | {"workflow": "customer-service"}, Idempotency_Key="k-1")
    refused(program.send(CASE | {"workflow": "returns"}, Idempotency_Key="k-1"), 409, "conflict")


@pytest.mark.parametrize("key", ["", "x" * 201, "naïve", "a\tb"])
def test_a_key_that_is_no_key_is_refused(program, key):
    assert "Idempotency-Key" in refused(program.send(CASE, Idempotency_Key=key), 400, "invalid")


def test_without_id_and_key_a_repeat_could_not_be_told(program):
    assert "Idempotency-Key" in refused(program.send({"text": "Hello"}), 400, "invalid")["external_id"][0]


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"text": ""}, "text", "is empty"),
        ({"text": " \n "}, "text", "is empty"),
        ({"text": None}, "text", "string"),
        ({"text": 5}, "text", "string"),
        ({"text": "x" * 100_001}, "text", "100,001 characters"),
        ({"text": "a\x00b"}, "text", "NUL"),
        ({"text": "half \ud83d of a pair"}, "text", "string"),
        ({"external_id": "x" * 201}, "external_id", "200"),
        ({"external_id": "a\x00"}, "external_id", "NUL"),
        ({"customer": {"id": 1}}, "customer", "string"),
        ({"language": "English"}, "language", "pattern"),
        ({"region": "europe"}, "region", "pattern"),
        ({"consent": "perhaps"}, "consent", "boolean"),
        ({"received_at": "yesterday"}, "received_at", "datetime"),
        ({"received_at": "2026-11-22T10:00:00"}, "received_at", "timezone"),
        ({"received_at": "9999-01-01T00:00:00Z"}, "received_at", "future"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "received_at", "before 1970"),
        ({"channel": "x" * 41}, "channel", "40"),
        ({"workflow": "not a slug"}, "workflow", "pattern"),
        ({"colour": "red"}, "colour", "is not a field of a case"),
    ],
)
def test_a_field_that_is_not_right_is_named(program, change, field, words):
    fields = refused(program.send(CASE | change), 400, "invalid")
    assert words in fields[field][0]
    assert Case.objects.count() == 0


def test_a_missing_text_is_named(program):
    assert refused(program.send({"external_id": "a"}), 400, "invalid") == {"text": ["is missing."]}
    assert refused(program.send(b""), 400, "invalid") == {"text": ["is missing."]}


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"no json",
        b"[]",
        b'"text"',
        b"null",
        b"5",
        b'{"external_id": "a", "external_id": "b", "text": "x"}',
        b'{"external_id": "a", "text": NaN}',
        b'{"external_id": "a", "text": ' + b"9" * 5000 + b"}",
        b'{"a":' * 100_000,
        b"[" * 100_000,
        b'{"external_id": "a", "text": "caf\xe9"}',
        b'{"external_id": "a", "text": "a\x00b"}',
        '{"external_id": "a", "text": "x"}'.encode("utf-16"),
        b'{"\\ud800": 1}',
        b'{"' + b"x" * 1000 + b'": 1}',
        json.dumps({f"field{n}": n for n in range(101)}).encode(),
    ],
)
def test_a_body_that_is_no_case_is_refused_with_the_reason(program, body):
    refused(program.send(body), 400, "not_json")


def test_a_byte_order_mark_does_no_harm(program):
    assert program.send(b"\xef\xbb\xbf" + json.dumps(CASE).encode()).status_code == 201


def test_a_text_of_ten_megabytes_is_too_long_and_a_larger_body_is_not_read(program):
    assert "10,485,760" in refused(program.send(CASE | {"text": "x" * 10_485_760}), 400, "invalid")["text"][0]
    refused(program.send(CASE | {"text": "x" * 13_000_000}), 413, "too_large")


@pytest.mark.parametrize("text", ["x" * 100_000, "ab " * 33_000, "漢字" * 50_000, " ".join(map(str, range(17_000)))])
def test_the_longest_texts_are_taken(program, text):
    assert program.send(CASE | {"text": text}).status_code == 201


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_is_not_json_is_not_taken(program, content_type):
    refused(program.send(CASE, content_type), 415, "unsupported_media_type")


def test_an_unknown_workflow_is_not_found(program):
    refused(program.send(CASE | {"workflow": "elsewhere"}), 404, "unknown_workflow")


def test_with_two_workflows_the_case_has_to_say_which(program):
    create_workflow(actor=SYSTEM, slug="returns", title="Returns", owner="dora@cast.example")
    assert "customer-service, returns" in refused(program.send(CASE), 400, "invalid")["workflow"][0]
    assert program.send(CASE | {"workflow": "customer-service"}).status_code == 201
    refused(program.send(CASE | {"workflow": "returns", "external_id": "b"}), 409, "not_admitted")


def test_without_any_workflow_there_is_nothing_to_send_to(northgate):
    refused(Program(Capability.CASES_ADMIT).send(CASE), 404, "unknown_workflow")


def test_a_key_does_what_it_was_given_and_no_more(workflow):
    reader, sender = Program(Capability.CASES_VIEW), Program(Capability.CASES_ADMIT)
    refused(reader.send(CASE), 403, "permission_denied")
    assert sender.send(CASE).status_code == 201
    refused(sender.get(CASES), 403, "permission_denied")


def test_without_a_key_nothing_is_read_or_taken(visitor, workflow):
    for response in (visitor.get(CASES), visitor.post(CASES, CASE, content_type="application/json")):
        refused(response, 401, "not_authenticated")
        assert response.headers["WWW-Authenticate"] == "Bearer"
    refused(visitor.get(CASES, headers={"Authorization": "Bearer nonsense"}), 401, "authentication_failed")


def test_another_tenants_key_finds_nothing_here(program):
    number = program.send(CASE).json()["number"]
    stranger = Program(Capability.CASES_VIEW, schema=HARBOUR)
    refused(stranger.get(f"{CASES}/{number}"), 404, "not_found")
    stranger.defaults["SERVER_NAME"] = "northgate.localhost"
    assert stranger.get(f"{CASES}/{number}").status_code == 401


def test_a_method_that_is_not_there_is_refused_in_the_same_form(program):
    refused(program.delete(CASES), 403, "permission_denied")
    refused(program.post(f"{CASES}/R-1", CASE, content_type="application/json"), 405, "method_not_allowed")


def test_a_reviewed_case_shows_its_tags_and_why_a_person_has_it(program):
    case = waiting_case()
    answer = program.get(f"{CASES}/{case.number}").json()
    assert answer["state"] == "review"
    assert answer["tags"] == {
        "case_type": "return",
        "urgency": "normal",
        "sentiment": "annoyed",
        "band": "high",
        "lane": "drafted",
        "impact": answer["tags"]["impact"],
    }
    assert answer["reason"].startswith("One sentence")
    assert answer["links"]["page"].endswith(f"/cases/{case.number}/")


@pytest.mark.parametrize("number", ["R-0", "x", "%00", "%F0%9F%A5%BE", "'; --"])
def test_a_number_that_nobody_has_is_not_found(program, number):
    refused(program.get(f"{CASES}/{number}"), 404, "not_found")


def test_pages_show_every_case_once_also_when_more_come_in(program):
    for n in range(5):
        program.send(CASE | {"external_id": f"mail-{n}"})
    page = program.get(CASES, {"limit": 2, "state": "open"}).json()
    seen = [case["external_id"] for case in page["results"]]
    program.send(CASE | {"external_id": "late"})
    while page["next"]:
        page = program.get(page["next"]).json()
        seen += [case["external_id"] for case in page["results"]]
    assert seen == ["mail-4", "mail-3", "mail-2", "mail-1", "mail-0"]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({}, 3),
        ({"state": "review"}, 1),
        ({"state": "open", "customer": "C-1"}, 2),
        ({"external_id": "b"}, 1),
        ({"workflow": "customer-service"}, 3),
        ({"workflow": "elsewhere"}, 0),
        ({"case_type": "return", "lane": "drafted"}, 1),
        ({"outcome": "approved"}, 0),
        ({"received_since": "2000-01-01T00:00:00Z"}, 3),
        ({"received_before": "2000-01-01T00:00:00+02:00"}, 0),
    ],
)
def test_filters_must_all_hold(program, query, count):
    waiting_case()
    program.send(CASE)
    program.send(CASE | {"external_id": "b"})
    assert len(program.get(CASES, query).json()["results"]) == count


@pytest.mark.parametrize(
    "query",
    [
        {"state": "gone"},
        {"limit": "0"},
        {"limit": "many"},
        {"cursor": "garbage"},
        {"stat": "open"},
        {"customer": "\x00"},
        {"received_since": "2026-11-22"},
        {"workflow": "\x00"},
    ],
)
def test_a_filter_that_is_not_right_is_named(program, query):
    assert set(refused(program.get(CASES, query), 400, "invalid")) == set(query)


def test_the_description_is_valid_and_without_warnings(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml"))


def test_anyone_can_fetch_the_description(visitor):
    described = visitor.get("/api/schema", headers={"Accept": "application/json"}).json()
    assert set(described["paths"]) == {
        "/api/v1/cases",
        "/api/v1/cases/{number}",
        "/api/v1/cases/{number}/answer",
        "/api/v1/cases/{number}/complaints",
    }
    admission = described["paths"]["/api/v1/cases"]["post"]
    assert set(admission["responses"]) == {"200", "201", "400", "401", "403", "404", "409", "413", "415"}
    assert "Idempotency-Key" in admission["description"]
    assert described["components"]["schemas"]["NewCase"]["required"] == ["text"]
    assert [each["scheme"] for each in described["components"]["securitySchemes"].values()] == ["bearer"]
    listing = {each["name"]: each for each in described["paths"]["/api/v1/cases"]["get"]["parameters"]}
    assert listing["state"]["schema"]["enum"] == ["open", "review", "closed"]
