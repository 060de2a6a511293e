"""What blind reviews and decisions come to: each figure with its n and interval, each person beside their own past."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from apps.cases.models import Case
from apps.evaluations import known_cases, loop, proposals, signals
from apps.evaluations import review_quality as quality
from apps.evaluations.drafts import start_draft, submission_of
from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.review_quality import Rate, Took
from apps.evaluations.services import create_labelled_set
from apps.reviews import blind, policies, services
from apps.reviews.models import BlindReview, Disposition
from apps.reviews.policies import Blind, PolicyContent
from apps.tenants.actors import SYSTEM
from apps.workflows.charters import StopCondition
from tests.evaluations.small_set import sign
from tests.factories import customer_service, waiting_case

Kind = BlindReview.Kind


def ended(**changes) -> Case:
    case = waiting_case(ungrounded=False, **changes)
    Case.objects.filter(pk=case.pk).update(state="closed", layer="done", outcome="automatic", closed_at=timezone.now())
    return case


def looked_at(kind: Kind, person, verdict: str, **more) -> BlindReview:
    case = more.pop("case", None) or ended(case_type=more.pop("case_type", "return"))
    return BlindReview.objects.create(
        kind=kind,
        workflow=customer_service(),
        case=case,
        drawn_at=timezone.now(),
        verdict=verdict,
        reviewer_id=person.user.pk,
        reviewer_name=person.user.name,
        decided_at=timezone.now(),
        **more,
    )


def disposition(person, kind: str = "approve", *, days_ago: float = 1, seconds: int = 60, case: Case | None = None):
    made = Disposition.objects.create(
        case=case or ended(),
        revision=1,
        turn=0,
        kind=kind,
        reviewer_id=person.user.pk,
        reviewer_name=person.user.name,
        role="operator",
        reason_code="" if kind == "approve" else "tone",
        active_ms=seconds * 1000,
    )
    Disposition.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    return made


def many(person, case: Case, count: int, **more) -> None:
    """Decisions of one case in as many turns, which costs less than as many cases."""
    turns = Disposition.objects.count()
    made = [
        Disposition(
            case=case,
            revision=1,
            turn=turns + number,
            kind=more.get("kind", "approve"),
            reviewer_id=person.user.pk,
            reviewer_name=person.user.name,
            role="operator",
            active_ms=more.get("seconds", 60) * 1000,
        )
        for number in range(count)
    ]
    Disposition.objects.bulk_create(made)
    ids = [each.pk for each in made]
    Disposition.objects.filter(pk__in=ids).update(created_at=timezone.now() - timedelta(days=more["days_ago"]))


def test_what_people_would_not_have_sent_is_a_share_with_its_interval(operator):
    for verdict in ("approve", "approve", "approve", "reject"):
        looked_at(Kind.SAMPLE, operator, verdict)
    found = quality.sampled(customer_service())
    assert (found.count, found.n, found.share) == (1, 4, 0.25)
    assert 0.04 < found.low < 0.05 < 0.69 < found.high < 0.71
    assert [case.verdict for case in quality.overturned()] == ["reject"]


def test_the_charter_can_stop_a_workflow_by_it(operator):
    looked_at(Kind.SAMPLE, operator, "approve")
    looked_at(Kind.SAMPLE, operator, "edit")
    looked_at(Kind.KNOWN, operator, "reject", expected={"sound": False})
    values = signals.values_of(Case.objects.all(), StopCondition(metric="overturned", limit="0.05"))
    assert sorted(values) == [0.0, 1.0]


def test_two_opinions_give_a_kappa_for_each_type_and_pair(operator, senior_reviewer):
    for first, second in (("approve", "approve"), ("reject", "reject"), ("approve", "reject"), ("reject", "reject")):
        case = ended()
        made = disposition(operator, first, case=case)
        looked_at(Kind.SECOND, senior_reviewer, second, case=case, first=made, not_by=operator.user.pk)
    everybody, returns = quality.agreement_by_type()
    assert (everybody.case_type, returns.case_type) == ("", "return")
    assert (everybody.found.n, everybody.found.same) == (4, 0.75)
    assert everybody.found.kappa == pytest.approx(0.5)
    (pair,) = quality.agreement_by_pair()
    assert {pair.first, pair.second} == {operator.user.name, senior_reviewer.user.name}
    assert pair.word == "too few to say"


def test_where_two_differ_both_see_it(operator, senior_reviewer):
    case = ended()
    made = disposition(operator, "approve", case=case)
    review = looked_at(Kind.SECOND, senior_reviewer, "reject", case=case, first=made, not_by=operator.user.pk)
    assert quality.differing_from(operator.user.pk) == [review]
    assert quality.differing_from(senior_reviewer.user.pk) == [review]


def test_a_wrong_draft_that_is_stopped_and_a_right_one_that_goes_through_are_counted_apart(operator):
    looked_at(Kind.KNOWN, operator, "reject", expected={"sound": False})
    looked_at(Kind.KNOWN, operator, "approve", expected={"sound": False})
    looked_at(Kind.KNOWN, operator, "approve", expected={"sound": True})
    stopped, let_through = quality.known_answers(operator.user.pk)
    assert ((stopped.count, stopped.n), (let_through.count, let_through.n)) == ((1, 2), (1, 1))


def test_who_accepts_more_than_before_beyond_chance_is_told(operator):
    case = ended()
    many(operator, case, 40, days_ago=3, seconds=30)
    many(operator, case, 25, days_ago=50, seconds=90)
    many(operator, case, 15, days_ago=50, seconds=90, kind="edit")
    whole, _ = quality.habits(operator.user.pk)
    assert (whole.unchanged, whole.unchanged_before) == (Rate(40, 40), Rate(25, 40))
    assert whole.trusts_more
    assert whole.faster
    page = operator.get("/quality/coaching/").content.decode()
    assert "fewer changes than before" in page
    assert "each took less time" in page


def test_a_few_decisions_say_nothing(operator):
    case = ended()
    many(operator, case, 19, days_ago=3)
    many(operator, case, 30, days_ago=50, kind="edit")
    whole, _ = quality.habits(operator.user.pk)
    assert not whole.trusts_more
    assert "Too few to compare" in operator.get("/quality/coaching/").content.decode()


def test_a_median_has_an_interval_from_the_order_of_the_times():
    assert Took.of(1000 * each for each in range(1, 101)) == Took(100, 50.5, 40.0, 60.0)
    assert Took.of([1000, 3000]) == Took(2, 2.0)
    assert Took.of([]) == Took(0, None)


def test_ones_page_is_for_oneself_and_for_who_leads(operator, senior_reviewer, auditor):
    address = f"/quality/coaching/{operator.user.pk}/"
    assert operator.get(address).status_code == 200
    assert senior_reviewer.get(address).status_code == 200
    assert auditor.get(address).status_code == 403
    assert operator.get(f"/quality/coaching/{senior_reviewer.user.pk}/").status_code == 403
    assert senior_reviewer.get(f"/quality/coaching/{uuid4()}/").status_code == 404


def test_names_stand_on_the_quality_page_only_for_who_leads(operator, senior_reviewer):
    case = ended()
    made = disposition(operator, "approve", case=case)
    looked_at(Kind.SECOND, senior_reviewer, "reject", case=case, first=made, not_by=operator.user.pk)
    pair = f"{operator.user.name} and {senior_reviewer.user.name}"
    other = f"{senior_reviewer.user.name} and {operator.user.name}"
    led, own = (who.get("/quality/").content.decode() for who in (senior_reviewer, operator))
    assert pair in led or other in led
    assert pair not in own
    assert other not in own


def labelled_as(*answers: tuple[Case, Expected]):
    """A signed set that holds the cases with these answers."""
    rows = [Labelled(submission_of(case), expected, ()) for case, expected in answers]
    return sign(create_labelled_set(actor=SYSTEM, workflow=customer_service(), name="Known", cases=rows))


def test_known_cases_are_ended_ones_and_wrong_drafts_come_in_turn_with_right_ones(operator):
    workflow = customer_service()
    right, wrong, other = ended(), ended(), ended()
    fits = Expected(case_type="return", decision="send_label_silver")
    labelled_as((right, fits), (other, fits), (wrong, Expected(case_type="refund", decision=None)))
    content = PolicyContent(blind=Blind(sample=0, second=0, known=20))
    policies.change_policy(actor=SYSTEM, workflow=workflow, content=content, note="Known ones only.")
    many(operator, ended(), 10, days_ago=1)
    before = Case.objects.count()
    assert known_cases.lay_out(workflow) == 2
    assert known_cases.lay_out(workflow) == 0
    laid = {review.case_id: review.expected["sound"] for review in BlindReview.objects.all()}
    assert laid.pop(wrong.pk) is False
    assert list(laid.values()) == [True]
    assert Case.objects.count() == before


def test_the_loop_tells_which_decisions_became_labels(operator, consultant):
    workflow = customer_service()
    labelled_as((ended(), Expected(case_type="return")))
    case = waiting_case()
    made = services.reject(actor=operator.actor, case_id=case.pk, revision=1, reason_code="tone")
    draft = start_draft(actor=consultant.actor, workflow=workflow, name="Next")
    proposals.accept(actor=consultant.actor, draft=draft, dispositions=[])
    Disposition.objects.filter(pk=made.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    proposals.accept(actor=consultant.actor, draft=draft, dispositions=[made])
    found = loop.of_person(UUID(operator.actor.id), timezone.now() - timedelta(days=30))
    assert (found.decided, found.rejected, found.corrections, found.accepted_in_all) == (1, 1, 1, 1)
    assert found.reasons == [("Tone or wording", 1)]
    page = operator.get("/loop/").content.decode()
    assert case.number in page
    assert "into Next, by" in page
    assert case.number not in consultant.get("/loop/").content.decode()


def test_the_pages_teach_when_there_is_nothing_yet(operator):
    customer_service()
    assert "Nobody has looked yet" in operator.get("/quality/").content.decode()
    assert "Nothing decided in these 16 weeks" in operator.get("/quality/coaching/").content.decode()
    assert "None in these days" in operator.get("/loop/?days=90").content.decode()
    assert "Nothing waits for your second look" in operator.get("/blind/").content.decode()
    assert blind.open_for(operator.actor).count() == 0
