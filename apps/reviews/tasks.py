"""Background work on reviews. A task only says where to look; PostgreSQL says what is due."""

from celery import shared_task

from apps.reviews import blind, clocks, escalation, snoozing
from apps.reviews.notifying import send_digests
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="reviews.watch_clocks")
def watch_clocks(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    """Bring back what was snoozed, ask what is to be asked, reckon, warn and breach, and hand on by rule."""
    snoozing.wake()
    snoozing.send_questions()
    clocks.watch()
    escalation.by_rules()


@shared_task(base=TenantTask, name="reviews.send_digests")
def send_digest_mails(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    send_digests()


@shared_task(base=TenantTask, name="reviews.draw_blind")
def draw_blind(schema: str) -> None:  # noqa: ARG001 - the task's base reads it
    blind.draw_everywhere()
