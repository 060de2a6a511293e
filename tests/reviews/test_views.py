from datetime import date, timedelta
from html import unescape

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange, NumericRange
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from apps.cases.layers.types import PlannedEffect
from apps.cases.models import Case
from apps.connectors.models import Effect
from apps.corpora.models import Corpus, Document
from apps.reviews.models import Disposition
from apps.reviews.services import approve
from tests.factories import LABEL, Draft, admitted_case, waiting_case


def text_of(response) -> str:
    return unescape(response.content.decode())


def numbers_in(response) -> list[str]:
    return [row.of.case.number for row in response.context["rows"]]


def decide(browser, case, deed, **fields):
    return browser.post(f"/review/{case.number}/{deed}/", {"revision": case.revision, **fields})


def refund(case_object="order:88-20417"):
    return PlannedEffect(
        system="shop", operation="refund", params={"order": "88-20417"}, object=case_object, summary="Refund EUR 129.00"
    )


# --- the queue


def test_the_queue_shows_who_has_waited_longest_first(operator):
    young, old = waiting_case(waited=timedelta(minutes=5)), waiting_case(waited=timedelta(days=2))
    assert numbers_in(operator.get("/review/")) == [old.number, young.number]


def test_the_most_urgent_come_first_when_asked_for(operator):
    old, urgent = waiting_case(waited=timedelta(days=2)), waiting_case(urgency="high")
    assert numbers_in(operator.get("/review/?sort=urgent")) == [urgent.number, old.number]


@pytest.mark.parametrize(
    ("query", "changes"),
    [
        ("lane=reserved", {"lane": "reserved"}),
        ("band=low", {"band": "low"}),
        ("urgency=high", {"urgency": "high"}),
        ("case_type=cancel", {"case_type": "cancel"}),
        ("reason=amount", {"rule": "amount"}),
        ("q=snowshoes", {"text": "Where are my snowshoes?"}),
        ('q="blue snowshoes"', {"text": "I ordered blue snowshoes."}),
    ],
)
def test_a_filter_leaves_only_what_it_names(operator, query, changes):
    waiting_case()
    wanted = waiting_case(**changes)
    assert numbers_in(operator.get(f"/review/?{query}")) == [wanted.number]


def test_a_case_is_found_by_its_number(operator):
    waiting_case()
    wanted = waiting_case()
    assert numbers_in(operator.get(f"/review/?q={wanted.number.lower()}")) == [wanted.number]


def test_mine_to_decide_leaves_out_what_others_must_decide(operator, senior_reviewer):
    common, reserved = waiting_case(), waiting_case(reserved=True)
    assert numbers_in(operator.get("/review/?mine=1")) == [common.number]
    assert set(numbers_in(senior_reviewer.get("/review/?mine=1"))) == {common.number, reserved.number}


def test_an_escalated_case_is_for_the_role_that_it_went_to(operator, compliance_officer):
    case = waiting_case()
    decide(operator, case, "escalate", to="compliance_officer", rationale="Is this a data request?")
    assert numbers_in(operator.get("/review/?mine=1")) == []
    assert numbers_in(compliance_officer.get("/review/?mine=1")) == [case.number]
    assert numbers_in(operator.get("/review/?reason=escalated")) == [case.number]


@pytest.mark.parametrize(
    "query", ["lane=nonsense", "band=%00", "page=minus", "sort=x", "q=%27%22%28%29%7C%26%21-", "reason=;"]
)
def test_an_address_typed_by_hand_breaks_nothing(operator, query):
    waiting_case()
    assert operator.get(f"/review/?{query}").status_code == 200


def test_an_empty_queue_says_what_would_come_here(operator):
    assert "The queue is empty" in text_of(operator.get("/review/"))


def test_a_filter_without_a_match_says_so_and_leads_back(operator):
    waiting_case()
    page = text_of(operator.get("/review/?q=nothing-like-it"))
    assert "Nothing in the queue matches" in page
    assert "Show all that wait" in page


def test_htmx_gets_the_list_alone(operator):
    case = waiting_case()
    response = operator.get("/review/?band=high", headers={"HX-Request": "true"})
    assert case.number in text_of(response)
    assert "<html" not in text_of(response)
    assert "HX-Request" in response.headers["Vary"]


