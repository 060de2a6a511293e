from uuid import uuid4

import pytest
from django.db import transaction

from apps.audit.entries import record
from apps.audit.sequencer import sequence
from apps.audit.timeline import timeline
from tests.audit.conftest import REVIEWER, execute, write


def test_a_cases_entries_come_in_order_with_all_that_they_say(northgate: object) -> None:
    case = uuid4()
    for action in ("case.admitted", "case.intake"):
        write(3)
        record(actor=REVIEWER, action=action, object=f"case:{case}", case=case, release="abc")
        sequence()
    record(actor=REVIEWER, action="case.approved", object=f"case:{case}", case=case)
    entries = timeline(case)
    assert [(entry.action, entry.sequence) for entry in entries] == [
        ("case.admitted", 3),
        ("case.intake", 7),
        ("case.approved", None),
    ]
    assert entries[0].facts["release"] == "abc"
    assert entries[0].facts["actor"]["id"] == REVIEWER.id
    assert all(entry.intact for entry in entries)


def test_an_entry_that_was_changed_is_shown_as_such(insider: None) -> None:
    case = uuid4()
    with transaction.atomic():
        record(actor=REVIEWER, action="case.approved", object=f"case:{case}", case=case)
    sequence()
    execute("UPDATE audit_entry SET action = 'case.rejected' WHERE case_id = %s", case)
    (entry,) = timeline(case)
    assert not entry.intact
    assert "'case.approved'" in entry.findings[0].detail


@pytest.mark.usefixtures("northgate")
def test_a_case_without_entries_has_an_empty_timeline() -> None:
    assert timeline(uuid4()) == []
