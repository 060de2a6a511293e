from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.reviews import assignments, bulk, calendars
from apps.reviews.models import Absence, Assignment, BulkAction, Disposition, Reviewer
from apps.reviews.queue import Selection, page
from apps.reviews.refusals import Refused
from apps.reviews.saved import filters_of, remove_filter, save_filter
from apps.reviews.services import reject
from apps.tenants.models import Membership
from tests.factories import waiting_case


def text_of(response) -> str:
    return unescape(response.content.decode())


def membership(who) -> Membership:
    return Membership.objects.select_related("user").get(user=who.user)


def safe(**changes):
    """A case that may be approved unread."""
    return waiting_case(ungrounded=False, rule="drafted_lane", **changes)


def order(kind, **fields) -> bulk.Order:
    return bulk.Order(bulk.Kind(kind), **fields)


def numbers(outcomes) -> dict[str, bool]:
    return {each.number: not each.problem for each in outcomes}


def test_a_preview_says_what_would_happen_to_each_and_changes_nothing(senior_reviewer):
    good, weighty = safe(), waiting_case(ungrounded=True)
    outcomes = bulk.preview(actor=senior_reviewer.actor, order=order("approve"), cases=[good, weighty])
    assert numbers(outcomes) == {good.number: True, weighty.number: False}
    assert "Send a free return label" in next(each.says for each in outcomes if not each.problem)
    assert "has no source" in next(each.problem for each in outcomes if each.problem)
    assert not Disposition.objects.exists()
    assert not Assignment.objects.exists()


def test_the_deed_keeps_what_the_preview_said_and_is_one_entry_that_names_its_cases(senior_reviewer):
    cases = [safe(), safe(), waiting_case(reserved=True)]
    said = numbers(bulk.preview(actor=senior_reviewer.actor, order=order("approve"), cases=cases))
    action = bulk.act(actor=senior_reviewer.actor, order=order("approve"), cases=cases)
    assert {each["number"] for each in action.done} == {number for number, possible in said.items() if possible}
    assert [each["number"] for each in action.refused] == [cases[2].number]
    entry = Entry.objects.get(action="bulk.approve")
    assert all(str(case.pk).encode() in bytes(entry.bytes) for case in cases)
    assert Disposition.objects.count() == 2


def test_many_are_undone_as_one(senior_reviewer):
    cases = [safe(), safe()]
    action = bulk.act(actor=senior_reviewer.actor, order=order("approve"), cases=cases)
    assert bulk.undo(actor=senior_reviewer.actor, bulk_id=action.pk) == []
    assert {each.state for each in map(refreshed, cases)} == {"review"}
    assert Entry.objects.filter(action="bulk.undone").count() == 1
    assert assignments.take_next(actor=senior_reviewer.actor, selection=Selection())
    with pytest.raises(Refused, match="nothing of yours"):
        bulk.undo(actor=senior_reviewer.actor, bulk_id=action.pk)


def refreshed(case):
    case.refresh_from_db()
    return case


def test_what_has_gone_on_since_stays_and_is_named(senior_reviewer, operator):
    first, second = waiting_case(), waiting_case()
    action = bulk.act(
        actor=senior_reviewer.actor, order=order("reassign", to=membership(operator)), cases=[first, second]
    )
    reject(actor=operator.actor, case_id=first.pk, revision=1, reason_code="tone")
    stayed = bulk.undo(actor=senior_reviewer.actor, bulk_id=action.pk)
    assert [each.number for each in stayed] == [first.number]
    assert not Assignment.objects.exists()


def test_nobody_undoes_anothers(senior_reviewer, operator):
    action = bulk.act(actor=senior_reviewer.actor, order=order("approve"), cases=[safe()])
    with pytest.raises(Refused):
        bulk.undo(actor=operator.actor, bulk_id=action.pk)


def test_a_case_that_somebody_holds_is_left_to_them(senior_reviewer, operator):
    held, free = safe(), safe()
    assignments.take(actor=operator.actor, case_id=held.pk)
    action = bulk.act(actor=senior_reviewer.actor, order=order("approve"), cases=[held, free])
    assert [each["number"] for each in action.done] == [free.number]
    assert "Olga Brandt" in action.refused[0]["says"]


def test_cases_are_shared_out_evenly_among_those_who_can(senior_reviewer, operator):
    cases = [waiting_case(customer="C-7"), *[waiting_case() for _ in range(5)]]
    Reviewer.objects.create(person_id=operator.actor.id, conflicts=["C-7"])
    action = bulk.act(actor=senior_reviewer.actor, order=order("share_out"), cases=cases)
    given = [each.holder_name for each in Assignment.objects.all()]
    assert len(action.done) == 6
    assert sorted(given) == ["Olga Brandt"] * 3 + ["Samir Haddad"] * 3
    assert Assignment.objects.get(case=cases[0]).holder_name == "Samir Haddad"


def test_a_full_desk_is_given_no_more(senior_reviewer, operator):
    for who in (senior_reviewer, operator):
        Reviewer.objects.create(person_id=who.actor.id, most_held=1)
    action = bulk.act(actor=senior_reviewer.actor, order=order("share_out"), cases=[waiting_case() for _ in range(3)])
    assert len(action.done) == 2
    assert "as many as they may have" in action.refused[0]["says"]


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [
        ("reassign", {}, "Choose who gets them"),
        ("escalate", {"role": "senior_reviewer"}, "Write what"),
        ("escalate", {"role": "auditor", "rationale": "Look."}, "Choose who should decide"),
    ],
)
def test_what_has_not_been_said_is_asked_for(senior_reviewer, kind, fields, says):
    with pytest.raises(Refused, match=says):
        bulk.act(actor=senior_reviewer.actor, order=order(kind, **fields), cases=[waiting_case()])