def test_a_page_holds_25_cases_and_keeps_the_filter_on_the_next(operator):
    for _ in range(26):
        waiting_case()
    first = operator.get("/review/?band=high")
    assert len(first.context["rows"]) == 25
    following = f"/review/?band=high&after={first.context['page'].after}"
    assert following.removeprefix("/review/") in text_of(first)
    last = operator.get(following)
    assert len({*numbers_in(first), *numbers_in(last)}) == 26
    assert numbers_in(operator.get(f"/review/?band=high&before={last.context['page'].before}")) == numbers_in(first)


def test_a_long_queue_takes_as_many_queries_as_a_short_one(operator):
    waiting_case()
    operator.get("/review/")
    with CaptureQueriesContext(connection) as short:
        operator.get("/review/")
    for _ in range(8):
        waiting_case()
    with CaptureQueriesContext(connection) as long:
        operator.get("/review/")
    assert len(long) == len(short)


# --- the case


def test_the_case_shows_draft_evidence_and_reason_on_one_page(operator):
    case = waiting_case()
    page = text_of(operator.get(f"/review/{case.number}/"))
    assert "It has no source." in page
    assert '<mark title="Order">88-20417</mark>' in page
    quoted = "As a Silver member you have 30 days from delivery to return an item."
    assert f'<mark data-claims="1">{quoted}</mark>' in page
    assert "words 1st, meaning 2nd, rerank 1st" in page
    assert "not in force" in page
    assert "Send a free return label for order 88-20417" in page
    assert "Ridgeline boots" in page


def test_what_a_customer_wrote_is_never_markup(operator):
    case = waiting_case(title="<b>bold</b>", text="<script>alert(1)</script> order 88-20417 {{ 7*7 }}")
    body = operator.get(f"/review/{case.number}/").content.decode()
    assert "<script>alert" not in body
    assert "<b>bold" not in body
    assert "{{ 7*7 }}" in body


def test_a_case_that_nobody_has_is_not_found(operator):
    assert operator.get("/review/R-1/").status_code == 404
    assert operator.post("/review/R-1/approve/").status_code == 404


def test_a_case_in_progress_can_be_read_and_not_decided(operator):
    case = admitted_case(Draft())
    page = text_of(operator.get(f"/review/{case.number}/"))
    assert "The machine is at intake." in page
    assert 'data-key="a"' not in page


def test_a_reserved_case_says_who_decides_and_offers_only_to_escalate(operator):
    case = waiting_case(reserved=True)
    page = text_of(operator.get(f"/review/{case.number}/"))
    assert "It is for a senior reviewer or the decision owner to decide." in page
    assert f"/review/{case.number}/approve/" not in page
    assert f"/review/{case.number}/escalate/" in page


def test_an_auditor_reads_and_finds_no_button(auditor):
    case = waiting_case()
    page = text_of(auditor.get(f"/review/{case.number}/"))
    for deed in ("approve", "reject", "escalate"):
        assert f"/review/{case.number}/{deed}/" not in page


@pytest.mark.parametrize("deed", ["approve", "reject", "escalate"])
def test_an_auditor_who_posts_all_the_same_changes_nothing(auditor, deed):
    case = waiting_case()
    fields = {"reason_code": "other", "to": "senior_reviewer", "rationale": "I want to."}
    assert decide(auditor, case, deed, **fields).status_code == 422
    assert not Disposition.objects.exists()


def test_the_page_leads_on_through_the_selected_queue(operator):
    first, second = waiting_case(waited=timedelta(days=2), band="low"), waiting_case(waited=timedelta(days=1))
    third = waiting_case(band="low")
    response = operator.get(f"/review/{first.number}/?band=low")
    assert response.context["after"] == third.number
    assert operator.get(f"/review/{first.number}/").context["after"] == second.number


# --- decisions


def test_approving_plans_the_effects_and_leads_to_the_next_case(operator):
    case, following = waiting_case(waited=timedelta(days=1)), waiting_case()
    response = decide(operator, case, "approve")
    assert response.headers["Location"] == f"/review/{following.number}/"
    case.refresh_from_db()
    assert (case.outcome, case.layer) == ("approved", "effects")
    assert [effect.operation for effect in Effect.objects.filter(case_id=case.pk)] == ["create_label", "send_reply"]


def test_the_last_case_leads_back_to_the_queue_with_its_filter(operator):
    case = waiting_case(band="low")
    response = operator.post(f"/review/{case.number}/approve/?band=low", {"revision": 1})
    assert response.headers["Location"] == "/review/?band=low"


