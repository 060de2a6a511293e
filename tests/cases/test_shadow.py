"""Traffic as cases meet it: slices at admission, stopping, and shadows beside."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.cases.admission import admit
from apps.cases.models import Case, ShadowRun, ShadowTry
from apps.cases.processing import work_queue
from apps.cases.shadow import compare, compare_by_type, run_waiting
from apps.connectors.models import Effect
from apps.connectors.wire import SystemUnavailable
from apps.reviews.services import reject
from apps.tenants.actors import SYSTEM
from apps.workflows import charters, moves
from apps.workflows.traffic import position
from tests.cases.world import submission
from tests.charters import actor, candidate, sign, warrant

pytestmark = pytest.mark.django_db(transaction=True)


CHANNELS = ("email", "phone", "chat")


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr("apps.cases.hints.send", lambda *_: None)


def take_in(workflow, number=1, **fields) -> Case:
    admission = admit(actor=SYSTEM, workflow=workflow, submission=submission(number, **fields), region="EU")
    return Case.objects.get(pk=admission.case_id)


def work() -> None:
    for queue in ("quick", "effects"):
        work_queue(queue)


def after_a_while() -> None:
    ShadowTry.objects.update(again_at=timezone.now())


def begin(workflow, percent=15, **fields):
    release = candidate(workflow)
    warrant(release)
    moves.begin_slice(
        actor=actor("decision_owner"), workflow=workflow, release=release, percent=percent, reason="Try.", **fields
    )
    return release


def test_cases_pin_the_release_that_traffic_gives_them_and_say_which_arm(workflow):
    release = begin(workflow)
    cases = [take_in(workflow, number, customer=f"C-{number}") for number in range(30)]
    in_slice = [case for case in cases if case.arm == "slice"]
    assert 0 < len(in_slice) < 12
    assert {case.release_id for case in in_slice} == {release.pk}
    assert {case.release_id for case in cases if case.arm == "incumbent"} == {workflow.production_id}


def test_an_hourly_cap_holds_and_the_incumbent_takes_the_rest(workflow):
    begin(workflow, hourly_cap=1)
    for number in range(30):
        take_in(workflow, number, customer=f"C-{number}")
    assert Case.objects.filter(arm="slice").count() == 1


def test_an_hour_later_the_slice_takes_cases_again(workflow):
    release = begin(workflow, hourly_cap=1)
    inside = next(f"C-{each}" for each in range(100) if position(f"C-{each}", release.pk) < 1500)
    assert [take_in(workflow, number, customer=inside).arm for number in (1, 2)] == ["slice", "incumbent"]
    Case.objects.update(admitted_at=timezone.now() - timedelta(minutes=61))
    assert take_in(workflow, 3, customer=inside).arm == "slice"


def test_a_slice_of_a_segment_takes_its_cases_only(workflow):
    release = begin(workflow, segment="channel:email")
    inside = next(f"C-{each}" for each in range(100) if position(f"C-{each}", release.pk) < 1500)
    arms = [take_in(workflow, number, customer=inside, channel=channel).arm for number, channel in enumerate(CHANNELS)]
    assert arms == ["slice", "incumbent", "incumbent"]


def test_after_a_stop_no_case_clears_and_none_is_lost(workflow):
    in_flight = take_in(workflow)
    moves.stop(actor=actor("consultant"), workflow=workflow, reason="Wrong refunds.")
    later = take_in(workflow, 2)
    work()
    for case in (in_flight, later):
        case.refresh_from_db()
        assert (case.state, case.layer) == ("review", "review")
        assert "Wrong refunds." in case.reason
    assert not Effect.objects.exists()
    moves.restart(actor=actor("decision_owner"), workflow=workflow, reason="Fixed.")
    after = take_in(workflow, 3)
    work()
    after.refresh_from_db()
    assert after.outcome == "automatic"


def test_the_charter_holds_back_what_the_release_would_clear(workflow):
    lanes = dict(charters.lanes_of(workflow.production))
    sign(workflow, workflow.production, lanes=lanes | {"refund": "drafted"})
    case = take_in(workflow)
    work()
    case.refresh_from_db()
    assert (case.state, case.lane, case.reserved) == ("review", "drafted", False)
    assert "charter" in case.reason


def test_a_shadow_works_each_finished_case_once_without_effects(workflow):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    take_in(workflow)
    assert run_waiting(seconds=5) == 0  # not while somebody waits for it
    work()
    effects = Effect.objects.count()
    assert (run_waiting(seconds=5), run_waiting(seconds=5)) == (1, 0)
    shadow = ShadowRun.objects.get()
    assert (shadow.case_type, shadow.decision, shadow.route) == ("refund", "refund", "automatic")
    assert set(shadow.results) == {"intake", "context", "action", "review"}
    assert Effect.objects.count() == effects


def test_a_shadow_is_compared_with_what_people_did(workflow):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    take_in(workflow)
    rejected = take_in(workflow, 2, text="May I send back my boots?")
    work()
    reject(
        actor=actor("senior_reviewer"), case_id=rejected.pk, revision=1, reason_code="wrong_decision", rationale="No."
    )
    run_waiting(seconds=5)
    compared = compare_by_type(workflow, release.pk)
    found = compared[""]
    assert (found.cases, found.failed, found.same_type, found.decided, found.same_decision) == (2, 0, 2, 1, 1)
    assert (found.rejected, found.also_rejected, found.would_clear, found.clear_but_changed) == (1, 1, 1, 0)
    assert {case_type: each.cases for case_type, each in compared.items()} == {"": 2, "refund": 1, "return": 1}
    assert (compared["return"].rejected, compared["refund"].would_clear) == (1, 1)


def test_a_shadow_that_fails_is_kept_with_the_reason(workflow, monkeypatch):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    take_in(workflow)
    work()

    def fall_over(*_):
        raise LookupError("no such snapshot")

    monkeypatch.setattr("apps.cases.shadow.run_all", fall_over)
    for _ in range(3):
        assert not ShadowRun.objects.exists()
        run_waiting(seconds=5)
        after_a_while()
    assert ShadowRun.objects.get().problem == "LookupError: no such snapshot"
    assert not ShadowTry.objects.exists()
    assert compare(workflow, release.pk).failed == 1


def test_a_shadow_waits_for_a_system_that_is_down(workflow, monkeypatch):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    take_in(workflow)
    work()

    def no_answer(*_):
        raise SystemUnavailable("the shop does not answer")

    with monkeypatch.context() as down:
        down.setattr("apps.cases.ports.look_up", no_answer)
        for _ in range(5):  # however long it is down: that is no failure of the release's
            assert run_waiting(seconds=5) == 0
            after_a_while()
    assert run_waiting(seconds=5) == 1
    assert ShadowRun.objects.get().problem == ""


def test_a_shadow_that_stumbled_once_is_run_again_after_a_pause(workflow, monkeypatch):
    release = candidate(workflow)
    moves.run_shadow(actor=actor("consultant"), workflow=workflow, release=release, reason="To see.")
    take_in(workflow)
    work()

    def stumble(*_):
        raise ConnectionError("the connection was closed")

    with monkeypatch.context() as unlucky:
        unlucky.setattr("apps.cases.shadow.run_all", stumble)
        assert run_waiting(seconds=5) == 0
    assert run_waiting(seconds=5) == 0  # not at once: what is down stays down for a while
    after_a_while()
    assert run_waiting(seconds=5) == 1
    assert (ShadowRun.objects.get().problem, ShadowTry.objects.count()) == ("", 0)
