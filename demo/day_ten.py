"""The tenth day of the engagements that went on: what the evidence said, and what the decision owner signed."""

from datetime import timedelta

from apps.engagements.board_models import DayTen
from apps.engagements.discovery.day_ten import Decided, sign_day_ten
from apps.engagements.discovery.day_ten_evidence import gather
from apps.engagements.discovery.day_ten_rules import recommend
from apps.engagements.engagements import DAYS, current, working_day
from apps.tenants.capabilities import Role
from apps.tenants.schemas import in_schema
from demo import clock
from demo.engagements import morning
from demo.people import actor
from demo.world import PASSWORD, DemoTenant


def decide(tenant: DemoTenant) -> None:
    """Nothing to do in Discovery, and where it was signed before."""
    with in_schema(tenant.schema_name):
        engagement = current()
        if engagement is None or engagement.build_on is None or DayTen.objects.filter(engagement=engagement).exists():
            return
        moment = morning(working_day(engagement.discovery_on, DAYS)) + timedelta(hours=7)
        with clock.telling(engagement.workflow.slug, moment):
            evidence = gather(engagement)
            advice = recommend(evidence)
            walking = advice.decision == DayTen.Decision.WALK_AWAY  # which is not what they did: Build has begun
            decided = Decided(
                decision=DayTen.Decision.CONDITIONS.value if walking else advice.decision.value,
                reason="Gone through with the team and the sponsor; the figures are our own.",
                conditions="\n".join(
                    (*advice.against, *advice.open, "Each of these before the first slice takes traffic.")
                ),
                build_on=engagement.build_on,
                sha256=evidence.sha256,
            )
            sign_day_ten(
                actor=actor(Role.DECISION_OWNER), engagement=engagement, decided=decided, password=PASSWORD,
                email=tenant.workflow.owner,
            )  # fmt: skip