def test_an_edit_is_sent_as_it_was_typed(operator):
    case = waiting_case()
    decide(operator, case, "approve", **{"claim-3": "", "claim-0": "Hello Dana,", "reason_code": "tone"})
    decision = Disposition.objects.get()
    assert (decision.kind, decision.reason_code) == ("edit", "tone")
    sent = [claim["text"] for claim in decision.claims]
    assert sent[0] == "Hello Dana,"
    assert "You will also receive a voucher for the trouble." not in sent


def test_an_edit_without_a_reason_is_refused_and_keeps_every_word(operator):
    case = waiting_case()
    response = decide(operator, case, "approve", **{"claim-0": "Hello <Dana>,", "rationale": "Too stiff."})
    page = text_of(response)
    assert response.status_code == 422
    assert "Choose a reason for the change" in page
    assert "Hello <Dana>," in page
    assert "Too stiff." in page
    assert not Disposition.objects.exists()


def test_rejecting_closes_the_case_and_sends_nothing(operator):
    case = waiting_case()
    decide(operator, case, "reject", reason_code="wrong_decision", rationale="Worn out, not faulty.")
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "rejected")
    assert not Effect.objects.exists()
    page = text_of(operator.get(f"/review/{case.number}/"))
    assert "Reason: wrong decision" in page
    assert "Worn out, not faulty." in page


def test_rejecting_without_a_reason_is_refused_in_place(operator):
    case = waiting_case()
    response = decide(operator, case, "reject", rationale="Because.")
    assert response.status_code == 422
    assert "Choose a reason for the rejection." in text_of(response)
    assert "Because." in text_of(response)


def test_escalating_takes_a_rationale(operator):
    case = waiting_case()
    response = decide(operator, case, "escalate", to="senior_reviewer", reason_code="policy_exception")
    assert response.status_code == 422
    assert "Write what the next person should look at" in text_of(response)
    assert decide(operator, case, "escalate", to="senior_reviewer", rationale="Exception?").status_code == 302


def test_whoever_comes_second_reads_who_was_first(operator, senior_reviewer):
    case = waiting_case()
    approve(actor=senior_reviewer.actor, case_id=case.pk, revision=1)
    response = decide(operator, case, "reject", reason_code="other", rationale="My long explanation.")
    assert response.status_code == 409
    assert "Samir Haddad has approved it. Nothing of yours was sent." in text_of(response)
    assert Disposition.objects.count() == 1


def test_a_form_of_an_older_proposal_decides_nothing(operator):
    case = waiting_case()
    Case.objects.filter(pk=case.pk).update(revision=2)
    assert decide(operator, case, "approve").status_code == 409


@pytest.mark.parametrize("revision", ["", "-1", "x", "99999999999999", "\x00", "²"])
def test_a_broken_revision_decides_nothing(operator, revision):
    case = waiting_case()
    assert operator.post(f"/review/{case.number}/approve/", {"revision": revision}).status_code == 409


@pytest.mark.parametrize("field", ["claim-x", "claim--1", "claim-99", "claim-99999999", "claim-²"])
def test_broken_claim_fields_never_break_the_page(operator, field):
    case = waiting_case()
    assert decide(operator, case, "approve", **{field: "text\x00"}).status_code in {302, 422}


def test_a_decision_can_be_undone_for_ten_seconds(operator):
    case = waiting_case()
    decide(operator, case, "approve")
    decision = Disposition.objects.get()
    page = text_of(operator.get("/review/"))
    assert f"/review/undo/{decision.pk}/" in page
    response = operator.post(f"/review/undo/{decision.pk}/")
    assert response.headers["Location"] == f"/review/{case.number}/"
    case.refresh_from_db()
    assert case.state == "review"
    assert f"/review/undo/{decision.pk}/" not in text_of(operator.get("/review/"))


def test_after_that_it_says_kindly_that_it_is_too_late(operator, settings):
    case = waiting_case()
    decide(operator, case, "approve")
    settings.UNDO_SECONDS = 0
    response = operator.post(f"/review/undo/{Disposition.objects.get().pk}/", follow=True)
    assert "seconds to undo are over" in text_of(response)


