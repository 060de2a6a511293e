"""Rehearses intake: trains the classifier on the set's train part as the platform does, and runs intake on the rest."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from apps.cases.layers.run import expect, run_layer
from apps.cases.layers.types import CaseInput, IntakeResult, Tag, Thresholds
from apps.evaluations.metrics import auroc, bootstrap_interval, macro_f1
from apps.evaluations.rehearsal.intent_data import Example, IntentSet
from apps.evaluations.rehearsal.reach import NothingInReach
from apps.evaluations.rehearsal.releases import case_of, release_of, taxonomy_of
from apps.evaluations.rehearsal.remembered import Progress, RememberingEncoder
from apps.evaluations.rehearsal.report import Figure, Report, share
from apps.inference.local.calibration import expected_calibration_error
from apps.inference.local.classifier import Artefact, Prediction
from apps.inference.local.encoder import Encoder
from apps.inference.local.training import fit
from apps.taxonomies.content import OUT_OF_SCOPE

PRECISION = 0.95  # what cases that intake decides alone must reach; the platform sets its threshold for it


@dataclass(frozen=True)
class Answer:
    """What intake said of one example, and what the classifier had told it."""

    truth: str  # a slug of the taxonomy, or OUT_OF_SCOPE
    tag: Tag
    prediction: Prediction
    milliseconds: float

    @property
    def right(self) -> bool:
        """Whether the likeliest type is the right one. Whether intake took it to be in scope is measured beside it."""
        return self.prediction.label == self.truth

    @property
    def decided_alone(self) -> bool:
        return self.tag.band == "high" and self.tag.value != OUT_OF_SCOPE


@dataclass
class ClassifierInReach(NothingInReach):
    """The trained classifier. Each case's text is encoded when it comes, as in production."""

    artefact: Artefact
    encoder: Encoder
    said: list[Prediction] = field(default_factory=list)

    def classify(self, tag: Literal["case_type", "urgency", "sentiment"], case: CaseInput) -> Prediction | None:
        if tag != "case_type":
            return None
        self.said += self.artefact.predict([case.words], self.encoder.encode([case.words]))
        return self.said[-1]


def train(data: IntentSet, encoder: RememberingEncoder, progress: Progress | None = None) -> Artefact:
    _, slugs = taxonomy_of(data.labels)
    texts = [example.text for example in data.train]
    labels = [slugs.get(example.label, OUT_OF_SCOPE) for example in data.train]
    return fit(texts, encoder.encode(texts, progress), labels, encoder=encoder.fingerprint, precision=PRECISION)


def rehearse(
    data: IntentSet, artefact: Artefact, encoder: Encoder, name: str, *, progress: Progress, limit: int | None
) -> Report:
    """`limit` bounds the test rows in scope, and those out of scope."""
    taxonomy, slugs = taxonomy_of(data.labels)
    thresholds = Thresholds(high=artefact.thresholds.high, medium=artefact.thresholds.medium)
    release = release_of(taxonomy, thresholds=thresholds, classifier=artefact.sha256)
    ports = ClassifierInReach(artefact, encoder)
    today = timezone.now().date()

    count = len(data.test[:limit]) + len(data.outside[:limit])

    def answers(examples: Iterable[Example]) -> list[Answer]:
        found = []
        for example in examples:
            timed = run_layer("intake", case_of(example.line, example.text, today), release, ports, {})
            tag = expect(IntakeResult, timed.result).case_type
            truth = slugs.get(example.label, example.label)  # a label that train lacks keeps its name, and matches none
            found.append(Answer(truth, tag, ports.said[-1], timed.microseconds / 1000))
            progress(len(ports.said), count)
        return found

    inside, outside = answers(data.test[:limit]), answers(data.outside[:limit])
    return Report(
        kind="intent",
        data=name,
        figures=[*_figures(inside), *(_scope_figures(inside, outside) if outside else [])],
        milliseconds={"intake": [answer.milliseconds for answer in [*inside, *outside]]},
        warnings=data.warnings,
        facts={
            "labels": len(data.labels),
            "trained_on": len(data.train),
            "classifier": artefact.sha256,
            "encoder": artefact.encoder,
            "threshold": artefact.thresholds.high,
        },
    )


def _figures(answers: Sequence[Answer]) -> list[Figure]:
    n = len(answers)
    right = np.array([answer.right for answer in answers])
    probability = np.array([answer.prediction.probability for answer in answers])
    alone = np.array([answer.decided_alone for answer in answers])
    numbers = {
        slug: number for number, slug in enumerate(sorted({slug for answer in answers for slug in _slugs(answer)}))
    }
    truth = np.array([numbers[answer.truth] for answer in answers])
    predicted = np.array([numbers[answer.prediction.label] for answer in answers])
    f1 = macro_f1(truth.tolist(), predicted.tolist())
    f1_interval = bootstrap_interval(n, lambda rows: macro_f1(truth[rows].tolist(), predicted[rows].tolist()))
    ece_interval = bootstrap_interval(n, lambda rows: expected_calibration_error(probability[rows], right[rows]))
    kept = sum(answer.tag.value != OUT_OF_SCOPE for answer in answers)
    return [
        share("accuracy", "Likeliest case type is right", int(right.sum()), n),
        Figure("macro_f1", "Macro F1 over the labels", f1, f1_interval, n),
        Figure("ece", "Calibration error", expected_calibration_error(probability, right), ece_interval, n),
        share("coverage_at_95", f"Intake decides alone, aiming at {PRECISION:.0%} right", int(alone.sum()), n),
        share("precision_reached", "Right among those", int(right[alone].sum()), int(alone.sum())),
        share("in_scope_kept", "Taken to be in scope", kept, n),
        share(
            "tag_accuracy",
            "Right, in-scope judgement included",
            sum(answer.tag.value == answer.truth for answer in answers),
            n,
        ),
    ]


def _scope_figures(inside: Sequence[Answer], outside: Sequence[Answer]) -> list[Figure]:
    scores = np.array([answer.prediction.oos_score for answer in [*inside, *outside]])
    border = len(inside)

    def measure(rows: NDArray[np.intp]) -> float:
        near, far = scores[rows[rows < border]], scores[rows[rows >= border]]
        return auroc(near.tolist(), far.tolist()) if len(near) and len(far) else 0.5

    n = len(scores)
    value, interval = measure(np.arange(n)), bootstrap_interval(n, measure)
    refused = sum(answer.tag.value == OUT_OF_SCOPE for answer in outside)
    return [
        Figure("oos_auroc", "Out of scope told from in scope", value, interval, n),
        share("oos_refused", "Out of scope, and taken to be", refused, len(outside)),
    ]


def _slugs(answer: Answer) -> tuple[str, str]:
    return answer.truth, answer.prediction.label
