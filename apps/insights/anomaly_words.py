"""What was found, as a sentence with the number, what is usual, and how many cases are behind it. Names nobody."""

from collections.abc import Mapping, Sequence
from datetime import date

from apps.insights.unusual import Judged

WHEN = {"day": "on {begin:%A}, {begin.day} {begin:%B}", "week": "in the week from {begin.day} {begin:%B}"}
SHORT = {
    "volume": "cases that came in",
    "latency": "hours until a person’s case closed",
    "cost": "cost of models",
    "mix": "share of “{}”",
    "unchanged": "a reviewer’s share accepted unchanged",
    "pace": "a reviewer’s time for a decision",
}


def sentence(found: Judged, grain: str, begin: date, titles: Mapping[str, str]) -> str:
    """`titles` are of case types, by their slug."""
    when, usual = WHEN[grain].format(begin=begin), f"usual is {between(found)}"
    value, n = amount(found.stream.kind, found.value), f"{found.n:,}"
    match found.stream.kind:
        case "volume":
            return f"{value} arrived {when}; {usual}."
        case "latency":
            return f"Cases that people closed {when} had taken {value} in the middle; {usual}. {n} cases."
        case "cost":
            return f"Models cost {value} a case {when}, on average; {usual}. {n} cases."
        case "mix":
            title = titles.get(found.stream.subject, found.stream.subject.replace("_", " "))
            count = round(found.value * found.n)
            return f"“{title}” was {value} of what arrived {when}: {count:,} of {n} cases; {usual}."
        case "unchanged":
            return f"One reviewer accepted {value} of the drafts unchanged {when}; {usual} for them. {n} decisions."
        case _:
            return f"One reviewer took {value} for a decision {when}, in the middle; {usual} for them. {n} decisions."


def sentence_together(found: Sequence[Judged], grain: str, begin: date, titles: Mapping[str, str]) -> str:
    """Nothing was far off by itself. The three that were furthest are named."""
    furthest = sorted(found, key=lambda each: -abs(each.off))[:3]
    parts = [
        f"{SHORT[each.stream.kind].format(titles.get(each.stream.subject, each.stream.subject))}"
        f" {amount(each.stream.kind, each.value)} ({'above' if each.off > 0 else 'below'} the middle,"
        f" 95 of 100 lie within {between(each)})"
        for each in furthest
    ]
    return f"Nothing alone, but the combination is odd {WHEN[grain].format(begin=begin)}: {'; '.join(parts)}."


def between(found: Judged) -> str:
    """The usual range, its unit once."""
    kind = found.stream.kind
    low, high = amount(kind, found.low), amount(kind, found.high)
    number, _, unit = low.partition(" ")
    return f"{number}–{high}" if unit and high.endswith(f" {unit}") else f"{low}–{high}"


def amount(kind: str, value: float) -> str:
    if kind in {"mix", "unchanged"}:
        return f"{100 * value:.0f} %"
    if kind == "volume":
        return f"{value:,.0f} cases"
    unit = {"latency": "h", "cost": "USD", "pace": "min"}[kind]
    return f"{value:,.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