def test_an_escalation_is_not_undone_once_the_other_has_decided(operator, senior_reviewer):
    case = waiting_case()
    decide(operator, case, "escalate", to="senior_reviewer", rationale="Is this still a return?")
    decide(senior_reviewer, case, "reject", reason_code="tone")
    response = operator.post(f"/review/undo/{Disposition.objects.get(kind='escalate').pk}/", follow=True)
    assert "has been decided again since then" in text_of(response)
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("closed", "rejected")


def test_nobody_undoes_what_another_decided(operator, senior_reviewer):
    decide(operator, waiting_case(), "approve")
    senior_reviewer.post(f"/review/undo/{Disposition.objects.get().pk}/")
    assert Disposition.objects.get().undone_at is None


# --- the story


def test_the_timeline_tells_each_entry_and_that_it_is_intact(operator):
    case = waiting_case()
    decide(operator, case, "reject", reason_code="tone", rationale="Rude.")
    response = operator.get(f"/cases/{case.number}/")
    titles = [chapter.title for chapter in response.context["chapters"]]
    assert titles == ["Came in", "Intake", "Context", "Action", "Review gate", "Rejected"]
    assert response.context["dossier"].intact
    page = text_of(response)
    assert "Olga Brandt" in page
    assert "“Rude.”" in page


def test_effects_are_told_with_their_state(operator):
    case = waiting_case(effects=(*LABEL, refund()))
    decide(operator, case, "approve")
    page = text_of(operator.get(f"/cases/{case.number}/"))
    assert "Refund EUR 129.00" in page


# --- what could not be carried out


def test_an_effect_that_the_release_does_not_grant_is_refused_in_words(operator):
    forbidden = PlannedEffect(
        system="shop", operation="erase", params={}, object="order:88-20417", summary="Erase the order"
    )
    response = decide(operator, waiting_case(effects=(forbidden,)), "approve")
    assert response.status_code == 422
    assert "shop.erase is not granted by the release." in text_of(response)
    assert not Effect.objects.exists()


def test_a_case_whose_order_failed_shows_what_was_ordered_and_can_be_tried_again(operator, senior_reviewer):
    case = waiting_case()
    decide(operator, case, "approve")
    Effect.objects.filter(case_id=case.pk, operation="create_label").update(state="failed", problem="No such order.")
    Case.objects.filter(pk=case.pk).update(
        state="review", reserved=True, reason="The shop said no.", in_review_since=case.in_review_since
    )
    page = text_of(senior_reviewer.get(f"/review/{case.number}/"))
    assert "The shop said no." in page
    assert "No such order." in page
    assert "Try again" in page


def given_back(case, **state) -> None:
    """As a worker leaves a case whose effects it could not settle: claimed once more, and with a person again."""
    Effect.objects.filter(case_id=case.pk, operation="create_label").update(**state)
    Case.objects.filter(pk=case.pk).update(state="review", fence=F("fence") + 1, in_review_since=case.in_review_since)


def test_a_case_that_came_back_is_decided_again(operator):
    case = waiting_case()
    decide(operator, case, "approve")
    given_back(case, state="failed", attempts=8, problem="No such order.")
    assert decide(operator, case, "approve").status_code == 302
    case.refresh_from_db()
    assert (case.state, case.layer) == ("open", "effects")
    assert set(Effect.objects.values_list("state", "attempts")) == {("planned", 0)}
    assert [each.kind for each in Disposition.objects.all()] == ["approve", "approve"]


def test_rejecting_a_case_that_came_back_drops_what_has_not_left(operator):
    case = waiting_case(effects=(*LABEL, refund()))
    decide(operator, case, "approve")
    given_back(case, state="confirmed")
    decide(operator, case, "reject", reason_code="tone")
    assert dict(Effect.objects.values_list("operation", "state")) == {
        "create_label": "confirmed",
        "refund": "cancelled",
        "send_reply": "cancelled",
    }


def test_a_source_says_since_when_it_is_in_force(operator):
    case = waiting_case()
    corpus = Corpus.objects.create(slug="policies")
    Document.objects.create(
        corpus=corpus, slug="returns", title="Returns policy", version=14, owner="Dora", regions=["EU"],
        requires_consent=False, audience="customer", effective=DateRange(date(2026, 3, 1), None), text="", sha256="",
        encoder="", passage_count=0, valid=NumericRange(1, None),
    )  # fmt: skip
    assert "v14, in force since 1 Mar 2026" in text_of(operator.get(f"/review/{case.number}/"))
