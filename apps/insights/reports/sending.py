"""Sending reports by e-mail: each to each recipient once, tried again for two days when it does not go out."""

from datetime import timedelta
from smtplib import SMTPException

from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.insights.models import Delivery, Recipient
from apps.reviews.notifying import site
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.models import Membership

MOST_ATTEMPTS = 12
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=5), timedelta(hours=6)
LEFT = "Is no member of this organisation any more."


class NothingToRetry(ValueError):
    """It was sent already, is going to be tried again anyway, or its person is on the list no more."""


def send_due() -> int:
    """Send what is due. Returns how many went out."""
    due = Delivery.objects.filter(again_at__lte=timezone.now()).order_by("id").values_list("pk", flat=True)
    return sum(_send(delivery) for delivery in list(due))


@transaction.atomic
def retry(*, actor: Actor, delivery: Delivery) -> None:
    """Try once more what was given up. Raises NothingToRetry."""
    delivery = Delivery.objects.select_for_update(of=("self",)).select_related("report").get(pk=delivery.pk)
    if delivery.sent_at or delivery.again_at:
        raise NothingToRetry("It was sent already, or is tried again without being asked.")
    if not Recipient.objects.filter(workflow=delivery.report.workflow_id, person_id=delivery.person_id).exists():
        raise NothingToRetry(f"{delivery.person_name} was taken off the list. Add them again first.")
    delivery.again_at, delivery.attempts = timezone.now(), 0
    delivery.save(update_fields=["again_at", "attempts"])
    record(actor=actor, action="report.retried", object=f"report:{delivery.report_id}", to=str(delivery.person_id))


def _send(key: int) -> bool:
    """Marked first and sent last, within one transaction: an error tries it again, a crash may send it twice."""
    try:
        with transaction.atomic():
            delivery = _taken(key)
            member = _member(delivery) if delivery else None
            if delivery is None or member is None:
                return False
            delivery.sent_at, delivery.again_at, delivery.problem = timezone.now(), None, ""
            delivery.attempts += 1
            delivery.save(update_fields=["sent_at", "again_at", "problem", "attempts"])
            report = delivery.report
            record(actor=SYSTEM, action="report.sent", object=f"report:{report.pk}", to=str(delivery.person_id))
            _mail(delivery, member).send()
            return True
    except (OSError, SMTPException, ValueError) as problem:  # the mail server is away, or it refuses; or no mail at all
        _put_off(key, str(problem) or type(problem).__name__)
        return False


def _taken(key: int) -> Delivery | None:
    """None where another worker has it, or had it."""
    free = Delivery.objects.select_for_update(skip_locked=True, of=("self",)).select_related("report__workflow")
    return free.filter(pk=key, again_at__lte=timezone.now()).first()


def _member(delivery: Delivery) -> Membership | None:
    member = Membership.objects.filter(user=delivery.person_id, active=True).select_related("user").first()
    if member is None:
        _give_up(delivery, LEFT)
    return member


@transaction.atomic
def _put_off(key: int, problem: str) -> None:
    delivery = Delivery.objects.select_for_update().get(pk=key)
    if delivery.sent_at:  # by another worker meanwhile
        return
    delivery.attempts += 1
    if delivery.attempts >= MOST_ATTEMPTS:
        _give_up(delivery, problem)
        return
    wait = min(FIRST_WAIT * 2 ** (delivery.attempts - 1), LONGEST_WAIT)
    delivery.problem, delivery.again_at = problem[:400], timezone.now() + wait
    delivery.save(update_fields=["problem", "again_at", "attempts"])


def _give_up(delivery: Delivery, problem: str) -> None:
    delivery.problem, delivery.again_at = problem[:400], None
    delivery.save(update_fields=["problem", "again_at", "attempts"])
    record(
        actor=SYSTEM,
        action="report.given_up",
        object=f"report:{delivery.report_id}",
        to=str(delivery.person_id),
        reason=delivery.problem,
    )


def _mail(delivery: Delivery, member: Membership) -> EmailMessage:
    report = delivery.report
    month, title = f"{report.month:%B %Y}", report.workflow.title
    mail = EmailMessage(
        subject=f"Thinslice: {title}, {month}",
        body=(
            f"What {title} came to in {month} is attached as a PDF.\n\n"
            f"All reports, and who gets them: {site()}/insights/reports/\n"
        ),
        to=[member.user.email],
    )
    mail.attach(f"{report.workflow.slug}-{report.month:%Y-%m}.pdf", bytes(report.pdf), "application/pdf")
    return mail
