"""From a draft to a signed version: filled, labelled twice, adjudicated, searched for leaks, frozen by the owner."""

import io
import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from django.conf import LazySettings
from django.utils import timezone
from numpy.typing import NDArray

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.evaluations.agreement import agreement, agreement_in, agreement_on_items
from apps.evaluations.coverage import coverage_of
from apps.evaluations.drafts import (
    DraftRefused,
    add_labelled_cases,
    add_real_cases,
    discard_draft,
    remove_case,
    start_draft,
)
from apps.evaluations.freezing import FreezeRefused, freeze, obstacles, sign_off, warnings
from apps.evaluations.label_files import read_label_file
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.labelling import (
    LabelRefused,
    Outdated,
    adjudicate,
    may_see_answers,
    opinions_on,
    save_label,
    to_label,
)
from apps.evaluations.labels import Answers, Expected
from apps.evaluations.leakage import (
    LeakNotAccepted,
    accept_leak,
    ask_for_check,
    check,
    is_checked,
    normalised,
    splits_planned,
)
from apps.evaluations.models import LabelledCase, LabelledSet, Leak
from apps.evaluations.proposals import accept, proposed, reject, waiting
from apps.evaluations.services import create_labelled_set
from apps.evaluations.tasks import check_labelled_set
from apps.prompts.content import Prompt
from apps.prompts.services import create_version as create_prompt
from apps.reviews.models import Disposition
from apps.reviews.services import approve
from apps.reviews.services import reject as reject_case
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.models import Tenant
from tests.cast import NORTHGATE, Member
from tests.evaluations.labelling import labelled, many, shop
from tests.factories import customer_service, taxonomy, waiting_case
from tests.local_models import MODEL_DIR, local_encoder

FULL = Answers(case_type="refund", urgency="normal", sentiment="neutral", decision="")


class ByWords:
    """An encoder that puts texts with the same words close together, whatever their numbers are."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        names = sorted({word for text in texts for word in normalised(text).split() if word.isalpha()})
        vectors = np.array([[word in normalised(text).split() for word in names] for text in texts], np.float32)
        return cast("NDArray[np.float32]", vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


class Apart:
    """An encoder to which no two texts are alike."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.eye(len(texts), dtype=np.float32)


def person(name: str, role: str = "operator") -> Actor:
    return Actor("person", name, name.capitalize(), role)


OLGA, SAMIR, DORA = person("olga"), person("samir", "senior_reviewer"), person("dora", "decision_owner")


@pytest.fixture
def draft(northgate: Tenant) -> LabelledSet:
    """The first draft of a shop: twenty answered cases, and one that nobody has labelled."""
    draft = start_draft(actor=SYSTEM, workflow=shop(), name="Shop cases")
    add_labelled_cases(actor=SYSTEM, draft=draft, cases=many(20), file_name="first.csv")
    LabelledCase.objects.create(
        labelled_set=draft, external_id="new", submission=labelled(77).submission.model_dump(mode="json"), given=False
    )
    return draft


def the_new(draft: LabelledSet) -> LabelledCase:
    return draft.cases.get(external_id="new")


def label(actor: Actor, draft: LabelledSet, **changes: Any) -> None:
    answers = FULL.model_copy(update=changes)
    save_label(actor=actor, case=the_new(draft), answers=answers, revision=0, complete=True)


def actions() -> list[str]:
    return list(Entry.objects.order_by("at").values_list("action", flat=True))


# --- drafts -------------------------------------------------------------------------------------------------------


def test_a_draft_begins_with_what_the_last_version_held(northgate: Tenant) -> None:
    first = create_labelled_set(actor=SYSTEM, workflow=shop(), name="First", cases=many(10))
    draft = start_draft(actor=OLGA, workflow=first.workflow)
    assert draft.based_on == first
    assert dict(draft.cases.values_list("external_id", "split")) == dict(
        first.cases.values_list("external_id", "split")
    )


def test_a_workflow_has_one_draft_at_a_time(draft: LabelledSet) -> None:
    with pytest.raises(DraftRefused, match="draft already"):
        start_draft(actor=OLGA, workflow=draft.workflow)


def test_a_case_that_is_there_stays_as_it_is(draft: LabelledSet) -> None:
    changed = labelled(3, "complaint")
    assert add_labelled_cases(actor=OLGA, draft=draft, cases=[changed], file_name="again.csv") == 0
    assert draft.cases.get(external_id="L-3").expected["case_type"] == "return"


