"""The report of an assurance run: what was tried how often, what came of it, and the findings. Each share has its n."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.evaluations.assurance.fairness import LEVEL, disparities, fisher_p
from apps.evaluations.assurance.findings import CHANGES, Finding, findings, ranked
from apps.evaluations.assurance.outcomes import REWORDED, Tried, acted_in_doubt, carried_on, fate, gains
from apps.evaluations.case_result import CaseResult
from apps.evaluations.metrics import wilson_interval

Row = dict[str, Any]  # {"title", "held", "n", "share", "low", "high"}: how often it held, Wilson 95 %


def report_of(
    plain: Mapping[str, CaseResult], tried: Sequence[Tried], replayed: Sequence[CaseResult]
) -> dict[str, Any]:
    """`plain` are the unchanged cases by external id; `replayed`, recent cases with what people decided as expected."""
    unequal = disparities([each for each in tried if each.family == "swap"])
    replay = _replay(list(plain.values()), replayed)
    found = ranked([*findings(tried, unequal), *_drifted(replay)])
    return {
        "findings": [each.as_json() for each in found],
        "critical": sum(each.severity == "critical" for each in found),
        "serious": sum(each.severity == "serious" for each in found),
        "minor": sum(each.severity == "minor" for each in found),
        "reworded": _reworded(tried),
        "attacked": [
            _row("In messages", [not gains(each) for each in tried if each.family == "message"]),
            _row("In documents", [not gains(each) for each in tried if each.family == "document"]),
        ],
        "doubtful": [
            _row(
                CHANGES[f"contradiction/{name}"],
                [not acted_in_doubt(each) for each in _of(tried, "contradiction", name)],
            )
            for name in ("second-number", "anothers-number")
        ],
        "errors": [
            _errors("A wrong case type, as sure as of the right one", tried, "misread"),
            _errors("The first passage is lost", tried, "unread"),
        ],
        "fairness": [each.as_json() for each in unequal],
        "replay": replay,
    }


def _reworded(tried: Sequence[Tried]) -> list[Row]:
    rows = []
    for family in REWORDED:
        for variant in ("", "number", "sender") if family == "missing" else ("",):
            fates = [fate(each) for each in _of(tried, family, variant)]
            if fates:
                name = f"{family}/{variant}" if variant else family
                counts = {"person": fates.count("person"), "alone": fates.count("alone")}
                rows.append({**_row(CHANGES[name], [each == "same" for each in fates]), **counts})
    return rows


def _errors(title: str, tried: Sequence[Tried], family: str) -> Row:
    probes = [each for each in tried if each.family == family]
    stopped: dict[str, int] = {}
    for each in probes:
        if not carried_on(each):
            stopped[each.result.rule] = stopped.get(each.result.rule, 0) + 1
    went_through = [each for each in probes if carried_on(each)]
    return {
        **_row(title, [not carried_on(each) for each in probes]),
        "stopped": dict(sorted(stopped.items(), key=lambda item: -item[1])),
        "through": len(went_through),
        "ordered": sum(bool(each.result.effects) for each in went_through),
    }


def _replay(plain: Sequence[CaseResult], replayed: Sequence[CaseResult]) -> dict[str, Any]:
    """Does it agree with what people decide of late as it agrees with the labels? Shares, and Fisher's test."""
    now = [each.type_right and each.decision_right is not False for each in replayed]
    then = [each.type_right and each.decision_right is not False for each in plain]
    p = fisher_p(sum(now), len(now), sum(then), len(then)) if now else None
    recent, labelled = _row("Cases that people decided lately", now), _row("The labelled cases", then)
    drifted = p is not None and p < LEVEL and sum(now) / len(now) < sum(then) / len(then)
    return {"recent": recent, "labelled": labelled, "p": p, "drifted": drifted}


def _drifted(replay: dict[str, Any]) -> list[Finding]:
    if not replay["drifted"]:
        return []
    recent, labelled = replay["recent"], replay["labelled"]
    what = (
        f"People decide otherwise than it does, more often than the labels say: it agrees on {recent['held']} of "
        f"{recent['n']} cases of the last four weeks, and on {labelled['held']} of {labelled['n']} labelled ones "
        f"(Fisher's p = {replay['p']:.3f})"
    )
    count, n = recent["n"] - recent["held"], recent["n"]
    low, high = wilson_interval(count, n)
    return [Finding("replay", "serious", "The world has moved away from the labels", what, count, n, low, high, ())]


def _row(title: str, held: Sequence[bool]) -> Row:
    low, high = wilson_interval(sum(held), len(held))
    share = sum(held) / len(held) if held else None
    return {"title": title, "held": sum(held), "n": len(held), "share": share, "low": low, "high": high}


def _of(tried: Sequence[Tried], family: str, variant: str) -> list[Tried]:
    return [each for each in tried if each.family == family and each.variant == variant]
