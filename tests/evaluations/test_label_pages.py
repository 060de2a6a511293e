"""The workbench in the browser: who may do what, and what each page says."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.audit.models import Entry
from apps.evaluations.drafts import add_labelled_cases, add_real_cases, start_draft
from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.leakage import check
from apps.evaluations.models import HoldoutLook, Label, LabelledCase, LabelledSet
from apps.evaluations.services import create_labelled_set
from apps.reviews.models import Disposition
from apps.reviews.services import approve
from apps.tenants.actors import SYSTEM
from tests.cast import Member
from tests.evaluations.labelling import many
from tests.evaluations.test_label_services import Apart
from tests.factories import customer_service, waiting_case

ANSWERS = {"case_type": "return", "urgency": "normal", "sentiment": "neutral", "decision": "none"}


@pytest.fixture
def draft(operator: Member) -> LabelledSet:
    case = waiting_case()
    draft = start_draft(actor=SYSTEM, workflow=case.workflow, name="Mail of the autumn")
    add_real_cases(actor=SYSTEM, draft=draft, case_ids=[case.pk])
    return draft


@pytest.fixture
def version(operator: Member) -> LabelledSet:
    cases = [Labelled(each.submission, Expected(case_type="return"), ()) for each in many(10)]
    return create_labelled_set(actor=SYSTEM, workflow=customer_service(), name="First", cases=cases)


def address(labelled_set: LabelledSet, rest: str = "") -> str:
    return f"/labelled-sets/{labelled_set.pk}/{rest}"


def the_case(draft: LabelledSet) -> LabelledCase:
    return draft.cases.get()


def text_of(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined,no-any-return]


def test_the_list_teaches_what_a_set_is_for_until_there_is_one(consultant: Member) -> None:
    customer_service()
    assert "the gate lets nothing through" in text_of(consultant.get("/labelled-sets/"))


def test_the_consultant_starts_a_draft_and_the_operator_may_not(consultant: Member, operator: Member) -> None:
    workflow = customer_service()
    assert operator.post(f"/labelled-sets/drafts/{workflow.slug}/new/").status_code == 403
    consultant.post(f"/labelled-sets/drafts/{workflow.slug}/new/")
    assert LabelledSet.objects.get().state == "draft"


def test_the_overview_shows_strata_agreement_and_what_stands_in_the_way(draft: LabelledSet, auditor: Member) -> None:
    shown = text_of(auditor.get(address(draft)))
    assert "without a complete label" in shown
    assert "No case has two labels yet" in shown
    assert "20 short" in shown


def test_labelling_shows_the_case_and_asks_without_answering(draft: LabelledSet, operator: Member) -> None:
    response = operator.get(address(draft, "label/"), follow=True)
    shown = text_of(response)
    assert the_case(draft).submission["text"].splitlines()[2] in shown
    assert " checked>" not in shown


def test_what_is_saved_comes_back_with_its_revision(draft: LabelledSet, operator: Member) -> None:
    where = address(draft, f"label/{the_case(draft).pk}/save/")
    saved = operator.post(where, {"case_type": "return", "revision": "0"}, headers={"Accept": "application/json"})
    assert json.loads(saved.content) == {"revision": 1}
    shown = text_of(operator.get(address(draft, f"label/{the_case(draft).pk}/")))
    assert 'value="return" required checked' in shown


def test_an_older_window_is_told_so(draft: LabelledSet, operator: Member) -> None:
    where = address(draft, f"label/{the_case(draft).pk}/save/")
    for _ in range(2):
        response = operator.post(where, {**ANSWERS, "revision": "0"}, headers={"Accept": "application/json"})
    assert response.status_code == 409
    assert "another window" in json.loads(response.content)["problem"]


def test_a_decision_of_another_type_is_refused(draft: LabelledSet, operator: Member) -> None:
    where = address(draft, f"label/{the_case(draft).pk}/save/")
    wrong = {**ANSWERS, "decision": "refund_status/anything", "revision": "0", "do": "complete"}
    response = operator.post(where, wrong)
    assert response.status_code == 400
    assert "another case type" in text_of(response)


def test_without_scripts_a_complete_label_leads_to_the_next(draft: LabelledSet, operator: Member) -> None:
    where = address(draft, f"label/{the_case(draft).pk}/save/")
    response = operator.post(where, {**ANSWERS, "revision": "0", "do": "complete"}, follow=True)
    assert "nothing left for you to label" in text_of(response)
    assert Label.objects.get().completed_at


def test_the_second_labeller_sees_nothing_of_the_first(
    draft: LabelledSet, operator: Member, senior_reviewer: Member
) -> None:
    case = the_case(draft)
    first = {**ANSWERS, "must": "Say that Mrs Quill called", "revision": "0", "do": "complete"}
    operator.post(address(draft, f"label/{case.pk}/save/"), first)
    shown = text_of(senior_reviewer.get(address(draft, f"label/{case.pk}/")))
    assert "Quill" not in shown
    assert " checked>" not in shown
    listed = text_of(senior_reviewer.get(address(draft, "cases/")))
    assert '<td data-label="Type">–</td>' in listed


def label_differently(draft: LabelledSet, one: Member, other: Member) -> LabelledCase:
    case = the_case(draft)
    for member, urgency in ((one, "normal"), (other, "high")):
        answers = {**ANSWERS, "urgency": urgency, "revision": "0", "do": "complete"}
        member.post(address(draft, f"label/{case.pk}/save/"), answers)
    return case


def test_the_owner_decides_between_two_labels(
    draft: LabelledSet, operator: Member, senior_reviewer: Member, decision_owner: Member
) -> None:
    case = label_differently(draft, operator, senior_reviewer)
    assert "They differ in urgency" in text_of(decision_owner.get(address(draft, f"label/{case.pk}/")))
    where = address(draft, f"label/{case.pk}/adjudicate/")
    assert operator.post(where, {"opinion": "1", "note": "x"}).status_code == 403
    decision_owner.post(where, {"opinion": "1", "note": "A customer without shoes cannot wait."})
    assert the_case(draft).expected["urgency"] == "high"


def test_the_owner_gives_a_third_answer_where_neither_label_is_right(
    draft: LabelledSet, operator: Member, senior_reviewer: Member, decision_owner: Member
) -> None:
    case = label_differently(draft, operator, senior_reviewer)
    assert "Neither of the labels is right" in text_of(decision_owner.get(address(draft, f"label/{case.pk}/")))
    assert "Neither of the labels is right" not in text_of(operator.get(address(draft, f"label/{case.pk}/")))
    where = address(draft, f"label/{case.pk}/adjudicate/")
    own = {**ANSWERS, "urgency": "low", "opinion": "own", "note": "It can wait until the thaw."}
    assert "Still open: urgency" in text_of(decision_owner.post(where, {**own, "urgency": ""}))
    assert the_case(draft).expected == {}
    decision_owner.post(where, own)
    settled = the_case(draft)
    assert (settled.expected["urgency"], settled.disputed, settled.adjudication_note) == (
        "low",
        False,
        "It can wait until the thaw.",
    )


def test_a_holdout_case_is_shown_only_after_its_look_was_counted(version: LabelledSet, operator: Member) -> None:
    held_out = version.cases.filter(split="holdout")[0]
    words = held_out.submission["text"]
    assert words not in text_of(operator.get(address(version, "cases/")))
    assert words not in text_of(operator.get(address(version, f"label/{held_out.pk}/")))
    assert not HoldoutLook.objects.exists()
    assert words in text_of(operator.post(address(version, f"label/{held_out.pk}/look/")))
    assert HoldoutLook.objects.get().external_id == held_out.external_id
    assert Entry.objects.order_by("at").values_list("action", flat=True).last() == "holdout.looked"
    assert "<strong>1</strong> look" in text_of(operator.get(address(version)))


def test_the_words_of_holdout_cases_are_not_searched(version: LabelledSet, operator: Member) -> None:
    held_out = version.cases.filter(split="holdout")[0]
    words = held_out.submission["text"][:24]
    assert held_out.external_id not in text_of(operator.get(address(version, "cases/"), {"q": words}))


def test_the_owner_signs_a_version_and_others_may_not(
    version: LabelledSet, decision_owner: Member, consultant: Member
) -> None:
    check(labelled_set=version, encoder=Apart())
    assert consultant.post(address(version, "freeze/")).status_code == 403
    shown = text_of(decision_owner.post(address(version, "freeze/"), {"note": "Fine."}, follow=True))
    assert "Version 1 is signed" in shown
    assert "“Fine.”" in shown


def test_what_stands_in_the_way_is_said_when_signing_is_forced(version: LabelledSet, decision_owner: Member) -> None:
    shown = text_of(decision_owner.post(address(version, "freeze/"), follow=True))
    assert "Not signed: It was not searched" in shown


def test_cases_are_found_and_added(consultant: Member) -> None:
    case = waiting_case(title="A very rare tent")
    draft = start_draft(actor=SYSTEM, workflow=case.workflow)
    assert "A very rare tent" in text_of(consultant.get(address(draft, "add/"), {"q": "rare"}))
    consultant.post(address(draft, "add/"), {"case": [str(case.pk), "nonsense"]})
    assert draft.cases.get().case == case


def test_a_file_is_added_and_its_bad_rows_are_named(draft: LabelledSet, consultant: Member) -> None:
    rows = "external_id,text,case_type\na,Boots broken,return\nb,Boots broken,nonsense\n"
    file = SimpleUploadedFile("labels.csv", rows.encode())
    shown = text_of(consultant.post(address(draft, "add/file/"), {"file": file}))
    assert "1 added" in shown
    assert "“nonsense” is no case type" in shown


def test_proposals_are_previewed_before_they_are_taken(consultant: Member, operator: Member) -> None:
    case = waiting_case(ungrounded=False, title="Boots that split")
    draft = start_draft(actor=SYSTEM, workflow=case.workflow)
    assert "No decision waits" in text_of(consultant.get(address(draft, "proposals/")))
    decided = approve(actor=operator.actor, case_id=case.pk, revision=1)
    Disposition.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    assert "Boots that split" in text_of(consultant.get(address(draft, "proposals/")))
    chosen = {"disposition": [str(decided.pk)]}
    assert "nothing is done yet" in text_of(consultant.post(address(draft, "proposals/"), chosen))
    assert not draft.cases.exists()
    consultant.post(address(draft, "proposals/"), {**chosen, "do": "accept"})
    assert draft.cases.get().case == case


def test_a_frozen_version_has_no_way_to_add(version: LabelledSet, consultant: Member) -> None:
    assert consultant.get(address(version, "add/")).status_code == 404
    assert consultant.get(address(version, "label/")).status_code in {403, 404}


def test_a_case_taken_out_is_gone(draft: LabelledSet, consultant: Member) -> None:
    add_labelled_cases(actor=SYSTEM, draft=draft, cases=many(3), file_name="f.csv")
    case = draft.cases.get(external_id="L-1")
    consultant.post(address(draft, f"remove/{case.pk}/"))
    assert not draft.cases.filter(external_id="L-1").exists()