def test_real_cases_come_without_answers(northgate: Tenant) -> None:
    case = waiting_case()
    draft = start_draft(actor=OLGA, workflow=case.workflow)
    assert add_real_cases(actor=OLGA, draft=draft, case_ids=[case.pk]) == 1
    added = draft.cases.get()
    assert (added.case, added.expected, added.given) == (case, {}, False)
    assert added.submission["text"] == case.text


def test_a_draft_can_be_discarded_and_thinned_out_and_both_are_audited(draft: LabelledSet) -> None:
    remove_case(actor=OLGA, draft=draft, external_id="L-1")
    assert draft.cases.count() == 20
    discard_draft(actor=OLGA, draft=draft)
    assert not LabelledSet.objects.exists()
    assert actions()[-2:] == ["labelled_set.case_removed", "labelled_set.discarded"]


# --- files --------------------------------------------------------------------------------------------------------


def test_a_file_brings_its_good_rows_and_names_its_bad_ones() -> None:
    rows = (
        "external_id,text,case_type,must\n"
        "a,My boots are broken,return,apologise|offer a label\n"
        "b,My boots are broken too,nonsense,\n"
        ",No id,return,\n"
    )
    read = read_label_file(io.BytesIO(rows.encode()), "labels.csv", taxonomy())
    assert [each.submission.external_id for each in read.cases] == ["a"]
    assert read.cases[0].expected.must == ("apologise", "offer a label")
    assert [line for line, _ in read.rejected] == [3, 4]
    assert "no case type" in read.rejected[0][1]


# --- labels -------------------------------------------------------------------------------------------------------


def test_one_complete_label_is_the_answer(draft: LabelledSet) -> None:
    label(OLGA, draft)
    assert Expected.model_validate(the_new(draft).expected).case_type == "refund"


def test_a_label_that_is_not_complete_is_kept_and_is_no_answer(draft: LabelledSet) -> None:
    half = Answers(case_type="refund")
    kept = save_label(actor=OLGA, case=the_new(draft), answers=half, revision=0, complete=False)
    assert (kept.revision, kept.answers["case_type"], the_new(draft).expected) == (1, "refund", {})
    with pytest.raises(LabelRefused, match="urgency, sentiment, decision"):
        save_label(actor=OLGA, case=the_new(draft), answers=half, revision=1, complete=True)


def test_an_older_window_never_covers_what_a_newer_one_saved(draft: LabelledSet) -> None:
    label(OLGA, draft)
    with pytest.raises(Outdated):
        label(OLGA, draft, case_type="return")


def test_nobody_sees_what_the_first_said_before_their_own_label(draft: LabelledSet) -> None:
    label(OLGA, draft)
    assert may_see_answers(the_new(draft), OLGA)
    assert not may_see_answers(the_new(draft), SAMIR)
    label(SAMIR, draft)
    assert may_see_answers(the_new(draft), SAMIR)


def test_each_case_is_labelled_by_two_and_then_by_nobody(draft: LabelledSet) -> None:
    assert [case.external_id for case in to_label(draft, OLGA)] == ["new"]
    label(OLGA, draft)
    assert [list(to_label(draft, each)) for each in (OLGA, SAMIR)] == [[], [the_new(draft)]]
    label(SAMIR, draft)
    assert not to_label(draft, person("third"))


def test_two_that_agree_are_one_answer_with_the_points_of_both(draft: LabelledSet) -> None:
    label(OLGA, draft, must=("apologise",))
    label(SAMIR, draft, must=("offer a label",))
    assert the_new(draft).expected["must"] == ["apologise", "offer a label"]


def test_two_that_disagree_are_no_answer_until_the_owner_decides(draft: LabelledSet) -> None:
    label(OLGA, draft)
    label(SAMIR, draft, case_type="return")
    case = the_new(draft)
    assert (case.disputed, case.expected) == (True, {})
    with pytest.raises(LabelRefused, match="decision owner"):
        adjudicate(actor=SAMIR, case=case, expected=opinions_on(case)[1].expected, note="I am right.")
    adjudicate(actor=DORA, case=case, expected=opinions_on(case)[1].expected, note="It was sent back.")
    case = the_new(draft)
    assert (case.disputed, case.expected["case_type"], case.adjudicated_name) == (False, "return", "Dora")
    assert actions()[-1] == "label.adjudicated"


