"""The review policy of a workflow: who must agree, by when, and to whom a case goes that nobody decides."""

from decimal import Decimal
from typing import Annotated, Literal

from django.db import transaction
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from apps.audit.entries import record
from apps.cases.layers.types import Impact
from apps.cases.models import Case
from apps.reviews.terms import PolicyVersion
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.workflows.models import Workflow

# A decimal as text: the audit log holds no floats.
WorkingHours = Annotated[
    str,
    BeforeValidator(lambda given: str(given).strip().replace(",", ".")),
    StringConstraints(pattern=r"^\d{1,4}(\.\d{1,2})?$"),
]
Urgency = Literal["", "high", "normal", "low"]
When = Literal["arrives", "waits", "due_soon", "overdue"]
DECIDERS = (Role.SENIOR_REVIEWER, Role.DECISION_OWNER, Role.COMPLIANCE_OFFICER)


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TwoPeople(_Content):
    """Which cases are approved by two people. The database holds to it as well (migration 0004)."""

    impacts: tuple[Impact, ...] = ("high",)
    case_types: tuple[str, ...] = ()


class ServiceLevel(_Content):
    """Within how many working hours, from when the case was received. "" stands for every type, or urgency."""

    case_type: str = ""
    urgency: Urgency = ""
    hours: WorkingHours

    @field_validator("hours")
    @classmethod
    def _some(cls, hours: str) -> str:
        if not 0 < Decimal(hours) <= 2000:
            raise ValueError("A service level is more than 0 and at most 2000 working hours.")
        return hours


class Escalation(_Content):
    """A case that fits goes to `to`: a role, or the e-mail address of a person; when all are away, to `otherwise`."""

    case_type: str = ""
    urgency: Urgency = ""
    reason: str = ""  # the review gate's rule, "" for any
    when: When = "overdue"
    hours: WorkingHours = "0"  # of working time with a person, for `waits`
    to: str
    otherwise: Role = Role.DECISION_OWNER

    @model_validator(mode="after")
    def _can_decide(self) -> "Escalation":
        if self.to not in DECIDERS and "@" not in self.to:
            raise ValueError("An escalation goes to a role that decides, or to a person's e-mail address.")
        if self.otherwise not in DECIDERS:
            raise ValueError("The fall-back of an escalation is a role that decides.")
        return self

    @property
    def name(self) -> str:
        """Tells the rule from the others, so that each has its turn once per case."""
        return "/".join((self.when, self.hours, self.case_type, self.urgency, self.reason, self.to))[:64]


class Blind(_Content):
    """How much is looked at once more, by somebody who does not see what became of it: per cent, 0 for none.

    5 of 100 give, at a hundred cases a day, an interval of about two points either way within a quarter.
    """

    sample: int = Field(5, ge=0, le=100)  # of the cases that cleared automatically
    second: int = Field(5, ge=0, le=100)  # of those that a person decided
    known: int = Field(2, ge=0, le=20)  # cases with a known answer, for 100 decisions of people


class PolicyContent(_Content):
    two_people: TwoPeople = TwoPeople()
    service_levels: tuple[ServiceLevel, ...] = (
        ServiceLevel(urgency="high", hours="4"),
        ServiceLevel(urgency="normal", hours="16"),
        ServiceLevel(urgency="low", hours="40"),
    )
    warn_at: int = Field(75, ge=10, le=99)  # per cent of the time allowed, used up
    escalations: tuple[Escalation, ...] = ()
    blind: Blind = Blind()

    def allowed(self, case_type: str, urgency: str) -> Decimal | None:
        """Working hours, by the level that names most of it; None where no level fits."""
        fit = [
            level
            for level in self.service_levels
            if level.case_type in ("", case_type) and level.urgency in ("", urgency or "normal")
        ]
        best = max(fit, key=lambda level: (bool(level.case_type), bool(level.urgency)), default=None)
        return Decimal(best.hours) if best else None

    def needs_two(self, case: Case) -> bool:
        return case.impact in self.two_people.impacts or case.case_type in self.two_people.case_types


def in_force(workflow: int) -> tuple[int, PolicyContent]:
    """Version and content for a workflow's id; version 0 is what the product ships with."""
    latest = PolicyVersion.objects.filter(workflow=workflow).first()
    return (latest.version, PolicyContent.model_validate(latest.content)) if latest else (0, PolicyContent())


@transaction.atomic
def change_policy(*, actor: Actor, workflow: Workflow, content: PolicyContent, note: str) -> PolicyVersion:
    """A new version, in force from now on. Raises ValueError, in words, and then nothing is changed."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    version, before = in_force(workflow.pk)
    if content == before:
        raise ValueError("Nothing has changed, so there is no new version.")
    if not note.strip():
        raise ValueError("Say what has changed and why: it is what the audit log shows later.")
    _check_people(content)
    after = content.model_dump(mode="json")
    made = PolicyVersion.objects.create(
        workflow=workflow,
        version=version + 1,
        content=after,
        note=note.strip()[:400],
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="review_policy.changed",
        object=f"review_policy:{workflow.slug}/{made.version}",
        workflow=workflow.slug,
        before=before.model_dump(mode="json"),
        after=after,
        reason=made.note,
    )
    return made


def _check_people(content: PolicyContent) -> None:
    """People who are named must be able to decide."""
    for address in {rule.to for rule in content.escalations if "@" in rule.to}:
        member = Membership.objects.filter(user__email__iexact=address, active=True).first()
        if member is None:
            raise ValueError(f"Nobody with the address {address} works here.")
        if member.role not in DECIDERS:
            raise ValueError(f"{address} has no role that decides what is escalated.")
