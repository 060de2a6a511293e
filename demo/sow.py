"""The statements of work of the demo: two that were accepted on the tenth day, and one that is being argued about."""

from datetime import datetime, timedelta
from typing import Any

from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import current, working_day
from apps.engagements.sow_models import SowComment, SowVersion
from apps.engagements.statement import sow
from apps.engagements.statement.sow_content import Party, SowContent
from apps.engagements.statement.sow_prefill import prefilled
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock
from demo.engagements import morning
from demo.people import actor
from demo.world import PASSWORD, DemoTenant, SowStory

PROVIDER = Party(name="Meridian Delivery", address="Keizersgracht 88, Amsterdam", signatory="Ines Ferreira, partner")


def agree(tenant: DemoTenant) -> None:
    """Write the tenant's statement of work as far as it has come. Running it again changes nothing."""
    with in_schema(tenant.schema_name):
        engagement, story = current(), tenant.sow
        if engagement is None or story is None or sow.newest(engagement):
            return
        first = _told(engagement, story, 8, tenant.name, None)
        for remark in story.remarks:
            with clock.telling(engagement.workflow.slug, _at(engagement, 8) + timedelta(hours=4)):
                sow.comment(actor=actor(remark.by), version=first, section=remark.section, text=remark.text)
        if story.accepted:
            _accepted(engagement, _told(engagement, story, 9, tenant.name, first), story)


def _told(engagement: Engagement, story: SowStory, day: int, client: str, first: SowVersion | None) -> SowVersion:
    """The first version, or the second with what the remarks asked for."""
    with clock.telling(engagement.workflow.slug, _at(engagement, day)):
        content = prefilled(engagement, client)
        parties = {
            "client": Party(name=client, address=story.address, signatory=content.client.signatory),
            "provider": PROVIDER,
        }
        changes: dict[str, Any] = {"prices": content.prices.model_copy(update=story.prices)}
        if first:
            changes |= {name: (*getattr(content, name), *lines) for name, lines in story.added.items()}
        changed = SowContent.model_validate({**content.model_dump(), **parties, **changes})
        note = story.note if first else "First version, from what Discovery has found."
        base = first.number if first else 0
        return sow.write_version(
            actor=actor(Role.CONSULTANT), engagement=engagement, content=changed, note=note, base=base
        )


def _accepted(engagement: Engagement, version: SowVersion, story: SowStory) -> None:
    consultant, owner = actor(Role.CONSULTANT), actor(Role.DECISION_OWNER)
    with clock.telling(engagement.workflow.slug, _at(engagement, 10)):
        for remark, answered in zip(SowComment.objects.filter(engagement=engagement), story.remarks, strict=True):
            sow.resolve(actor=consultant, remark=remark, resolution=answered.resolution)
        sow.offer(actor=consultant, version=version)
        sow.accept(actor=owner, version=version, password=PASSWORD)


def _at(engagement: Engagement, day: int) -> datetime:
    """The morning of a day of Discovery; of today, where it has not come to that day."""
    return morning(min(working_day(engagement.discovery_on, day), calendars.today()))