def test_an_answer_that_came_with_the_case_is_never_changed_by_one_label(draft: LabelledSet) -> None:
    case = draft.cases.get(external_id="L-0")
    answers = FULL.model_copy(update={"case_type": "complaint"})
    save_label(actor=OLGA, case=case, answers=answers, revision=0, complete=True)
    case.refresh_from_db()
    assert (case.disputed, case.expected["case_type"]) == (True, "refund")


# --- agreement ----------------------------------------------------------------------------------------------------


def test_kappa_is_that_of_cohens_table() -> None:
    """20 of 50 say yes together, 15 no together; 5 and 10 differ: kappa 0.4."""
    one = ["yes"] * 25 + ["no"] * 25
    two = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    found = agreement("case_type", one, two)
    assert found.kappa == pytest.approx(0.4)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.4 < found.high
    assert (found.n, found.same) == (50, 0.7)


def test_kappa_says_nothing_where_everybody_gave_one_answer() -> None:
    found = agreement("urgency", ["normal"] * 9, ["normal"] * 9)
    assert (found.kappa, found.same) == (None, 1.0)


def test_agreement_counts_cases_with_two_labels(draft: LabelledSet) -> None:
    label(OLGA, draft)
    assert agreement_in(draft)[0].n == 0
    label(SAMIR, draft, case_type="return")
    assert [each.n for each in agreement_in(draft)] == [1] * 7
    assert agreement_in(draft)[0].same == 0


def test_kappa_of_passages_counts_each_that_anybody_named_in_each_case() -> None:
    """Four cases and three passages make twelve answers: ten agree, and five of them are yes on either side."""
    one = [("a",), ("a", "b"), ("b",), ("c",)]
    two = [("a",), ("a", "b"), ("c",), ("c",)]
    found = agreement_on_items("passages", one, two)
    assert found.n == 4
    assert found.same == pytest.approx(10 / 12)
    assert found.kappa == pytest.approx((10 / 12 - 74 / 144) / (1 - 74 / 144))
    assert found.low is not None
    assert found.low < 0.65


def test_points_agree_when_they_say_the_same_in_other_words() -> None:
    one = [("say that the refund takes five working days",), ("offer a return label",)]
    two = [("the refund takes five working days",), ("apologise for the delay",)]
    found = agreement_on_items("must", one, two)
    assert found.same == pytest.approx(4 / 6)  # of three points in two cases


def test_where_nobody_named_a_passage_there_is_no_kappa() -> None:
    found = agreement_on_items("passages", [(), ()], [(), ()])
    assert (found.kappa, found.said) == (None, "Nobody named any.")


# --- coverage -----------------------------------------------------------------------------------------------------


def test_coverage_names_the_types_that_lack_cases(northgate: Tenant) -> None:
    draft = start_draft(actor=SYSTEM, workflow=customer_service())
    add_labelled_cases(actor=SYSTEM, draft=draft, cases=many(6, ("return", "nonsense")), file_name="f.csv")
    coverage = coverage_of(draft)
    by_slug = {each.slug: each for each in coverage.strata}
    assert (by_slug["return"].cases, by_slug["return"].lacking) == (3, 17)
    assert not by_slug["nonsense"].known
    assert coverage.gaps[0] == "194 more answered cases to 200"


# --- leaks --------------------------------------------------------------------------------------------------------


def test_the_same_text_twice_is_found_whatever_its_case_and_stops(draft: LabelledSet) -> None:
    twice = [labelled(90, text="Where is my Parcel?"), labelled(91, text="where is my parcel")]
    add_labelled_cases(actor=SYSTEM, draft=draft, cases=twice, file_name="f.csv")
    found = check(labelled_set=draft, encoder=Apart())
    assert [(leak.kind, leak.external_id, leak.other) for leak in found] == [("exact", "L-90", "L-91")]


def test_nearly_the_same_text_is_found_between_splits_only(draft: LabelledSet) -> None:
    """The draft's texts differ by numbers and one or two words."""
    found = check(labelled_set=draft, encoder=ByWords())
    splits = {case.external_id: case for case in draft.cases.all()}
    assert found
    assert {leak.kind for leak in found} == {"near"}
    assert all(leak.external_id in splits and leak.other in splits for leak in found)


