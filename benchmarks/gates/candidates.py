"""How often does the gate refuse a worse classifier, and a better one? On banking77, through the real layers.

A trial draws a holdout of 200 cases from the test split, runs the incumbent and the candidate through intake, context,
action and review, and judges. Classifiers are trained anew for every tenth trial; no two of the ten share a case.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from multiprocessing import get_context
from typing import Any, Literal

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track

from apps.cases.layers.run import run_all
from apps.cases.layers.types import (
    CaseInput,
    Draft,
    DraftRequest,
    Release,
    SearchAnswer,
    SearchRequest,
    Thresholds,
)
from apps.evaluations.case_result import CaseResult, result_of
from apps.evaluations.labels import Expected
from apps.evaluations.rehearsal.reach import NothingInReach
from apps.evaluations.rehearsal.releases import case_of, release_of, taxonomy_of
from apps.inference.local.classifier import Prediction
from apps.taxonomies.content import Taxonomy
from benchmarks.figures import Row
from benchmarks.gates.judging import Tally
from benchmarks.gates.training import (
    AS_GOOD,
    FEWER,
    INCUMBENT,
    NOISY,
    PER_TYPE,
    SHUFFLED,
    Answers,
    Labelled,
    by_type,
    few,
    make_all,
)
from benchmarks.stubs import DRAFT, PASSAGE

HOLDOUT = 200  # what the largest labelled set, of 1,000 cases, holds out
HOLDOUTS = 10  # per training
PROCESSES = 2
WORSE = {
    SHUFFLED: "Refused: a classifier trained on shuffled labels",
    NOISY: "Refused: a classifier trained on labels of which 10 % are wrong",
    AS_GOOD: "Refused: a classifier that is as good, trained on as many other labels",
}
PROVABLE = 10.0  # points that a candidate is better by, from which on 200 cases are asked to show it
TOO_SMALL = f"Without a bar: {HOLDOUT} cases are too few to prove so small a gain; that takes more labels."
PEER = "A gate that asks only for a higher share of right cases refuses"
TRIALS = (
    f"Each training is judged on {HOLDOUTS} holdouts of {HOLDOUT} cases, which share none; the interval takes "
    "all trials for independent."
)


@dataclass(frozen=True)
class Said(NothingInReach):
    """What the classifier says of one case. The passage and the reply are the same for everybody, and in order."""

    prediction: Prediction

    def classify(self, tag: Literal["case_type", "urgency", "sentiment"], case: CaseInput) -> Prediction | None:  # noqa: ARG002
        return self.prediction if tag == "case_type" else None

    def search(self, request: SearchRequest) -> SearchAnswer:  # noqa: ARG002 - it answers all alike
        return SearchAnswer(passages=(PASSAGE,), withheld=(), reranker="")

    def draft(self, request: DraftRequest) -> Draft:  # noqa: ARG002
        return DRAFT


def rows(train: Labelled, test: Labelled, trials: int) -> Iterator[Row]:
    seeds = range(-(-trials // HOLDOUTS))
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        made = pool.map(make_all, repeat(train), repeat(test), seeds)
        tallies, shares = judged(test, track(made, "Candidates", len(seeds), console=Console(stderr=True)))
    yield from (_worse(name, tallies[name], shares) for name in WORSE)
    for count in FEWER:
        yield from _better(count, tallies[few(count)], shares)


def judged(
    test: Labelled, made: Iterable[Mapping[str, Answers]], holdout: int = HOLDOUT
) -> tuple[Mapping[str, Tally], Mapping[str, float]]:
    """A tally per kind of candidate, and the mean share of right cases on the whole of `test` per classifier, 0-1.

    `made` has what the classifiers of each training answered on `test`; each is judged HOLDOUTS times.
    """
    taxonomy, cases = _taxonomy(test), _cases(test)
    tallies: dict[str, Tally] = {}
    shares: dict[str, list[float]] = {}
    for seed, answers in enumerate(made):
        for name, each in answers.items():
            shares.setdefault(name, []).append(_share_right(each, test))
        for rows in holdouts(test.labels, holdout, HOLDOUTS, seed):
            _judge({name: results(each, taxonomy, cases, rows) for name, each in answers.items()}, tallies)
    return tallies, {name: float(np.mean(each)) for name, each in shares.items()}


def _worse(name: str, tally: Tally, shares: Mapping[str, float]) -> Row:
    note = (
        f"Right on the whole test split: {100 * shares[name]:.1f} %, the incumbent {100 * shares[INCUMBENT]:.1f} %. "
        f"{PEER} {100 * tally.by_share / tally.trials:.1f} %; a guardrail alone would, were the primary metric met, "
        f"{100 * tally.by_guardrail / tally.trials:.1f} %. {tally.why} {TRIALS}"
    )
    return tally.row(WORSE[name], tally.refused, ">= 95", note)


def _better(count: int, tally: Tally, shares: Mapping[str, float]) -> Iterator[Row]:
    gain = 100 * (shares[INCUMBENT] - shares[few(count)])
    figure = f"Refused: a classifier that is truly better by {gain:.1f} points"
    note = (
        f"It learnt from {PER_TYPE} labels of each type, the incumbent from {count} of the same: right on the whole "
        f"test split {100 * shares[INCUMBENT]:.1f} % and {100 * shares[few(count)]:.1f} %. {PEER} "
        f"{100 * tally.by_share / tally.trials:.1f} %. {tally.why} {TRIALS}"
    )
    if gain >= PROVABLE:
        yield tally.row(figure, tally.refused, "<= 5", note)
    else:
        yield tally.row(figure, tally.refused, "", f"{TOO_SMALL} {note}")


def holdouts(labels: NDArray[Any], size: int, count: int, seed: int) -> Iterator[NDArray[np.intp]]:
    """Samples that share no case, each with every label as often as any other, give or take one."""
    draw = np.random.default_rng([seed, size])
    left = by_type(labels, draw)
    for _ in range(count):
        extra = set(draw.permutation(len(left))[: size % len(left)].tolist())
        wanted = [size // len(left) + (place in extra) for place in range(len(left))]
        yield np.sort(np.concatenate([rows[:many] for rows, many in zip(left, wanted, strict=True)]))
        left = [rows[many:] for rows, many in zip(left, wanted, strict=True)]


@dataclass(frozen=True)
class Case:
    """A row of the test split, as it comes in and as it is labelled."""

    input: CaseInput
    expected: Expected


def _cases(asked: Labelled) -> list[Case]:
    today = timezone.now().date()
    return [
        Case(case_of(number, text, today), Expected(case_type=label))
        for number, (text, label) in enumerate(zip(asked.texts, asked.labels.tolist(), strict=True))
    ]


def results(answers: Answers, taxonomy: Taxonomy, cases: Sequence[Case], rows: NDArray[np.intp]) -> list[CaseResult]:
    """What the four layers make of these rows under a release with this classifier and its thresholds."""
    thresholds = Thresholds(high=answers.threshold, medium=min(0.5, answers.threshold))
    release = release_of(taxonomy, thresholds=thresholds, classifier="benchmark")
    return [_result(cases[row], release, Said(answers.predictions[row])) for row in rows.tolist()]


def _result(case: Case, release: Release, said: Said) -> CaseResult:
    timed = run_all(case.input, release, said)
    layers = {name: each.result for name, each in timed.items()}
    return result_of(case.input.id, case.expected, layers, {name: each.microseconds for name, each in timed.items()})


def _judge(found: Mapping[str, list[CaseResult]], tallies: dict[str, Tally]) -> None:
    for name, each in found.items():
        if name in WORSE:
            tallies.setdefault(name, Tally()).add(each, found[INCUMBENT])
        elif name != INCUMBENT:
            tallies.setdefault(name, Tally()).add(found[INCUMBENT], each)


def _taxonomy(asked: Labelled) -> Taxonomy:
    """The labels, which are slugs, as case types, all in the automatic lane."""
    taxonomy, _ = taxonomy_of(sorted(set(asked.labels.tolist())))
    types = tuple(kind.model_copy(update={"lane": "automatic"}) for kind in taxonomy.case_types)
    return taxonomy.model_copy(update={"case_types": types})


def _share_right(answers: Answers, test: Labelled) -> float:
    """Type right and taken to be in scope, over all of test: what a holdout is a sample of."""
    said = zip(answers.predictions, test.labels.tolist(), strict=True)
    return float(np.mean([each.in_scope and each.label == label for each, label in said]))
