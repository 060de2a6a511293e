"""The figures of a run, layer by layer: each with its 95 % interval, its n and its unit. Pure functions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from apps.evaluations.case_result import CaseResult
from apps.evaluations.metrics import Interval, bootstrap_interval, mean_interval, ndcg_at, recall_at, wilson_interval
from apps.evaluations.reliability import reliability
from apps.evaluations.rubric import Agreement, agreement
from apps.evaluations.significance import macro_f1s, resamples
from apps.inference.local.calibration import coverage_at

TARGET_PRECISION = 0.95
CLASSIFIED = "classifier"
# The order in which figures are read. The database keeps them, not their order.
ORDER = (
    "type_accuracy", "macro_f1", "coverage", "urgency_accuracy", "sentiment_accuracy", "recall", "ndcg",
    "decision_accuracy", "grounded", "citation_precision", "points_made", "points_violated", "right", "automatic",
    "automatic_right", "wrong_of_automatic", "pass_k", "seconds", "cost",
)  # fmt: skip

Figure = dict[str, Any]  # {"title", "layer", "unit", "value", "low", "high", "n"}; None where nothing was to measure


def report_of(results: Sequence[CaseResult], agreed: Agreement | None = None) -> dict[str, Any]:
    """{"figures": metric → figure, "reliability": …, "judge": …}. Raises ValueError on no results.

    `agreed` is the agreement with people of the judge that judged the points, without it that of the judge by words.
    """
    if not results:
        raise ValueError("A report needs at least one case.")
    told = classified(results)
    probability, right = np.array([each.probability for each in told]), np.array([each.type_right for each in told])
    agreed = agreed or agreement()
    return {
        "figures": {**_intake(results, probability, right), **_context(results), **_action(results), **_whole(results)},
        "reliability": reliability(probability, right.astype(bool)).as_json(),
        "judge": _judge(results, agreed),
        "problems": sum(bool(each.problem) for each in results),
    }


def _judge(results: Sequence[CaseResult], agreed: Agreement) -> dict[str, Any]:
    names = sorted({each.judge for each in results})
    return {
        "by": names[0] if len(names) == 1 else " and ".join(names),
        "kappa": agreed.kappa,
        "low": agreed.interval[0],
        "high": agreed.interval[1],
        "n": agreed.n,
        "trusted": agreed.trusted and len(names) == 1,
        "unjudged": sum(
            not each.problem and len(each.made) + len(each.violated) < len(each.expected.must + each.expected.must_not)
            for each in results
        ),
    }


def classified(results: Sequence[CaseResult]) -> list[CaseResult]:
    """The cases whose type the classifier gave: only there is the probability its own."""
    return [each for each in results if each.decided_by == CLASSIFIED]


def _intake(results: Sequence[CaseResult], probability: NDArray[Any], right: NDArray[Any]) -> dict[str, Figure]:
    truth = np.array([each.expected.case_type for each in results])
    predicted = np.array([each.case_type for each in results])

    macro_f1 = float(macro_f1s(np.ones((1, len(truth))), truth, predicted)[0])
    low, high = np.quantile(macro_f1s(resamples(len(truth)), truth, predicted), [0.025, 0.975])
    return {
        "type_accuracy": _share("Case type right", "intake", [each.type_right for each in results]),
        "macro_f1": _figure("Macro-F1 of the case type", "intake", macro_f1, (float(low), float(high)), len(truth)),
        "urgency_accuracy": _share(
            "Urgency right", "intake", [each.urgency == each.expected.urgency for each in results]
        ),
        "sentiment_accuracy": _share(
            "Sentiment right", "intake", [each.sentiment == each.expected.sentiment for each in results]
        ),
        "coverage": _coverage(probability, right.astype(bool)),
    }


def _coverage(probability: NDArray[Any], right: NDArray[np.bool_]) -> Figure:
    title = f"Coverage at {TARGET_PRECISION:.0%} precision, of classified cases"
    n = len(probability)
    if not n:
        return _figure(title, "intake", None, None, 0)

    def measure(rows: NDArray[np.intp]) -> float:
        return coverage_at(TARGET_PRECISION, probability[rows], right[rows])

    return _figure(title, "intake", measure(np.arange(n)), bootstrap_interval(n, measure), n)


def _context(results: Sequence[CaseResult]) -> dict[str, Figure]:
    return {
        "recall": _mean("Recall of gold passages, first 8", "context", [recall_of(each) for each in results]),
        "ndcg": _mean("nDCG@10 against gold passages", "context", [ndcg_of(each) for each in results]),
    }


def recall_of(result: CaseResult) -> float | None:
    gold = result.expected.passages
    return recall_at(result.passages, gold, 8) if gold else None


def ndcg_of(result: CaseResult) -> float | None:
    gold = dict.fromkeys(result.expected.passages, 1)
    return ndcg_at(result.passages, gold, 10) if gold else None


def _action(results: Sequence[CaseResult]) -> dict[str, Figure]:
    decided = [each.decision_right for each in results if each.decision_right is not None]
    cited = [anchor in each.expected.passages for each in results if each.expected.passages for anchor in each.cited]
    return {
        "decision_accuracy": _share("Decision right", "action", decided),
        "grounded": _share("Sentences with a verified source", "action", _each(results, "grounded")),
        "citation_precision": _share("Quoted passages that an expert would cite", "action", cited),
        "points_made": _share("Points that had to be made, by the judge", "action", _each(results, "made")),
        "points_violated": _share(
            "Points that were not to be made, by the judge", "action", _each(results, "violated")
        ),
    }


def _each(results: Sequence[CaseResult], field: str) -> list[bool]:
    return [value for each in results for value in getattr(each, field)]


def _whole(results: Sequence[CaseResult]) -> dict[str, Figure]:
    automatic = [each for each in results if each.automatic]
    figures = {
        "right": _share("Right end to end", "review", [each.right for each in results]),
        "automatic": _share("Cleared without a person", "review", [each.automatic for each in results]),
        "automatic_right": _share(
            "Right and without a person", "review", [each.automatic and each.right for each in results]
        ),
        "wrong_of_automatic": _share("Wrong, of those cleared without a person", "review", _wrong(automatic)),
        "seconds": _mean("Time of a case", "all", [seconds_of(each) for each in results], "seconds"),
        "cost": _mean("Cost of a case", "all", [each.cost for each in results], "USD"),
    }
    repeated = [each for each in results if len(each.trials) > 1]
    if repeated:
        times = len(repeated[0].trials)
        figures["pass_k"] = _share(f"Right in all of {times} trials", "review", [all(each.trials) for each in repeated])
    return figures


def _wrong(results: Sequence[CaseResult]) -> list[bool]:
    return [not each.right for each in results]


def seconds_of(result: CaseResult) -> float:
    return sum(result.microseconds.values()) / 1e6


def _share(title: str, layer: str, hits: Sequence[bool]) -> Figure:
    n, count = len(hits), sum(hits)
    return _figure(title, layer, count / n if n else None, wilson_interval(count, n) if n else None, n)


def _mean(title: str, layer: str, values: Sequence[float | None], unit: str = "share") -> Figure:
    told = [value for value in values if value is not None]
    mean = float(np.mean(told)) if told else None
    return _figure(title, layer, mean, mean_interval(told) if told else None, len(told), unit)


def _figure(
    title: str, layer: str, value: float | None, interval: Interval | None, n: int, unit: str = "share"
) -> Figure:
    low, high = interval or (None, None)
    return {"title": title, "layer": layer, "unit": unit, "value": value, "low": low, "high": high, "n": n}


def column(results: Sequence[CaseResult], measure: Callable[[CaseResult], float | bool | None]) -> NDArray[np.float64]:
    """One number per case; NaN where the measure has none."""
    return np.array([np.nan if (value := measure(each)) is None else float(value) for each in results])


def mean_of(flags: Sequence[bool]) -> float | None:
    """The share of a case's own sentences or points; None where it has none."""
    return sum(flags) / len(flags) if flags else None


def medians(results: Sequence[CaseResult]) -> Mapping[str, float]:
    """Median time per layer, in milliseconds."""
    layers = dict.fromkeys(layer for each in results for layer in each.microseconds)
    return {
        layer: float(np.median([each.microseconds[layer] for each in results if layer in each.microseconds]) / 1000)
        for layer in layers
    }
