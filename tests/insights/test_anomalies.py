"""A night's look finds what left its range, once, and people settle it with a note."""

from datetime import UTC, date, datetime, timedelta
from unittest.mock import patch
from uuid import UUID

import pytest
from django.utils import timezone

from apps.audit.models import Entry
from apps.insights.anomalies import AnomalyRefused, look, look_nightly, recent, settle_anomaly
from apps.insights.anomaly_rows import cases_behind, way
from apps.insights.models import Anomaly, AnomalyLook
from apps.insights.units import units
from apps.reviews.calendars import in_force
from apps.workflows.models import Notice
from tests.cast import Member
from tests.factories import customer_service
from tests.insights.closed import MONDAY, Closed, write

pytestmark = pytest.mark.usefixtures("northgate")
LAST = date(2026, 3, 15)  # a Sunday
FIRST = datetime(2025, 12, 15, 9, tzinfo=UTC)  # a Monday, thirteen weeks before
PERSON = UUID(int=7)


def weeks(last: int) -> None:
    """Twelve weeks of some 16 cases, and a last one of so many, of which half are returns."""
    cases = []
    for week in range(13):
        number = last if week == 12 else 15 + week % 3
        begin = FIRST + timedelta(weeks=week)
        cases += [
            Closed(
                closed=begin + timedelta(hours=10 + at % 60),
                hours=4 + at % 5,
                case_type=("return", "voucher")[at % 2],
                reviewer=PERSON,
            )
            for at in range(number)
        ]
    write(cases)


def looked() -> AnomalyLook:
    return look(workflow=customer_service(), day=LAST, since=LAST - timedelta(days=20))


def test_a_week_with_three_times_the_cases_is_found_once_explained_and_escalated() -> None:
    weeks(last=64)
    assert looked().found == 1
    anomaly = Anomaly.objects.get()
    assert (anomaly.kind, anomaly.grain, anomaly.begin, anomaly.end) == ("volume", "week", date(2026, 3, 9), LAST)
    assert anomaly.sentence.startswith("64 cases arrived in the week from 9 March; usual is ")
    assert anomaly.severe
    assert Notice.objects.filter(kind="anomaly", text=anomaly.sentence).count() == 1
    AnomalyLook.objects.all().delete()
    assert looked().found == 0
    assert list(Anomaly.objects.all()) == [anomaly]
    assert Notice.objects.filter(kind="anomaly").count() == 1
    assert cases_behind(anomaly).count() == 64
    assert [unit.begin for unit in way(anomaly) if unit.odd] == [anomaly.begin]


def test_a_week_that_begins_with_an_odd_day_carries_that_day_on() -> None:
    weeks(last=64)
    odd = {"kind": "volume", "n": 60, "chance": 0.01, "sentence": "60 cases came in on Monday.", "found_at": FIRST}
    Anomaly.objects.create(
        workflow=customer_service(), grain="day", begin=date(2026, 3, 9), end=date(2026, 3, 9), **odd
    )
    assert looked().found == 0
    anomaly = Anomaly.objects.get()
    assert (anomaly.grain, anomaly.begin, anomaly.end) == ("week", date(2026, 3, 9), LAST)
    assert anomaly.sentence.startswith("64 cases arrived in the week from 9 March")


def test_what_was_dismissed_is_open_again_once_it_is_severe() -> None:
    weeks(last=64)
    before = {"kind": "volume", "n": 30, "chance": 1e-3, "sentence": "30 cases.", "found_at": FIRST}
    Anomaly.objects.create(
        workflow=customer_service(), grain="week", begin=date(2026, 3, 2), end=date(2026, 3, 8), state="dismissed",
        note="A campaign.", **before,
    )  # fmt: skip
    looked()
    anomaly = Anomaly.objects.get()
    assert (anomaly.end, anomaly.state, anomaly.note) == (LAST, "open", "A campaign.")


def test_two_looks_at_once_keep_what_the_first_found() -> None:
    weeks(last=64)
    at = datetime(2026, 3, 16, 6, tzinfo=UTC)
    with patch.object(timezone, "now", lambda: at):
        look_nightly()
        look(workflow=customer_service(), day=LAST, since=LAST)
    assert AnomalyLook.objects.get().found == 1
    assert Entry.objects.filter(action="anomalies.looked").count() == 1


def test_decisions_without_a_measured_time_say_nothing_of_the_pace() -> None:
    write([Closed(minutes=5), Closed(minutes=None)] * 10)
    series = units(customer_service(), in_force()[1], "day", MONDAY.date(), timezone.now().date())
    pace = next(each for each in series.streams if each.kind == "pace")
    assert pace.spread is not None
    assert (pace.value[-1], pace.n[-1], pace.spread[-1]) == pytest.approx((5, 10, 0))


def test_quiet_weeks_leave_a_look_and_nothing_else() -> None:
    weeks(last=16)
    look = looked()
    assert (look.found, look.units, look.grain) == (0, 3, "week")
    assert look.streams >= 4
    assert not Anomaly.objects.exists()


def test_it_is_settled_with_a_note_and_audited(consultant: Member) -> None:
    weeks(last=64)
    looked()
    anomaly = Anomaly.objects.get()
    with pytest.raises(AnomalyRefused, match="Say what was behind it"):
        settle_anomaly(actor=consultant.actor, anomaly=anomaly, state="known", note=" ")
    settle_anomaly(actor=consultant.actor, anomaly=anomaly, state="known", note="The spring sale.")
    assert [each.note for each in recent(customer_service(), LAST)] == ["The spring sale."]
    settle_anomaly(actor=consultant.actor, anomaly=anomaly, state="dismissed", note="A double import.")
    assert not recent(customer_service(), LAST).exists()
    assert Entry.objects.filter(action="anomaly.settled").count() == 2


def test_the_pages_show_it_with_its_rows_and_keep_a_note_that_is_refused(
    consultant: Member, tenant_admin: Member
) -> None:
    assert "Nobody has looked yet" in consultant.get("/insights/anomalies/").content.decode()
    weeks(last=64)
    looked()
    anomaly = Anomaly.objects.get()
    assert anomaly.sentence in consultant.get("/insights/anomalies/").content.decode()
    page = consultant.get(f"/insights/anomalies/{anomaly.pk}/").content.decode()
    assert "1–25 of 64" in page
    refused = consultant.post(f"/insights/anomalies/{anomaly.pk}/settle/", {"state": "open", "note": "Hm, why?"})
    assert refused.status_code == 409
    assert "Hm, why?" in refused.content.decode()
    done = consultant.post(f"/insights/anomalies/{anomaly.pk}/settle/", {"state": "known", "note": "Sale"}, follow=True)
    assert "Kept, with your name and note." in done.content.decode()
    assert "does not read cases" in tenant_admin.get(f"/insights/anomalies/{anomaly.pk}/").content.decode()
