"""The first version of a statement of work, grown from what Discovery has found so far."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from apps.engagements.engagement_models import Engagement
from apps.engagements.statement.sow_content import Criterion, Milestone, Party, Prices, SowContent
from apps.evaluations.labelled_sets import current_frozen, draft_of, last_frozen
from apps.evaluations.models import LabelledCase
from apps.insights.baselines import in_force
from apps.insights.measures import MEASURES
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.tenants.schemas import current_schema
from apps.workflows import charters


class Measure(BaseModel):
    measure: str
    least: str


class Texts(BaseModel):
    """What `sow.yaml` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    milestones: tuple[Milestone, ...]
    acceptance: tuple[Measure, ...]
    acceptance_rule: str
    assumptions: tuple[str, ...]
    excluded: tuple[str, ...]
    data_terms: tuple[str, ...]
    change_control: str
    leaving: str
    law: str
    terms: str


@cache
def texts() -> Texts:
    return Texts.model_validate(yaml.safe_load(Path(__file__).with_name("sow.yaml").read_text(encoding="utf-8")))


def prefilled(engagement: Engagement, client: str) -> SowContent:
    """`client` is the tenant's name. What Discovery has not found yet stays empty."""
    workflow, said = engagement.workflow, texts()
    included, reserved = _types(engagement)
    return SowContent(
        client=Party(name=client, signatory=_signs()),
        provider=Party(signatory=engagement.created_name),
        background=f"The Client wants to improve {_inside(workflow.title)}. {_baseline(engagement)}".strip(),
        goal=f"KPI: {workflow.kpi}." if workflow.kpi else "",
        included=included,
        excluded=(*said.excluded, *reserved),
        volume=workflow.monthly_volume,
        milestones=said.milestones,
        acceptance=_acceptance(engagement),
        acceptance_rule=said.acceptance_rule,
        prices=Prices(terms=said.terms),
        assumptions=said.assumptions,
        data_terms=said.data_terms,
        change_control=said.change_control,
        leaving=said.leaving,
        law=said.law,
    )


def _signs() -> str:
    owners = Membership.objects.filter(tenant=current_schema(), role=Role.DECISION_OWNER, active=True)
    owner = owners.select_related("user").order_by("created_at").first()
    return f"{owner.user.name}, decision owner" if owner else ""


def _types(engagement: Engagement) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Case types that are worked on, and those that the charter reserves."""
    version = TaxonomyVersion.objects.filter(workflow=engagement.workflow.slug).order_by("-version").first()
    if version is None:
        return (), ()
    charter = engagement.workflow.charters.first()
    lanes = charters.content_of(charter).lanes if charter else {}
    types = version.taxonomy().case_types
    worked = tuple(each.title for each in types if lanes.get(each.slug, each.lane) != "reserved")
    reserved = tuple(f"Deciding on: {each.title}" for each in types if lanes.get(each.slug, each.lane) == "reserved")
    return worked, reserved


def _baseline(engagement: Engagement) -> str:
    said = []
    for name in ("cycle_time", "handling_time", "cost_per_case"):
        known = in_force(engagement.workflow, name)
        if known:
            measure = MEASURES[name]
            said.append(f"{measure.title} {known.value:g} {measure.unit} ({known.begin:%d %b} to {known.end:%d %b %Y})")
    return f"Measured in Discovery: {'; '.join(said)}." if said else ""


def _acceptance(engagement: Engagement) -> tuple[Criterion, ...]:
    workflow = engagement.workflow
    chosen = current_frozen(workflow) or last_frozen(workflow) or draft_of(workflow)
    if chosen is None:
        return ()
    holdout = chosen.cases.filter(split=LabelledCase.Split.HOLDOUT).count() or max(1, chosen.cases.count() // 5)
    return tuple(Criterion(measure=each.measure, least=each.least, cases=holdout) for each in texts().acceptance)


def _inside(title: str) -> str:
    """A title within a sentence: “customer service”, and “NDA review” as it is."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]
