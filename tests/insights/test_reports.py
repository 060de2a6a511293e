"""The monthly report is made once, sent once to each recipient, and tried again when it does not go out."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from smtplib import SMTPServerDisconnected
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.core import mail
from django.core.mail import BadHeaderError
from django.utils import timezone

from apps.audit.models import Entry
from apps.insights.baselines import Measured, record_baseline
from apps.insights.models import Delivery, MonthlyReport, Recipient
from apps.insights.reports import monthly, sending
from apps.insights.reports.contents import contents
from apps.insights.reports.document import LAYOUT, printed, typeset
from apps.insights.reports.recipients import RecipientRefused, add_recipient, remove_recipient
from apps.insights.reports.sending import MOST_ATTEMPTS, NothingToRetry, retry
from apps.insights.tasks import monthly_reports
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema
from apps.workflows.models import Workflow
from tests.cast import Member
from tests.factories import customer_service
from tests.insights.closed import Closed, write
from tests.looks.papers import assert_paper_looks_right

SECOND_OF_APRIL = datetime(2026, 4, 2, 6, tzinfo=UTC)


@pytest.fixture
def workflow(northgate: None, consultant: Member, decision_owner: Member) -> Workflow:
    """March is over, with forty cases; the decision owner gets its report."""
    write([Closed("automatic")] * 25 + [Closed("approved", 4), Closed("edited", 6), Closed("rejected", 2)] * 5)
    found = customer_service()
    add_recipient(actor=consultant.actor, workflow=found, person=decision_owner.user.pk)
    return found


@pytest.fixture
def made(workflow: Workflow) -> MonthlyReport:
    with patch("apps.insights.reports.monthly.typeset", lambda *_: b"%PDF-"):
        report = monthly.make_report(workflow=workflow, month=date(2026, 3, 1))
    assert report is not None
    return report


def at(moment: datetime):
    return patch.object(timezone, "now", lambda: moment)


def test_the_task_makes_and_sends_last_months_report_once(workflow: Workflow, decision_owner: Member) -> None:
    for _ in range(2):
        with at(SECOND_OF_APRIL):
            monthly_reports(current_schema())
    report = MonthlyReport.objects.get()
    assert report.month == date(2026, 3, 1)
    assert bytes(report.pdf).startswith(b"%PDF-")
    (sent,) = mail.outbox
    assert sent.to == [decision_owner.user.email]
    assert sent.subject.endswith("March 2026")
    assert sent.attachments[0][0] == f"{workflow.slug}-2026-03.pdf"
    assert [each.action for each in Entry.objects.filter(action__startswith="report.").order_by("at")] == [
        "report.recipient_added",
        "report.made",
        "report.sent",
    ]


def test_it_is_set_at_any_moment_of_a_second(workflow: Workflow) -> None:
    said = contents(workflow, date(2026, 3, 1), date(2026, 3, 31))
    assert typeset(said, SECOND_OF_APRIL.replace(microsecond=978_036)).startswith(b"%PDF-")


def test_it_looks_right_on_paper(workflow: Workflow, tmp_path: Path) -> None:
    said = contents(workflow, date(2026, 3, 1), date(2026, 3, 31))
    assert_paper_looks_right("monthly-report", LAYOUT, printed(said, SECOND_OF_APRIL), tmp_path)


def test_a_month_without_a_closed_case_has_no_report(workflow: Workflow) -> None:
    with at(SECOND_OF_APRIL + timedelta(days=60)):
        assert monthly.make_due() == 0


def test_it_says_the_months_figures_beside_those_before(workflow: Workflow, consultant: Member) -> None:
    before = Measured("cycle_time", 31, 420, date(2026, 1, 5), date(2026, 1, 16), "Ticket system", low=28, high=34)
    record_baseline(actor=consultant.actor, workflow=workflow, measured=before)
    said = contents(workflow, date(2026, 3, 1), date(2026, 3, 31))
    rows = {row[0]: row for row in said["rows"]}
    assert rows["Cleared automatically"][1].startswith("62.5 % (")
    assert rows["Cleared automatically"][2] == "40"
    assert rows["Reviewer time, reviewed"][1].startswith("4.00 min (")
    assert said["sentences"][0] == "40 cases closed."
    assert any(each.startswith("Without a baseline") for each in said["sentences"])
    assert said["figures"]["cases"] == 40
    assert "Cases with an error: Nobody looked at any of these cases a second time." in said["notes"]
    assert said["types"] == [["Return", "40", "62.5 %", "33.3 % (n = 15)", "10 h", "4.00 min (n = 15)", "–"]]
    assert said["baselines"] == [["Cycle time", "31 h (28–34)", "420", "5 Jan 2026 – 16 Jan 2026", "Ticket system"]]
    page = consultant.get("/insights/kpis/?begin=2026-03-01&end=2026-03-31").content.decode()
    assert "Before: 31 h (28–34), n = 420, 5 Jan 2026 – 16 Jan 2026: Ticket system." in page
    assert "svg" in said["charts"][0][1]


def test_what_does_not_go_out_is_tried_again_later_and_given_up_in_the_end(
    made: MonthlyReport, consultant: Member
) -> None:
    now = timezone.now()
    with patch("django.core.mail.EmailMessage.send", side_effect=SMTPServerDisconnected("The server is away")):
        assert sending.send_due() == 0
        delivery = Delivery.objects.get()
        assert (delivery.attempts, delivery.problem, delivery.sent_at) == (1, "The server is away", None)
        assert delivery.again_at
        assert delivery.again_at > now + timedelta(minutes=4)
        with pytest.raises(NothingToRetry):
            retry(actor=consultant.actor, delivery=delivery)
        for _ in range(MOST_ATTEMPTS):
            Delivery.objects.filter(again_at__isnull=False).update(again_at=now)
            sending.send_due()
    delivery.refresh_from_db()
    assert delivery.attempts == MOST_ATTEMPTS
    assert Delivery.objects.filter(again_at=None, sent_at=None).exists()
    assert Entry.objects.filter(action="report.given_up").count() == 1
    assert not Entry.objects.filter(action="report.sent").exists()
    retry(actor=consultant.actor, delivery=delivery)
    assert sending.send_due() == 1
    assert len(mail.outbox) == 1


def test_a_mail_that_cannot_be_written_holds_up_no_other(made: MonthlyReport, consultant: Member) -> None:
    now = timezone.now()
    Delivery.objects.create(report=made, person_id=consultant.user.pk, person_name="Zoe", again_at=now)
    with patch("django.core.mail.EmailMessage.send", side_effect=[BadHeaderError("No newlines"), 1]):
        assert sending.send_due() == 1
    assert Delivery.objects.get(sent_at=None).problem == "No newlines"


def test_who_has_left_gets_nothing(made: MonthlyReport, decision_owner: Member) -> None:
    Membership.objects.filter(user=decision_owner.user).update(active=False)
    assert sending.send_due() == 0
    assert "no member" in Delivery.objects.get().problem
    assert not mail.outbox


def test_who_is_taken_off_the_list_gets_nothing_that_waits(made: MonthlyReport, consultant: Member) -> None:
    remove_recipient(actor=consultant.actor, recipient=Recipient.objects.get())
    assert sending.send_due() == 0
    delivery = Delivery.objects.get()
    assert "list" in delivery.problem
    with pytest.raises(NothingToRetry, match="Add them again first"):
        retry(actor=consultant.actor, delivery=delivery)
    assert not mail.outbox


def test_a_report_that_cannot_be_made_holds_up_no_other(made: MonthlyReport) -> None:
    with (
        patch("apps.insights.reports.monthly.make_due", side_effect=ZeroDivisionError),
        pytest.raises(ZeroDivisionError),
    ):
        monthly_reports(current_schema())
    assert len(mail.outbox) == 1


def test_only_members_are_recipients_each_once(workflow: Workflow, consultant: Member, decision_owner: Member) -> None:
    with pytest.raises(RecipientRefused, match="Only members"):
        add_recipient(actor=consultant.actor, workflow=workflow, person=uuid4())
    add_recipient(actor=consultant.actor, workflow=workflow, person=decision_owner.user.pk)
    assert Recipient.objects.count() == 1


def test_the_page_lists_reports_and_their_recipients(
    made: MonthlyReport, consultant: Member, operator: Member, decision_owner: Member
) -> None:
    page = operator.get("/insights/reports/").content.decode()
    assert "March 2026" in page
    assert "waits" in page
    assert "Remove" not in page
    file = operator.get(f"/insights/reports/{made.pk}.pdf")
    assert file.content == b"%PDF-"
    added = consultant.post(
        f"/insights/reports/recipients/{made.workflow.slug}/add/", {"person": str(consultant.user.pk)}, follow=True
    )
    assert added.content.decode().count("Remove<span") == 2
    consultant.post(f"/insights/reports/recipients/{Recipient.objects.earliest('id').pk}/remove/")
    assert [each.person_id for each in Recipient.objects.all()] == [consultant.user.pk]
    address = f"/insights/reports/recipients/{made.workflow.slug}/add/"
    assert "Choose a person." in consultant.post(address, {"person": "joy"}, follow=True).content.decode()
    assert operator.post(address, {"person": str(operator.user.pk)}).status_code == 403


def test_without_any_report_the_page_says_when_one_comes(northgate: None, operator: Member) -> None:
    customer_service()
    page = operator.get("/insights/reports/").content.decode()
    assert "No report yet" in page
    assert "Nobody yet" in page
