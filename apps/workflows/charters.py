"""The charter of a workflow. No owner, no traffic: without a signed one no case is admitted and no release promoted."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from apps.audit.entries import record
from apps.taxonomies.content import Lane, Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.tenants.models import Membership
from apps.workflows.models import Charter, Release, Workflow
from apps.workflows.releases import manifest_of

Metric = Literal["rejection", "edit", "ungrounded", "error", "latency", "cost", "drift", "complaint", "overturned"]
OWN_UNITS: tuple[Metric, ...] = ("latency", "cost", "drift")  # the others are shares of the cases
STRICTNESS: tuple[Lane, ...] = ("automatic", "drafted", "reserved")
Words = Annotated[str, StringConstraints(strip_whitespace=True)]
Number = Annotated[str, StringConstraints(pattern=r"^\d{1,6}(\.\d{1,6})?$")]  # a decimal: the audit log holds no floats


class NoCharter(ValueError):
    """No owner, no traffic."""


class CharterRefused(ValueError):
    """The charter cannot be signed, or a release does not keep to it. The message says why."""


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RoleHolder(_Content):
    name: Words = ""
    email: Words = ""


class RiskTolerance(_Content):
    """At most this share wrong in the automatic lane, with this confidence."""

    wrong: Number = "0.02"
    confidence: Number = "0.95"


class StopCondition(_Content):
    """Traffic narrows when the metric is above `limit` beyond doubt. Units are those of `evaluations.signals`."""

    metric: Metric
    limit: Number
    window: int = Field(7, ge=1, le=90)  # days after which the watch begins anew
    case_types: tuple[str, ...] = ()  # of `complaint`: the types that are complaints


class CharterContent(_Content):
    outcome: Words = ""
    kpi: Words = ""
    risk_tolerance: RiskTolerance = RiskTolerance()
    lanes: dict[str, Lane] = {}  # by case type: the freest lane that the owner allows
    stop_conditions: tuple[StopCondition, ...] = ()
    decision_owner: RoleHolder = RoleHolder()
    data_owner: RoleHolder = RoleHolder()
    model_steward: RoleHolder = RoleHolder()
    business_sponsor: RoleHolder = RoleHolder()
    primary_metric: Words = ""  # that a candidate must beat the incumbent on; "" for the product's own choice
    automatic_rollback: bool = False  # whether a breach in production leads back without a person asking
    without_assurance: bool = False  # whether a candidate may pass the gate without a behavioural assurance
    automatic_retraining: bool = False  # whether drift may start a retraining without a person asking

    def missing(self) -> list[str]:
        """What a complete charter still needs, in words."""
        named = {
            "the outcome": self.outcome,
            "the KPI": self.kpi,
            "a lane for each case type": self.lanes,
            "at least one stop condition": self.stop_conditions,
        }
        people = {
            "a decision owner": self.decision_owner,
            "a data owner": self.data_owner,
            "a model steward": self.model_steward,
            "a business sponsor": self.business_sponsor,
        }
        return [what for what, given in named.items() if not given] + [
            f"{what} with name and e-mail address" for what, who in people.items() if not (who.name and who.email)
        ]


def content_of(charter: Charter) -> CharterContent:
    return CharterContent.model_validate(charter.content)


def in_force(workflow: Workflow) -> Charter | None:
    """The latest signed charter, which is complete: signing makes sure of it."""
    return workflow.charters.exclude(signed_at=None).first()


def require(workflow: Workflow) -> Charter:
    """The charter in force. Raises NoCharter, in words for whoever wanted to send traffic."""
    charter = in_force(workflow)
    if charter is None:
        raise NoCharter(f"No owner, no traffic: “{workflow.title}” has no signed charter yet.")
    return charter


def stricter(one: Lane, other: Lane) -> Lane:
    return max(one, other, key=STRICTNESS.index)


@transaction.atomic
def draft_charter(*, actor: Actor, workflow: Workflow, content: CharterContent, note: str = "") -> Charter:
    """A new version, to be signed. It may be incomplete; it then says what is missing."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    last = workflow.charters.first()
    charter = Charter.objects.create(
        workflow=workflow,
        version=last.version + 1 if last else 1,
        content=content.model_dump(mode="json"),
        note=note,
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="charter.drafted",
        object=f"charter:{workflow.slug}/{charter.version}",
        workflow=workflow.slug,
        before=last.content if last else None,
        after=charter.content,
        reason=note,
    )
    return charter