def test_there_is_a_limit_and_a_role(senior_reviewer, operator, auditor, monkeypatch):
    monkeypatch.setattr(bulk, "LARGEST", 1)
    with pytest.raises(Refused, match="At most 1 cases"):
        bulk.act(actor=senior_reviewer.actor, order=order("approve"), cases=[safe(), safe()])
    for who, kind in ((operator, "reassign"), (auditor, "approve")):
        with pytest.raises(Refused, match="Your role"):
            bulk.act(actor=who.actor, order=order(kind), cases=[safe()])


def test_the_pages_lead_from_the_ticked_cases_to_the_undo(senior_reviewer):
    case, other = waiting_case(), waiting_case()
    asked = senior_reviewer.post("/review/many/preview/", {"kind": "escalate", "case": [case.pk, other.pk]})
    assert "What should they look at?" in text_of(asked)
    fields = {"kind": "escalate", "case": [case.pk, other.pk], "role": "decision_owner", "rationale": "Same fault?"}
    shown = senior_reviewer.post("/review/many/preview/", {**fields, "previewed": "1"})
    assert "2 of 2 can be done" in text_of(shown)
    done = senior_reviewer.post("/review/many/preview/", {**fields, "previewed": "1", "do": "1"}, follow=True)
    assert "Goes to the decision owner." in text_of(done)
    assert "Undo all" in text_of(done)
    action = BulkAction.objects.get()
    back = senior_reviewer.post(f"/review/many/{action.pk}/undo/", follow=True)
    assert "It is taken back." in text_of(back)
    assert "taken back" in text_of(senior_reviewer.get("/review/many/"))
    assert refreshed(case).escalated_to == ""


def test_all_of_a_filter_are_taken_at_once(senior_reviewer):
    wanted = [safe(case_type="cancel"), safe(case_type="cancel")]
    safe()
    shown = senior_reviewer.post("/review/many/preview/?case_type=cancel", {"kind": "approve", "all": "1"})
    assert {case.pk for case in shown.context["cases"]} == {case.pk for case in wanted}


def test_many_are_snoozed_and_fetched_back_as_one(senior_reviewer):
    cases, until = [waiting_case(), waiting_case()], timezone.now() + timedelta(days=2)
    action = bulk.act(
        actor=senior_reviewer.actor, order=order("snooze", until=until, rationale="The new catalogue."), cases=cases
    )
    assert "Leaves the queue until" in action.done[0]["says"]
    assert page(Selection(), senior_reviewer.actor).cases == []
    assert bulk.undo(actor=senior_reviewer.actor, bulk_id=action.pk) == []
    assert set(page(Selection(), senior_reviewer.actor).cases) == set(cases)


def test_a_snooze_has_an_end_and_a_note(senior_reviewer):
    case = waiting_case()
    fields = {"kind": "snooze", "case": case.pk, "previewed": "1", "rationale": "Later.", "until": "no time"}
    assert "until when" in text_of(senior_reviewer.post("/review/many/preview/", fields))
    soon = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert "1 of 1 can be done" in text_of(senior_reviewer.post("/review/many/preview/", {**fields, "until": soon}))


def test_who_is_away_is_given_nothing(senior_reviewer, operator):
    today = calendars.today()
    Absence.objects.create(person_id=operator.actor.id, person_name="Olga Brandt", first=today, last=today)
    bulk.act(actor=senior_reviewer.actor, order=order("share_out"), cases=[waiting_case(), waiting_case()])
    assert {each.holder_name for each in Assignment.objects.all()} == {"Samir Haddad"}


@pytest.mark.parametrize("fields", [{}, {"kind": "x"}, {"kind": "approve", "case": "no-id"}, {"kind": "snooze"}])
def test_a_form_made_by_hand_breaks_nothing(senior_reviewer, fields):
    assert senior_reviewer.post("/review/many/preview/", fields).status_code in {302, 422}


# --- saved filters


def test_a_filter_is_kept_found_and_removed(operator):
    operator.post("/review/filters/", {"name": "Unsure returns", "band": "low", "case_type": "return"})
    page = text_of(operator.get("/review/"))
    assert "Unsure returns" in page
    assert "?case_type=return&band=low" in page
    kept = filters_of(operator.actor).get()
    operator.post(f"/review/filters/{kept.pk}/remove/")
    assert not filters_of(operator.actor).exists()
    assert Entry.objects.filter(action__startswith="filter.").count() == 2


def test_one_persons_filter_is_no_business_of_others_unless_a_senior_shares_it(operator, senior_reviewer):
    save_filter(actor=operator.actor, name="Mine", selection=Selection(band="low"))
    shared = save_filter(actor=senior_reviewer.actor, name="Ours", selection=Selection(band="high"), shared=True)
    assert [each.name for each in filters_of(senior_reviewer.actor)] == ["Ours"]
    assert [each.name for each in filters_of(operator.actor)] == ["Mine", "Ours"]
    with pytest.raises(Refused, match="not yours"):
        remove_filter(actor=operator.actor, filter_id=shared.pk)
    with pytest.raises(Refused, match="Only a senior"):
        save_filter(actor=operator.actor, name="X", selection=Selection(band="low"), shared=True)


def test_the_same_name_again_replaces_the_filter(operator):
    for band in ("low", "high"):
        save_filter(actor=operator.actor, name="Mine", selection=Selection(band=band))
    assert [each.address for each in filters_of(operator.actor)] == ["band=high"]


@pytest.mark.parametrize(("name", "selection"), [("", Selection(band="low")), ("Empty", Selection())])
def test_a_filter_needs_a_name_and_something_to_filter(operator, name, selection):
    with pytest.raises(Refused):
        save_filter(actor=operator.actor, name=name, selection=selection)
