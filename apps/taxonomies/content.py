"""What a taxonomy says, as authors write it (taxonomy.yaml) and as a version stores it.

Everything that can be wrong in itself is refused here, with the place and the reason, so that a version that exists
can be used without further checks. What depends on other rooms (do the cited passages exist, is the operation
granted?) is checked where both are known.
"""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from apps.taxonomies.facts import as_fact
from apps.taxonomies.patterns import check_pattern

OUT_OF_SCOPE = "out_of_scope"

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]
DocumentSlug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}$")]
Anchor = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,99}#[^\s#]{1,200}$")]  # document#heading
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$")]  # order.total
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Pattern = Annotated[str, AfterValidator(check_pattern)]
Lane = Literal["automatic", "drafted", "reserved"]
Impact = Literal["low", "medium", "high"]

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def _as_fact_text(value: Any) -> Any:
    """YAML reads `is: true`, `is: 30` and lists as typed values; facts and parameters are text."""
    typed = isinstance(value, bool | int | float | Decimal)
    return (
        as_fact(value) if typed or (isinstance(value, list) and all(isinstance(item, str) for item in value)) else value
    )


def _check_template(value: str) -> str:
    for name in PLACEHOLDER.findall(value):
        if not re.fullmatch(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*", name):
            raise ValueError(f"{{{name}}} is not the name of a fact, such as {{order.number}}")
    return value


FactText = Annotated[str, BeforeValidator(_as_fact_text)]
Template = Annotated[str, BeforeValidator(_as_fact_text), AfterValidator(_check_template)]


class Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Condition(Content):
    """One comparison with a trusted fact. A fact that is missing satisfies nothing but `known: false`."""

    fact: FactName
    is_: FactText | None = Field(None, alias="is")
    is_not: FactText | None = None
    at_most: Decimal | None = None
    at_least: Decimal | None = None
    in_: tuple[FactText, ...] | None = Field(None, alias="in", min_length=1)
    contains: FactText | None = None
    known: bool | None = None

    @model_validator(mode="after")
    def _one_operator(self) -> Self:
        if len(self._comparisons()) != 1:
            raise ValueError(
                "a condition compares with exactly one of is, is_not, at_most, at_least, in, contains, known"
            )
        return self

    def _comparisons(self) -> dict[str, Any]:
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"fact"})

    @property
    def comparison(self) -> tuple[str, Any]:
        """The operator as authors write it, and what it compares with."""
        return next(iter(self._comparisons().items()))


class EffectTemplate(Content):
    """An effect to plan; parameters are filled from trusted facts only."""

    system: Slug
    operation: Slug
    params: dict[Slug, Template] = {}
    summary: Template


class DecisionRow(Content):
    """A row of a case type's decision table: taken when all its conditions hold and no earlier row's did."""

    slug: Slug
    title: Words
    when: tuple[Condition, ...] = ()
    impact: Impact
    say: tuple[Anchor, ...] = ()
    effects: tuple[EffectTemplate, ...] = ()


class CaseType(Content):
    slug: Slug
    title: Words
    description: Words
    lane: Lane
    sources: tuple[DocumentSlug, ...]
    opening: Words
    closing: Words
    decisions: tuple[DecisionRow, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _complete_table(self) -> Self:
        _unique(f"decisions of {self.slug}", [row.slug for row in self.decisions])
        if self.decisions[-1].when:
            raise ValueError(f"the last decision of {self.slug} must have no conditions, so that one always applies")
        for row in self.decisions[:-1]:
            if not row.when:
                raise ValueError(
                    f"decision {row.slug} of {self.slug} has no conditions, so no later one is ever reached"
                )
        for row in self.decisions:
            for anchor in row.say:
                if anchor.partition("#")[0] not in self.sources:
                    raise ValueError(
                        f"decision {row.slug} of {self.slug} says {anchor}, which is not among its sources"
                    )
        return self

    def decision(self, slug: str) -> DecisionRow | None:
        return next((row for row in self.decisions if row.slug == slug), None)


class OutOfScope(Content):
    title: Words
    description: Words


class Lookup(Content):
    """An operation of a system of record."""

    system: Slug
    operation: Slug


class FieldDefinition(Content):
    """A value that a pattern finds in the text. With a look-up, the record found becomes the facts `<into>.*`."""

    name: Slug
    title: Words
    pattern: Pattern
    lookup: Lookup | None = None
    into: Slug | None = None

    @model_validator(mode="after")
    def _lookup_has_a_place(self) -> Self:
        if (self.lookup is None) != (self.into is None):
            raise ValueError(f"field {self.name}: `lookup` and `into` belong together")
        return self


class Rule(Content):
    """Decides the case type alone when any pattern is found, so it must hardly ever be wrong."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$")]
    case_type: Slug
    any: tuple[Pattern, ...] = Field(min_length=1)
    why: Words


class UrgencyRule(Content):
    level: Literal["low", "high"]
    any: tuple[Pattern, ...] = Field(min_length=1)
    why: Words


class SentimentRule(Content):
    level: Literal["positive", "annoyed", "angry"]
    any: tuple[Pattern, ...] = Field(min_length=1)
    why: Words


class Taxonomy(Content):
    version: int = Field(ge=1)
    title: Words
    case_types: tuple[CaseType, ...] = Field(min_length=1)
    out_of_scope: OutOfScope
    customer: Lookup | None = None  # finds the sender's own record by the reference that came with the case
    reply: Lookup | None = None  # the operation that sends the answer to the sender
    fields: tuple[FieldDefinition, ...] = ()
    rules: tuple[Rule, ...] = ()
    urgency: tuple[UrgencyRule, ...] = ()
    sentiment: tuple[SentimentRule, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        slugs = [case_type.slug for case_type in self.case_types]
        _unique("case types", slugs)
        _unique("fields", [field.name for field in self.fields])
        _unique("rules", [rule.id for rule in self.rules])
        if OUT_OF_SCOPE in slugs:
            raise ValueError("out_of_scope is a class of its own and cannot be a case type")
        for rule in self.rules:
            if rule.case_type not in {*slugs, OUT_OF_SCOPE}:
                raise ValueError(f"rule {rule.id} decides for {rule.case_type}, which is not a case type")
        return self

    def case_type(self, slug: str) -> CaseType | None:
        """None for `out_of_scope` and for anything that is not in this version."""
        return next((case_type for case_type in self.case_types if case_type.slug == slug), None)

    def anchors(self) -> frozenset[str]:
        """Every passage that a decision speaks from."""
        return frozenset(anchor for kind in self.case_types for row in kind.decisions for anchor in row.say)

    def sources(self) -> frozenset[str]:
        return frozenset(source for kind in self.case_types for source in kind.sources)

    def operations(self) -> frozenset[str]:
        """Every operation that a decision can plan, such as `shop.refund`: what a release has to grant."""
        planned = {
            f"{effect.system}.{effect.operation}"
            for kind in self.case_types
            for row in kind.decisions
            for effect in row.effects
        }
        return frozenset(planned | ({f"{self.reply.system}.{self.reply.operation}"} if self.reply else set()))


def _unique(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice)} appears twice")