def test_a_holdout_text_that_an_earlier_version_trained_on_is_found(northgate: Tenant) -> None:
    first = create_labelled_set(actor=SYSTEM, workflow=shop(), name="First", cases=many(20))
    learnt = {case.submission["text"]: case.external_id for case in first.cases.filter(split="train")}
    draft = start_draft(actor=SYSTEM, workflow=first.workflow)
    draft.cases.all().delete()
    again = [labelled(100 + place, text=text) for place, text in enumerate(learnt)]
    add_labelled_cases(actor=SYSTEM, draft=draft, cases=again, file_name="copies.csv")
    held_out = {name for name, split in splits_planned(draft).items() if split == "holdout"}
    found = check(labelled_set=draft, encoder=Apart())
    assert {leak.external_id for leak in found} == held_out
    assert {(leak.kind, leak.where) for leak in found} == {("exact", "trained on in version 1")}
    assert {leak.other for leak in found} <= set(learnt.values())


def test_a_held_out_text_in_a_prompt_is_found(northgate: Tenant) -> None:
    first = create_labelled_set(actor=SYSTEM, workflow=shop(), name="First", cases=many(20))
    case = cast("LabelledCase", first.cases.filter(split="holdout").first())
    text = f"Answer as here: {case.submission['text']}"
    create_prompt(actor=SYSTEM, prompt=Prompt(slug="intake", version=1, purpose="intake", model="m", text=text))
    found = check(labelled_set=first, encoder=Apart())
    assert [(leak.kind, leak.external_id) for leak in found] == [("prompt", case.external_id)]


def test_an_acceptance_is_the_owners_has_a_reason_and_stays_while_the_texts_do(draft: LabelledSet) -> None:
    twice = [labelled(90, text="Where is my parcel?"), labelled(91, text="Where is my parcel?")]
    add_labelled_cases(actor=SYSTEM, draft=draft, cases=twice, file_name="f.csv")
    (leak,) = check(labelled_set=draft, encoder=Apart())
    for actor, reason in ((OLGA, "It is fine."), (DORA, " ")):
        with pytest.raises(LeakNotAccepted):
            accept_leak(actor=actor, leak=leak, reason=reason)
    accept_leak(actor=DORA, leak=leak, reason="Everybody writes that.")
    check(labelled_set=draft, encoder=Apart())
    assert Leak.objects.get().accepted_reason == "Everybody writes that."


def test_what_a_page_asks_for_a_worker_searches(draft: LabelledSet, settings: LazySettings) -> None:
    local_encoder()
    settings.MODEL_DIR = MODEL_DIR
    ask_for_check(actor=OLGA, labelled_set=draft)
    check_labelled_set(NORTHGATE, draft.pk)
    draft.refresh_from_db()
    assert is_checked(draft)
    assert draft.check_asked_at is None


def test_without_a_text_encoder_the_set_says_that_it_was_not_searched(
    draft: LabelledSet, settings: LazySettings, tmp_path: Path
) -> None:
    settings.MODEL_DIR = tmp_path
    ask_for_check(actor=OLGA, labelled_set=draft)
    check_labelled_set(NORTHGATE, draft.pk)
    draft.refresh_from_db()
    assert (bool(draft.check_problem), draft.check_asked_at, draft.checked_at) == (True, None, None)


def test_a_search_is_stale_once_the_set_has_changed(draft: LabelledSet) -> None:
    check(labelled_set=draft, encoder=Apart())
    draft.refresh_from_db()
    assert is_checked(draft)
    remove_case(actor=OLGA, draft=draft, external_id="L-1")
    assert not is_checked(draft)


# --- freezing -----------------------------------------------------------------------------------------------------


def test_what_stands_in_the_way_is_named(draft: LabelledSet) -> None:
    assert obstacles(draft) == [
        "1 case without a complete label.",
        "It was not searched for duplicates and leaks since it last changed.",
    ]
    with pytest.raises(FreezeRefused, match="complete label"):
        freeze(actor=DORA, draft=draft)


