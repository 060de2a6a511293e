"""What the compliance officer has begun: gaps with owners, rules, a request that is due, a hold, an assessment."""

from datetime import timedelta

import yaml
from django.utils import timezone
from pydantic import BaseModel, ConfigDict

from apps.cases.models import Case, Subject
from apps.compliance import holds
from apps.compliance.framework_models import Gap
from apps.compliance.frameworks import the_map
from apps.compliance.gaps import plan_gap
from apps.compliance.people_requests import open_request
from apps.compliance.readiness import Answer, the_questions
from apps.compliance.readiness_services import keep_assessment
from apps.compliance.retention import make_rule
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.tenants.schemas import in_schema
from demo.people import actor
from demo.world import DemoTenant


class Piece(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PlannedGap(Piece):
    row: str
    owner: Role
    due: int  # days from today
    note: str


class Rule(Piece):
    data: str
    days: int
    source: str


class Request(Piece):
    kind: str
    days_ago: int
    wishes: str


class Hold(Piece):
    matter: str
    reason: str


class Content(Piece):
    gaps: tuple[PlannedGap, ...]
    rules: tuple[Rule, ...]
    request: Request | None = None
    hold: Hold | None = None
    readiness: dict[str, Answer]


def begin(tenant: DemoTenant) -> None:
    """Nothing to do where it was begun before."""
    content = content_of(tenant)
    with in_schema(tenant.schema_name):
        if Gap.objects.exists():
            return
        officer = actor(Role.COMPLIANCE_OFFICER)
        for gap in content.gaps:
            _plan(officer, gap)
        for rule in content.rules:
            make_rule(actor=officer, data=rule.data, days=rule.days, source=rule.source)
        _about_people(officer, content)
        answers: dict[str, Answer] = {
            each.id: content.readiness.get(each.id, "unknown") for each in the_questions().questions
        }
        keep_assessment(actor=officer, answers=answers)


def content_of(tenant: DemoTenant) -> Content:
    """Raises pydantic.ValidationError when the file is not what it should be."""
    return Content.model_validate(yaml.safe_load((tenant.folder / "compliance.yaml").read_text(encoding="utf-8")))


def _plan(officer: Actor, gap: PlannedGap) -> None:
    rows = {row.id: row for framework in the_map().frameworks for row in framework.rows}
    owner = Membership.objects.filter(role=gap.owner).order_by("user__name").values_list("user", flat=True)[0]
    due = timezone.localdate() + timedelta(days=gap.due)
    plan_gap(actor=officer, row=rows[gap.row], state=Gap.State.OPEN, owner=owner, due_on=due, note=gap.note)


def _about_people(officer: Actor, content: Content) -> None:
    """Two people whose cases came in last: one has asked, the other's data is held."""
    latest = Case.objects.order_by("-number").values_list("subject", flat=True)
    people = [Subject.objects.get(pk=each) for each in list(dict.fromkeys(latest[:20]))[:2]]
    asked = content.request
    if people and asked:
        received = timezone.localdate() - timedelta(days=asked.days_ago)
        open_request(actor=officer, subject=people[0], kind=asked.kind, received_on=received, wishes=asked.wishes)
    if content.hold and len(people) > 1:
        holds.place_hold(actor=officer, subject=people[1], matter=content.hold.matter, reason=content.hold.reason)
