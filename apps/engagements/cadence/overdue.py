"""Telling whoever holds the rituals that one is overdue: once, in the app and by mail as each has chosen."""

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from apps.audit.entries import record
from apps.engagements.cadence.calendar_of_run import Occurrence, waiting
from apps.engagements.cadence_models import OverdueTold
from apps.engagements.engagement_models import Engagement
from apps.reviews.notifying import tell
from apps.reviews.terms import Notification
from apps.tenants.actors import SYSTEM
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema

HOLDERS = (Role.CONSULTANT, Role.DECISION_OWNER)


def tell_of_overdue() -> int:
    """Returns how many rituals people were told of. Doing it again tells nobody twice."""
    running = Engagement.objects.select_related("workflow").filter(run_on__isnull=False)
    return sum(
        _tell(engagement, each) for engagement in running for each in waiting(engagement) if each.state == "overdue"
    )


@transaction.atomic
def _tell(engagement: Engagement, found: Occurrence) -> bool:
    _, new = OverdueTold.objects.get_or_create(
        engagement=engagement, ritual=found.ritual, day=found.day, defaults={"told_at": timezone.now()}
    )
    if not new:
        return False
    members = Membership.objects.filter(tenant_id=current_schema(), active=True, role__in=HOLDERS)
    people = list(members.values_list("user_id", flat=True))
    text = f"{found.title} of {found.day:%A %d %B}, due on {found.due_on:%A %d %B}, is overdue."
    link = reverse("ritual", args=[found.ritual.value, str(found.day)])
    tell(to=people, kind=Notification.Kind.RITUAL, text=text, link=link)
    record(
        actor=SYSTEM,
        action="ritual.overdue",
        object=f"ritual:{engagement.pk}/{found.ritual.value}/{found.day}",
        workflow=engagement.workflow.slug,
        after={"due_on": str(found.due_on), "told": len(people)},
    )
    return True