def test_the_owner_freezes_and_signs_a_draft_that_is_ready(draft: LabelledSet) -> None:
    label(OLGA, draft)
    check(labelled_set=draft, encoder=Apart())
    with pytest.raises(FreezeRefused, match="decision owner"):
        freeze(actor=OLGA, draft=draft)
    version = freeze(actor=DORA, draft=draft, note="Good enough to begin with.")
    assert (version.version, version.state, version.signed_off_name) == (1, "frozen", "Dora")
    assert current_frozen(version.workflow) == version
    assert set(version.cases.values_list("split", flat=True)) == {"train", "calibration", "holdout"}
    assert actions()[-2:] == ["labelled_set.frozen", "labelled_set.signed_off"]
    with pytest.raises(DraftRefused, match="frozen"):
        remove_case(actor=OLGA, draft=version, external_id="L-1")


def test_freezing_too_few_cases_warns_and_the_log_keeps_the_warning(draft: LabelledSet) -> None:
    said = warnings(draft)
    assert said[0].startswith("Only 20 cases of the 200 that a set should have")
    assert "no release can be promoted" in said[1]
    label(OLGA, draft)
    check(labelled_set=draft, encoder=Apart())
    freeze(actor=DORA, draft=draft)
    frozen = json.loads(bytes(Entry.objects.get(action="labelled_set.frozen").bytes))
    assert len(frozen["after"]["warned"]) == 2


def test_a_version_that_came_frozen_is_signed_after_its_search_and_once(northgate: Tenant) -> None:
    version = create_labelled_set(actor=SYSTEM, workflow=shop(), name="First", cases=many(20))
    with pytest.raises(FreezeRefused, match="searched"):
        sign_off(actor=DORA, labelled_set=version)
    check(labelled_set=version, encoder=Apart())
    sign_off(actor=DORA, labelled_set=version)
    assert current_frozen(version.workflow) == version
    with pytest.raises(FreezeRefused, match="only once"):
        sign_off(actor=DORA, labelled_set=version)


# --- proposals ----------------------------------------------------------------------------------------------------


@pytest.fixture
def decided(operator: Member) -> Disposition:
    """A case that an operator edited and approved a while ago."""
    case = waiting_case(ungrounded=False)
    made = approve(
        actor=operator.actor, case_id=case.pk, revision=1, edits={0: "Hello, and sorry."}, reason_code="tone"
    )
    Disposition.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    return made


def test_an_edit_proposes_a_label_with_what_was_added_and_struck_out(decided: Disposition) -> None:
    (each,) = proposed(list(waiting(decided.case.workflow)))
    assert each.expected.case_type == "return"
    assert each.expected.must == ("Hello, and sorry.",)
    assert len(each.expected.must_not) == 1
    assert each.expected.passages
    assert "tone" in each.why


def test_a_rejection_proposes_a_case_for_a_person_to_label(operator: Member) -> None:
    case = waiting_case(ungrounded=False)
    made = reject_case(actor=operator.actor, case_id=case.pk, revision=1, reason_code="wrong_decision")
    Disposition.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    (each,) = proposed(list(waiting(case.workflow)))
    assert (each.open, each.expected.decision, each.expected.passages) == (True, None, ())
    assert "rejected the draft: wrong decision" in each.why
    draft = start_draft(actor=SYSTEM, workflow=case.workflow)
    assert accept(actor=OLGA, draft=draft, dispositions=[made]) == 1
    assert (draft.cases.get().expected, draft.cases.get().given) == ({}, False)
    assert [each.case_id for each in to_label(draft, OLGA)] == [case.pk]


def test_an_accepted_proposal_is_in_the_draft_and_waits_no_more(decided: Disposition) -> None:
    draft = start_draft(actor=SYSTEM, workflow=decided.case.workflow)
    assert accept(actor=OLGA, draft=draft, dispositions=[decided]) == 1
    case = draft.cases.get()
    assert (case.source, case.expected["case_type"], case.case_id) == ("disposition", "return", decided.case_id)
    assert not waiting(draft.workflow)
    assert accept(actor=OLGA, draft=draft, dispositions=[decided]) == 0


def test_a_rejected_proposal_is_not_made_again(decided: Disposition) -> None:
    assert reject(actor=OLGA, workflow=decided.case.workflow, dispositions=[decided], reason="Odd.") == 1
    assert not waiting(decided.case.workflow)
    assert actions()[-1] == "label.proposal_rejected"


def test_a_decision_that_can_still_be_undone_proposes_nothing(operator: Member) -> None:
    case = waiting_case(ungrounded=False)
    approve(actor=operator.actor, case_id=case.pk, revision=1)
    assert not waiting(Case.objects.get().workflow)