@transaction.atomic
def sign_charter(*, actor: Actor, charter: Charter) -> Charter:
    """Put the charter into force, signed by the decision owner whom it names. Raises CharterRefused."""
    workflow = Workflow.objects.select_for_update().get(pk=charter.workflow_id)
    charter = Charter.objects.select_for_update().get(pk=charter.pk)
    content = content_of(charter)
    problems = [f"It needs {what}." for what in content.missing()] or [*_problems(charter, content, actor, workflow)]
    if problems:
        raise CharterRefused(" ".join(problems))
    charter.signed_at, charter.signed_by, charter.signed_name = timezone.now(), actor.id, actor.name
    charter.save(update_fields=["signed_at", "signed_by", "signed_name"])
    workflow.owner, workflow.kpi = content.decision_owner.email, content.kpi[:200]
    workflow.save(update_fields=["owner", "kpi"])
    record(
        actor=actor,
        action="charter.signed",
        object=f"charter:{workflow.slug}/{charter.version}",
        workflow=workflow.slug,
        after=charter.content,
    )
    return charter


def check_release(charter: Charter, release: Release) -> None:
    """Raises CharterRefused when the release handles case types on which the charter says nothing."""
    unnamed = sorted(lanes_of(release).keys() - content_of(charter).lanes.keys())
    if unnamed:
        raise CharterRefused(f"The charter gives no lane for {', '.join(unnamed)}: the owner decides that first.")


def lanes_of(release: Release) -> Mapping[str, Lane]:
    version = TaxonomyVersion.objects.filter(sha256=manifest_of(release).taxonomy).first()
    taxonomy = Taxonomy.model_validate(version.content) if version else None
    return {kind.slug: kind.lane for kind in taxonomy.case_types} if taxonomy else {}


def _problems(charter: Charter, content: CharterContent, actor: Actor, workflow: Workflow) -> list[str]:
    problems = []
    if charter.signed_at:
        problems.append(f"It was signed by {charter.signed_name} already.")
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        problems.append("Only a decision owner signs a charter.")
    elif not Membership.objects.filter(
        user_id=actor.id, user__email__iexact=content.decision_owner.email, active=True
    ).exists():
        problems.append(f"It names {content.decision_owner.name} as the decision owner, who signs it in person.")
    metrics = [condition.metric for condition in content.stop_conditions]
    problems += [
        f"{metric} has more than one stop condition." for metric in sorted(set(metrics)) if metrics.count(metric) > 1
    ]
    problems += [_off_scale(condition) for condition in content.stop_conditions if not _on_scale(condition)]
    tolerance = content.risk_tolerance
    if not 0 < Decimal(tolerance.wrong) < 1 or not Decimal("0.5") <= Decimal(tolerance.confidence) < 1:
        problems.append("The risk tolerance is a share between 0 and 1, and a confidence from 0.5 to below 1.")
    if workflow.production:
        problems += _freer(content, lanes_of(workflow.production))
    return problems


def _on_scale(condition: StopCondition) -> bool:
    return Decimal(condition.limit) > 0 and (condition.metric in OWN_UNITS or Decimal(condition.limit) < 1)


def _off_scale(condition: StopCondition) -> str:
    """No test can be made against such a limit, so that the condition would never stop anything."""
    meant = "above 0" if condition.metric in OWN_UNITS else "a share between 0 and 1, as 0.05 for 5 %"
    return f"The limit of {condition.metric} is {condition.limit}: it has to be {meant}."


def _freer(content: CharterContent, lanes: Mapping[str, Lane]) -> list[str]:
    """The lanes must equal or be stricter than those of the release in production, type by type."""
    missing = [f"It gives no lane for {slug}." for slug in sorted(lanes.keys() - content.lanes.keys())]
    return missing + [
        f"“{slug}” is {lanes[slug]} in the release in production; a charter cannot make it {lane}."
        for slug, lane in sorted(content.lanes.items())
        if slug in lanes and STRICTNESS.index(lane) < STRICTNESS.index(lanes[slug])
    ]
