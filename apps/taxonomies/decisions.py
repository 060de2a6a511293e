"""Decision tables: which of a case type's decisions the trusted facts ask for, and why, in words.

Nothing here looks at the case's text. A fact that is missing satisfies no condition except `known: false`, so what is
not known leads to a later, more careful row and never to an earlier one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.taxonomies.content import PLACEHOLDER, CaseType, Condition, DecisionRow
from apps.taxonomies.facts import as_items

Facts = Mapping[str, str]
SAID = 3  # of the conditions that failed: more of them nobody reads


class MissingFact(LookupError):
    """A template names a fact that is not known, so nothing may be planned from it."""


@dataclass(frozen=True)
class Choice:
    row: DecisionRow
    why: str


def choose(case_type: CaseType, facts: Facts) -> Choice:
    """The first row whose conditions all hold; the last row has none, so there always is one."""
    failures: list[Condition] = []
    for row in case_type.decisions:
        failed = next((condition for condition in row.when if not holds(condition, facts)), None)
        if failed is None:
            held = [describe(condition, facts) for condition in row.when]
            return Choice(row, _sentence(held) if held else _no_other(failures, facts))
        failures.append(failed)
    raise AssertionError(f"{case_type.slug} has no decision without conditions")


def holds(condition: Condition, facts: Facts) -> bool:
    fact = facts.get(condition.fact)
    operator, wanted = condition.comparison
    if operator == "known":
        return (fact is not None) is wanted
    return fact is not None and OPERATORS[operator](fact, wanted)


def describe(condition: Condition, facts: Facts) -> str:
    """What the fact is, beside what the condition asks: "order.total is 129.00 (at most 100)"."""
    fact = facts.get(condition.fact)
    operator, wanted = condition.comparison
    found = f"{condition.fact} is not known" if fact is None else f"{condition.fact} is {fact}"
    asked = ", ".join(map(str, wanted)) if isinstance(wanted, tuple | list) else str(wanted)
    if operator == "known":
        words = "known" if wanted else "not known"
    elif operator == "in":
        words = f"one of {asked}"
    else:
        words = f"{operator.replace('_', ' ')} {asked}"
    return f"{found} (asked: {words})"


def fill(template: str, facts: Facts) -> str:
    """Put facts into `{order.number}` places; raises MissingFact rather than leave a gap."""
    missing = [name for name in PLACEHOLDER.findall(template) if name not in facts]
    if missing:
        raise MissingFact(f"{', '.join(missing)} is not known, so “{template}” cannot be filled.")
    return PLACEHOLDER.sub(lambda place: facts[place[1]], template)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _compared(ordered: Callable[[Decimal, Decimal], bool]) -> Callable[[str, Any], bool]:
    def compare(fact: str, wanted: Any) -> bool:
        number = _number(fact)
        return number is not None and ordered(number, wanted)

    return compare


OPERATORS: Mapping[str, Callable[[str, Any], bool]] = {
    "is": lambda fact, wanted: fact == wanted,
    "is_not": lambda fact, wanted: fact != wanted,
    "in": lambda fact, wanted: fact in wanted,
    "contains": lambda fact, wanted: wanted in as_items(fact),
    "at_most": _compared(lambda fact, wanted: fact <= wanted),
    "at_least": _compared(lambda fact, wanted: fact >= wanted),
}


def _sentence(parts: list[str]) -> str:
    return f"{'; '.join(parts)}."


def _no_other(failures: list[Condition], facts: Facts) -> str:
    """Why the last row was left: what is not known, or else what the first rows asked for in vain."""
    if not failures:
        return "The only decision for this case type."
    unknown = dict.fromkeys(condition.fact for condition in failures if condition.fact not in facts)
    if unknown:
        return f"No other decision applies, as these are not known: {', '.join(unknown)}."
    return _sentence(["No other decision applies", *(describe(condition, facts) for condition in failures[:SAID])])
