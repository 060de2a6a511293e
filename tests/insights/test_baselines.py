"""Baselines are checked, kept for good, and the last one counts."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import ProgrammingError, transaction
from django.utils import timezone

from apps.insights.baselines import BaselineRefused, Measured, all_in_force, in_force, record_baseline
from apps.insights.models import Baseline
from tests.cast import Member
from tests.factories import customer_service

MEASURED = Measured(
    "handling_time", 7.4, 420, date(2026, 3, 2), date(2026, 3, 13), "Ticket system, export of 16 March", "", 6.9, 7.9
)


def test_the_last_baseline_of_a_measure_counts_and_the_earlier_one_stays(consultant: Member) -> None:
    workflow = customer_service()
    record_baseline(actor=consultant.actor, workflow=workflow, measured=MEASURED)
    again = record_baseline(
        actor=consultant.actor, workflow=workflow, measured=replace(MEASURED, value=7.1, note="Outliers checked.")
    )
    assert in_force(workflow, "handling_time") == again
    same = replace(MEASURED, value=7.1, note="Outliers checked. ")
    assert record_baseline(actor=consultant.actor, workflow=workflow, measured=same) == again  # a form sent twice
    assert Baseline.objects.count() == 2
    assert all_in_force(workflow) == [again]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"measure": "joy"}, "no measure"),
        ({"value": -1.0, "low": None, "high": None}, "from 0 to 1,000,000"),
        ({"value": float("nan"), "low": None, "high": None}, "from 0 to 1,000,000"),
        ({"value": 1e15, "low": None, "high": None}, "from 0 to 1,000,000"),
        ({"begin": date(202, 3, 2)}, "begins in 202: look at the year"),
        ({"measure": "error_rate"}, "between 0 and 100 %"),
        ({"high": None}, "two ends"),
        ({"value": 9.0}, "within its interval"),
        ({"n": 0}, "how many cases"),
        ({"begin": date(2026, 4, 1)}, "begins before it ends"),
        ({"end": timezone.now().date() + timedelta(days=1)}, "ends before today"),
        ({"source": " "}, "Name the source"),
    ],
)
def test_what_cannot_be_a_measurement_is_refused_in_words(
    consultant: Member, change: dict[str, object], said: str
) -> None:
    with pytest.raises(BaselineRefused, match=said):
        record_baseline(actor=consultant.actor, workflow=customer_service(), measured=replace(MEASURED, **change))  # type: ignore[arg-type]
    assert not Baseline.objects.exists()


def test_nobody_changes_a_baseline_afterwards(consultant: Member) -> None:
    record_baseline(actor=consultant.actor, workflow=customer_service(), measured=MEASURED)
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Baseline.objects.update(value=70.0)
