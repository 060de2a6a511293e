"""The terms of the return: what was agreed on, what somebody knows, what is assumed. Set by people, with a source."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Annotated, Self

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field, model_validator

from apps.audit.entries import record
from apps.insights.models import ReturnTerms
from apps.planning.assumptions import COMPLEXITIES, GEOGRAPHIES, INDUSTRIES
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

USD = Annotated[Decimal, Field(ge=0, le=10_000_000, max_digits=12, decimal_places=2)]
Hours = Annotated[Decimal, Field(ge=0, le=10_000, max_digits=7, decimal_places=1)]
LONGEST_SOURCE = 400  # characters
FURTHEST = timedelta(days=3653)  # back: every month since then is reckoned on each page
Share = Annotated[Decimal, Field(ge=0, le=1, max_digits=4, decimal_places=3)]


class TermsRefused(ValueError):
    """The terms cannot be set so. The message says why."""


class Terms(BaseModel):
    """Money in USD. A phase without a day has not begun, and costs nothing yet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    discovery_on: date
    build_on: date | None = None
    run_on: date | None = None
    discovery: USD = Decimal(0)
    build: USD = Decimal(0)
    run: USD = Decimal(0)  # a month
    own_hours_building: Hours = Decimal(0)  # of the client's own people beside the review of cases, a month
    own_hours_running: Hours = Decimal(0)
    error_cost: USD = Decimal(0)  # of one error; 0: nobody has said
    day_value: USD = Decimal(0)  # of a case that is done a day earlier; 0: nobody has said
    monthly_volume: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    sampled: bool = False  # from Run on, the records are a sample of `monthly_volume` cases a month
    routine: Share = Decimal("0.65")  # for the forecast
    complexity: str = "typical"
    geography: str = "us"
    industry: str = "retail"

    @model_validator(mode="after")
    def _sound(self) -> Self:
        days = [each for each in (self.discovery_on, self.build_on, self.run_on) if each]
        if days != sorted(days) or (self.run_on and not self.build_on):
            raise ValueError("Discovery begins before Build, and Build before Run.")
        if self.sampled and not self.monthly_volume:
            raise ValueError("Say how many cases a month the records are a sample of.")
        known = ((self.complexity, COMPLEXITIES), (self.geography, GEOGRAPHIES), (self.industry, INDUSTRIES))
        if any(name not in names for name, names in known):
            raise ValueError("Choose complexity, geography and industry from the lists.")
        return self


@transaction.atomic
def set_terms(*, actor: Actor, workflow: Workflow, terms: Terms, source: str) -> ReturnTerms:
    """Holds from now on, for the past as well: everything is reckoned anew. Raises TermsRefused."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    last, source = last_terms(workflow), source.strip()
    before = Terms.model_validate(last.content) if last else None
    after = terms.model_dump(mode="json")
    if last and before == terms and last.source == source:
        raise TermsRefused("Nothing has changed.")
    if not source:
        raise TermsRefused("Name the source: a signed statement of work, an invoice, whoever in finance said so.")
    if len(source) > LONGEST_SOURCE:
        raise TermsRefused(f"The source has at most {LONGEST_SOURCE} characters.")
    if terms.discovery_on < timezone.now().date() - FURTHEST:
        raise TermsRefused("Discovery began at most ten years ago: look at the year.")
    made = ReturnTerms.objects.create(
        workflow=workflow,
        content=after,
        source=source,
        recorded_at=timezone.now(),
        recorded_by=actor.id,
        recorded_name=actor.name,
    )
    record(
        actor=actor,
        action="return_terms.set",
        object=f"return_terms:{made.pk}",
        workflow=workflow.slug,
        before=before.model_dump(mode="json") if before else None,
        after=after,
        reason=f"Source: {made.source}",
    )
    return made


def last_terms(workflow: Workflow) -> ReturnTerms | None:
    return ReturnTerms.objects.filter(workflow=workflow).first()


def terms_of(workflow: Workflow) -> Terms | None:
    """Those in force; None while nobody has set any."""
    last = last_terms(workflow)
    return Terms.model_validate(last.content) if last else None
