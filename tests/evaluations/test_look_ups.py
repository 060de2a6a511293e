"""What a system of record said when people decided is what evaluations are told, whatever the record says today."""

from datetime import date
from typing import Any

import pytest

from apps.cases.admission import admit
from apps.cases.loading import load
from apps.cases.models import Case
from apps.cases.processing import work_queue
from apps.evaluations.batches import Batch
from apps.evaluations.drafts import add_real_cases, start_draft
from apps.evaluations.labels import Expected
from apps.evaluations.memory import look_up_key_of
from apps.evaluations.models import LabelledCase, Remembered
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from tests.cases.world import shop_system, submission, workflow  # noqa: F401
from tests.local_models import local_encoder

pytestmark = pytest.mark.django_db(transaction=True)


def labelled_case(workflow: Workflow, monkeypatch: pytest.MonkeyPatch, **fields: Any) -> LabelledCase:  # noqa: F811
    """A case that the machine has worked, as it stands in a draft."""
    monkeypatch.setattr("apps.cases.hints.send", lambda *_: None)
    admitted = admit(actor=SYSTEM, workflow=workflow, submission=submission(**fields), region="EU")
    work_queue("quick")
    draft = start_draft(actor=SYSTEM, workflow=workflow)
    add_real_cases(actor=SYSTEM, draft=draft, case_ids=[admitted.case_id])
    row = draft.cases.get()
    row.expected = Expected(case_type="refund", decision="refund").model_dump(mode="json")
    return row


def nobody_asks(*_: str) -> None:
    raise AssertionError("The system of record was asked.")


def test_a_real_case_is_evaluated_with_what_was_known_when_it_was_decided(
    workflow: Workflow,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    row = labelled_case(workflow, monkeypatch)
    monkeypatch.setattr("apps.cases.ports.look_up", nobody_asks)
    case = Case.objects.get()
    (outcome,) = Batch(load(case.release_id), local_encoder(), date(2026, 11, 1), "EU").evaluate([row])
    assert outcome.result.decision == case.decision == "refund"


def test_what_was_recorded_is_each_systems_own_part(
    workflow: Workflow,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labelled_case(workflow, monkeypatch)
    recorded = [set(each.result["facts"]) for each in Remembered.objects.filter(layer="fact").order_by("pk")]
    sender, order = sorted(recorded, key=lambda names: "order.total" in names)
    assert all(name.startswith("customer.") for name in sender)
    assert "customer.id" in order
    assert not [name for name in order if name.startswith("customer.") and name != "customer.id"]


def test_of_a_record_that_was_not_certain_nothing_is_kept(
    workflow: Workflow,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labelled_case(workflow, monkeypatch, text="Where is my refund for order 88-10001 or 88-10002?")
    assert [set(each.result["facts"]) for each in Remembered.objects.all()] == [
        {name for each in Remembered.objects.all() for name in each.result["facts"] if name.startswith("customer.")}
    ]


def test_a_look_up_is_known_by_the_cases_content_and_outlasts_a_change_of_method(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = look_up_key_of("a-question", "shop", "order", "88-10001")
    monkeypatch.setattr("apps.evaluations.memory.METHOD", 99)
    assert look_up_key_of("a-question", "shop", "order", "88-10001") == before
