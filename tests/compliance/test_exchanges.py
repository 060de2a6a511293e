"""What models were asked for a case: named in the log, built again byte for byte, asked again, and forgotten."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection, transaction

from apps.audit.commitments import destroy_key
from apps.audit.models import Entry
from apps.audit.reads import reads_of
from apps.cases.admission import admit
from apps.cases.models import Case, Step
from apps.cases.processing import work_queue
from apps.compliance.kept_calls import calls_of
from apps.compliance.reconstruct import Reconstruction, reconstruct
from apps.compliance.rerun import Refused, compare_rerun, rerun
from apps.inference.budgets import set_daily_budget
from apps.inference.fake.server import FakeAnthropic
from apps.inference.models import Exchange
from apps.prompts.content import Prompt
from apps.prompts.models import PromptVersion
from apps.prompts.services import create_version
from apps.tenants.actors import SYSTEM
from apps.tenants.backend.owner import as_owner
from apps.tenants.schemas import in_schema
from apps.workflows.models import Workflow
from tests.cases.world import shop_system, submission, workflow  # noqa: F401
from tests.cast import NORTHGATE, Member
from tests.charters import actor
from tests.evaluations.small_set import release_with

pytestmark = pytest.mark.django_db(transaction=True)
ROUTE = "anthropic:claude-haiku-4-5"
UNFIT = {"claims": [{"text": "We pay 9,999 EUR.", "kind": "statement", "citations": []}], "reasoning": "", "certainty": "certain", "decision": "refund"}  # fmt: skip  # noqa: E501


@pytest.fixture(autouse=True)
def no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.cases.hints.send", lambda *_: None)


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake:
        settings.ANTHROPIC_BASE_URL = fake.url
        settings.ANTHROPIC_API_KEY = "a-key"
        yield fake


@pytest.fixture
def case(workflow: Workflow, provider: FakeAnthropic) -> Case:  # noqa: F811
    """A case whose draft a hosted model wrote, in two goes: its first answer was not grounded."""
    provider.reply_with(UNFIT)
    return worked(workflow, action={"route": ROUTE})


def worked(workflow: Workflow, **parts: dict[str, Any]) -> Case:  # noqa: F811
    made = admit(actor=SYSTEM, workflow=workflow, submission=submission(), region="EU")
    if parts:
        Case.objects.filter(pk=made.case_id).update(release=release_with(workflow, "", **parts))
    for queue in ("quick", "model", "quick"):
        work_queue(queue)
    return Case.objects.get(pk=made.case_id)


def facts(case: Case, action: str) -> list[dict[str, Any]]:
    entries = Entry.objects.filter(case_id=case.pk, action=action).order_by("at")
    return [json.loads(bytes(entry.bytes)) for entry in entries]


def result(case: Case, layer: str) -> Any:
    return Step.objects.get(case=case, layer=layer).result


def test_the_layer_s_entry_names_every_exchange_that_it_took(case: Case) -> None:
    exchanges = list(Exchange.objects.filter(case_id=case.pk))
    (entry,) = facts(case, "case.action")
    assert entry["exchanges"] == [str(each.pk) for each in exchanges]
    assert entry["fingerprints"] == [each.fingerprints() for each in exchanges]
    assert len(exchanges) == 2
    assert [each["exchanges"] for each in facts(case, "model.asked")] == [[str(each.pk)] for each in exchanges]
    assert not any("exchanges" in each for layer in ("intake", "context") for each in facts(case, f"case.{layer}"))


def test_each_layer_of_a_case_is_run_again_to_the_same_requests_and_the_same_result(
    case: Case, provider: FakeAnthropic
) -> None:
    sent = len(provider.requests)
    again = {layer: reconstruct(case, layer) for layer in ("intake", "context", "action", "review")}
    assert {layer: each.proved for layer, each in again.items()} == dict.fromkeys(again, True)
    assert [call.proved for call in again["action"].calls] == [True, True]
    assert again["context"].retrieval
    assert [place.same for place in again["context"].retrieval.places]
    assert len(provider.requests) == sent


def test_a_case_of_local_models_alone_is_run_again_as_well(workflow: Workflow) -> None:  # noqa: F811
    case = worked(workflow)
    assert all(reconstruct(case, layer).proved for layer in ("intake", "context", "action", "review"))
    assert not Exchange.objects.exists()


def test_an_intake_that_asked_a_model_names_it_and_is_built_again(
    workflow: Workflow,  # noqa: F811
    provider: FakeAnthropic,
) -> None:
    prompt = prompted("intake")
    made = admit(actor=SYSTEM, workflow=workflow, submission=submission(text="Hello, about my tent."), region="EU")
    release = release_with(workflow, intake={"route": ROUTE, "prompt": prompt.sha256})
    Case.objects.filter(pk=made.case_id).update(release=release)
    for queue in ("quick", "model", "quick"):
        work_queue(queue)
    case = Case.objects.get(pk=made.case_id)
    (entry,) = facts(case, "case.intake")
    assert entry["exchanges"] == [str(Exchange.objects.get(purpose="intake").pk)]
    assert reconstruct(case, "intake").proved


def prompted(purpose: str) -> PromptVersion:
    prompt = Prompt(slug=purpose, version=1, purpose=purpose, model=ROUTE, text="Read the case with care.")
    return create_version(actor=SYSTEM, prompt=prompt)


def difference(made: Reconstruction) -> tuple[str, str]:
    (call,) = [call for call in made.calls if call.difference]
    assert call.difference
    return call.difference.before, call.difference.after


def test_a_case_whose_words_were_changed_shows_where_the_request_parts(case: Case) -> None:
    Case.objects.filter(pk=case.pk).update(text=case.text.replace("refund", "Refund"))
    made = reconstruct(Case.objects.get(pk=case.pk), "action")
    assert not made.proved
    assert "No request with these bytes" in made.stopped
    before, after = difference(made)
    assert before != after


def tamper(case: Case, layer: str, **changes: Any) -> None:
    """Change a stored result as only the owner of the database can."""
    changed = {**result(case, layer), **changes}
    with as_owner(), in_schema(NORTHGATE), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE cases_step DISABLE TRIGGER refuse_change")
        Step.objects.filter(case=case, layer=layer).update(result=changed)


def test_a_stored_result_that_was_changed_shows_where_it_parts_and_a_passage_at_which_place(case: Case) -> None:
    tamper(case, "action", confidence=0.99)
    made = reconstruct(case, "action")
    assert all(call.proved for call in made.calls)
    assert made.difference
    assert made.difference.before.startswith("99")

    tamper(case, "context", passages=list(reversed(result(case, "context")["passages"])))
    again = reconstruct(case, "context").retrieval
    assert again
    assert again.first
    assert again.first.number == 1


def test_asked_again_a_model_is_compared_word_by_word_and_the_case_stays_as_it_is(
    case: Case, provider: FakeAnthropic, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (Case.objects.values().get(pk=case.pk), result(case, "action"))
    counted = set(Exchange.objects.filter(outcome__in=Exchange.REPLAYED).values_list("pk", flat=True))
    provider.reply_with(UNFIT | {"reasoning": "Because."})
    officer = actor("compliance_officer")

    rerun(actor=officer, case=case, layer="action", reason="The customer asks whether it was chance.")

    compared = compare_rerun(case, "action")
    assert compared
    assert not compared.stopped
    words = [piece.text for row in compared.rows for piece in row.after if piece.changed]
    assert "Because" in "".join(words)
    assert (Case.objects.values().get(pk=case.pk), result(case, "action")) == before
    assert set(Exchange.objects.filter(outcome__in=Exchange.REPLAYED).values_list("pk", flat=True)) == counted
    (asked,), (answered,) = facts(case, "case.rerun_asked"), facts(case, "case.rerun")
    assert asked["actor"]["id"] == officer.id
    assert asked["reason"] == "The customer asks whether it was chance."
    reruns = Exchange.objects.filter(outcome="rerun").values_list("pk", flat=True)
    assert answered["exchanges"] == [str(each) for each in reruns]
    assert reconstruct(case, "action").proved


def test_nothing_is_asked_again_without_a_reason_a_right_or_money(case: Case, provider: FakeAnthropic) -> None:
    sent, officer = len(provider.requests), actor("compliance_officer")
    with pytest.raises(Refused, match="Say why"):
        rerun(actor=officer, case=case, layer="action", reason=" ")
    with pytest.raises(Refused, match="Your role"):
        rerun(actor=actor("auditor"), case=case, layer="action", reason="To see.")
    with pytest.raises(Refused, match="No hosted model"):
        rerun(actor=officer, case=case, layer="intake", reason="To see.")
    set_daily_budget(actor=actor("tenant_admin"), per_day=0, reason="The month is over.")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="budget"):
        rerun(actor=officer, case=case, layer="action", reason="To see.")
    assert len(provider.requests) == sent


def test_the_page_shows_what_was_asked_and_proves_it(case: Case, compliance_officer: Member) -> None:
    page = text_of(compliance_officer, case)
    assert "agree with the fingerprints in the log" in page
    assert "What was asked" in page
    assert "All 2 requests were built again" in text_of(compliance_officer, case, "?layer=action")
    assert "in the same order" in text_of(compliance_officer, case, "?layer=context")
    assert "has not been asked again" in text_of(compliance_officer, case, "?rerun=action")
    posted = compliance_officer.post(
        f"/cases/{case.number}/exchanges/rerun/", {"layer": "action", "reason": "To compare."}, follow=True
    )
    assert "The model was asked again" in posted.content.decode()


def test_looking_at_what_was_asked_is_in_the_log(case: Case, compliance_officer: Member) -> None:
    compliance_officer.get(f"/cases/{case.number}/exchanges/")
    (look,) = reads_of(case.pk)
    assert look.actor == f"person:{compliance_officer.user.pk}"


def test_whoever_may_look_and_not_ask_is_told_so(case: Case, auditor: Member, operator: Member) -> None:
    assert "takes somebody who may export" in text_of(auditor, case, "?rerun=action")
    refused = auditor.post(
        f"/cases/{case.number}/exchanges/rerun/", {"layer": "action", "reason": "To see."}, follow=True
    )
    assert "Your role may look" in refused.content.decode()
    assert operator.get(f"/cases/{case.number}/exchanges/").status_code == 403


def test_after_an_erasure_the_page_says_what_is_gone_and_still_proves_the_sealed_bytes(
    case: Case, compliance_officer: Member
) -> None:
    assert "Kind regards" in text_of(compliance_officer, case)
    destroy_key(actor=SYSTEM, subject=case.subject_id, reason="Asked for it.")
    page = text_of(compliance_officer, case, "?layer=action&rerun=action")
    assert "cannot be read by anyone any more" in page
    assert "all 2 calls have the hashes that the log names" in page
    assert "Kind regards" not in page
    assert [(call.logged, call.words_agree, call.request) for call in calls_of(case)] == [(True, None, "")] * 2

    with connection.cursor() as cursor:
        cursor.execute("UPDATE inference_exchange SET response = request WHERE case_id = %s", [case.pk])
    assert "not as the log says" in text_of(compliance_officer, case)


def text_of(member: Member, case: Case, query: str = "") -> str:
    response = member.get(f"/cases/{case.number}/exchanges/{query}")
    assert response.status_code == 200
    return " ".join(response.content.decode().split())
