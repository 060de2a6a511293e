"""Evaluates labelled cases, a batch at a time, through the layers that production runs. No case rows, no effects.

The texts of a batch are encoded together, what is remembered is taken from memory, and the gate is always run.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple
from uuid import UUID, uuid5

import numpy as np
from django.db.models import Sum

from apps.cases.layers.action import Refused
from apps.cases.layers.run import expect, run_layer
from apps.cases.layers.types import (
    UNCLASSIFIED,
    ActionResult,
    CaseInput,
    ContextResult,
    Frozen,
    IntakeResult,
    Prediction,
    Timed,
)
from apps.cases.layers.types import Tag as IntakeTag
from apps.cases.loading import Loaded
from apps.cases.models import Case, Subject
from apps.cases.ports import TenantPorts
from apps.cases.submission import Submission
from apps.evaluations.case_result import CaseResult, reply_of, result_of
from apps.evaluations.labels import Expected
from apps.evaluations.memory import Memory, action_key, context_key, look_up_key, prediction_key
from apps.evaluations.models import LabelledCase
from apps.evaluations.rubric import ByWords, Judge, Judged
from apps.inference.errors import BudgetSpent, ModelRefused
from apps.inference.exchanges import About
from apps.inference.local import classifier
from apps.inference.local.encoder import Encoder, Vectors
from apps.inference.models import Exchange

READ = 20_000  # characters that are encoded: as many as a search reads
TRIALS = 3  # of each draft, where the route may answer differently each time
QUESTIONS = UUID("5b8f2e0a-6c1d-5f7e-9d43-0f1f5f0c7a11")  # namespace of the ids under which models are asked

Tag = Literal["case_type", "urgency", "sentiment"]


@dataclass
class BatchEncoder:
    """Hands out vectors that were made for the whole batch, and makes those that nobody foresaw."""

    encoder: Encoder
    made: dict[str, tuple[Vectors, Vectors]] = field(default_factory=dict)  # text → (sentence (384,), tokens (t, 384))

    @property
    def fingerprint(self) -> str:
        return self.encoder.fingerprint

    def prepare(self, texts: Sequence[str]) -> None:
        missing = [text for text in dict.fromkeys(texts) if text not in self.made]
        if missing:
            vectors, tokens = self.encoder.both(missing)
            self.made |= dict(zip(missing, zip(vectors, tokens, strict=True), strict=True))

    def both(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        self.prepare(texts)
        made = [self.made[text] for text in texts]
        return _stacked([vector for vector, _ in made]), [tokens for _, tokens in made]


class RehearsalPorts(TenantPorts):
    """Production's ports, with the batch's vectors and predictions, and with look-ups as they were recorded."""

    def __init__(
        self,
        loaded: Loaded,
        case: CaseInput,
        encoder: BatchEncoder,
        memory: Memory,
        predictions: Mapping[str, Any],
        person: UUID,
        trial: int = 0,
    ) -> None:
        super().__init__(loaded, About(question_id(case, trial), person, evaluation=True), encoder)
        self._case, self._memory, self._predictions = case, memory, predictions

    def classify(self, tag: Tag, case: CaseInput) -> Prediction | None:  # noqa: ARG002 - it is this batch's case
        found = self._predictions.get(tag)
        return classifier.Prediction(**found) if found else None

    def look_up(self, system: str, operation: str, key: str) -> Mapping[str, str] | None:
        name = look_up_key(self._case, system, operation, key)
        self._memory.read([name])
        known = self._memory.get(name)
        if known is None:
            begin = time.perf_counter_ns()
            facts = super().look_up(system, operation, key)
            known = self._memory.keep(name, "fact", {"facts": facts}, _since(begin), of=self._case)
        facts = known.result["facts"]
        return None if facts is None else dict(facts)


@dataclass
class Evaluated:
    """One case on its way through the batch."""

    row: LabelledCase
    case: CaseInput
    expected: Expected
    person: UUID  # whose key seals what models are asked about it
    layers: dict[str, Frozen] = field(default_factory=dict)
    microseconds: dict[str, int] = field(default_factory=dict)
    computed: bool = False  # whether anything had to be computed that costs time
    trials: list[ActionResult] = field(default_factory=list)
    problem: str = ""
    predictions: Mapping[str, Any] = field(default_factory=dict)


class Outcome(NamedTuple):
    result: CaseResult
    remembered: bool  # whether it came from memory alone
    spent: float  # USD, for all trials; 0 when it was remembered


class Batch:
    """A release, ready to be evaluated. What the ports raise goes through: the caller waits, or gives up."""

    def __init__(
        self,
        loaded: Loaded,
        encoder: Encoder,
        received_on: date,
        region: str,
        trials: int = TRIALS,
        judge: Judge | None = None,
    ) -> None:
        """`trials` of each draft are made where the route may answer differently each time. Points by words, unless."""
        self._loaded, self._encoder = loaded, BatchEncoder(encoder)
        self._received_on, self._region, self._trials = received_on, region, trials
        self._judge = judge or ByWords()
        self.memory = Memory()

    def evaluate(self, rows: Sequence[LabelledCase]) -> list[Outcome]:
        """In the order of the rows."""
        self._encoder.made = {}
        people = _people(rows)
        cases = [self._begin(row, people) for row in rows]
        self._predict(cases)
        for each in cases:
            each.microseconds["intake"] += self._intake(each)
            self._between("intake", each)
        self._context(cases)
        for each in cases:
            self._between("context", each)
        self._act(cases)
        costs = self._costs(cases)
        return [self._outcome(each, costs) for each in cases]

    def _between(self, layer: str, each: Evaluated) -> None:
        """What happens to a layer's result before the next one reads it: nothing, unless a fault is tried out."""

    def _outcome(self, each: Evaluated, costs: Mapping[UUID, float]) -> Outcome:
        asked = [costs.get(question_id(each.case, trial), 0.0) for trial in range(TRIALS)]
        spent = sum(asked) if each.computed else 0.0
        if each.problem:
            return Outcome(self._given_up(each), not each.computed, spent)
        reply = reply_of(each.trials[0])
        about = About(question_id(each.case, 0), each.person, evaluation=True)
        judged = self._judge.judged(about, each.expected.must, each.expected.must_not, reply)
        return Outcome(self._finish(each, asked[0], judged), not each.computed, spent + judged.cost)

    def _begin(self, row: LabelledCase, people: Mapping[UUID | str, UUID]) -> Evaluated:
        submission = Submission.model_validate(row.submission)
        received = submission.received_at.date() if submission.received_at else self._received_on
        case = CaseInput(
            id=str(question_id_of(submission)),
            subject=submission.subject,
            text=submission.text,
            channel=submission.channel,
            language=submission.language,
            region=submission.region or self._region,
            consent=submission.consent,
            customer=submission.customer or None,
            received_on=received,
        )
        person = people.get(row.case_id or "") or people.get(submission.customer) or UUID(case.id)
        return Evaluated(row, case, Expected.model_validate(row.expected), person)

    def _predict(self, cases: Sequence[Evaluated]) -> None:
        part = self._loaded.manifest.intake
        keys = [prediction_key(each.case, part.classifiers, self._encoder.fingerprint) for each in cases]
        self.memory.read(keys)
        missing = [(key, each) for key, each in zip(keys, cases, strict=True) if self.memory.get(key) is None]
        if missing:
            begin = time.perf_counter_ns()
            words = [each.case.words for _, each in missing]
            self._encoder.prepare([text[:READ] for text in words])
            vectors = self._encoder.both([text[:READ] for text in words])[0]
            found = {tag: made.predict(words, vectors) for tag, made in self._loaded.classifiers.items()}
            share = _since(begin) // len(missing)
            for place, (key, each) in enumerate(missing):
                each.computed = True
                answers = {tag: _as_json(predictions[place]) for tag, predictions in found.items()}
                self.memory.keep(key, "prediction", answers, share, of=each.case)
        for key, each in zip(keys, cases, strict=True):
            entry = self.memory.get(key)
            each.predictions = entry.result if entry else {}
            each.microseconds["intake"] = entry.microseconds if entry else 0

    def _intake(self, each: Evaluated) -> int:
        """Microseconds. A model that gives no usable answer leaves the type open, and the case to a person."""
        try:
            return self._run("intake", each).microseconds
        except BudgetSpent:
            raise
        except ModelRefused as refused:
            each.problem = str(refused)
            why = "The model gave no answer that may be used."
            nothing = IntakeTag(value=UNCLASSIFIED, confidence=0.0, band="low", decided_by="default", why=why)
            each.layers["intake"] = IntakeResult(
                case_type=nothing, urgency=nothing, sentiment=nothing, fields=(), alternatives=(), classifier=""
            )
            return 0

    def _context(self, cases: Sequence[Evaluated]) -> None:
        keys = [context_key(each.case, self._loaded.manifest, _intake(each)) for each in cases]
        self.memory.read(keys)
        self._encoder.prepare(
            [
                each.case.words[:READ]
                for key, each in zip(keys, cases, strict=True)
                if self.memory.get(key) is None and self._searches(each)
            ]
        )
        for key, each in zip(keys, cases, strict=True):
            known = self.memory.get(key)
            if known:
                each.layers["context"] = ContextResult.model_validate(known.result)
                each.microseconds["context"] = known.microseconds
                continue
            timed = self._run("context", each)
            each.computed, each.microseconds["context"] = True, timed.microseconds
            self.memory.keep(key, "context", timed.result.model_dump(mode="json"), timed.microseconds, of=each.case)

    def _searches(self, each: Evaluated) -> bool:
        return self._loaded.release.taxonomy.case_type(_intake(each).case_type.value) is not None

    def _act(self, cases: Sequence[Evaluated]) -> None:
        trials = 1 if self._loaded.release.routes["action"].startswith("local:") else self._trials
        wanted = [(each, trial, self._action_key(each, trial)) for each in cases for trial in range(trials)]
        self.memory.read(key for _, _, key in wanted)
        for each, trial, key in wanted:
            known = self.memory.get(key)
            if known:
                result, took = ActionResult.model_validate(known.result), known.microseconds
            else:
                try:
                    timed = self._run("action", each, trial)
                except BudgetSpent:
                    raise
                except (Refused, ModelRefused) as refused:  # production gives such a case to a person
                    each.problem = str(refused)
                    continue
                result, took = expect(ActionResult, timed.result), timed.microseconds
                each.computed = True
                self.memory.keep(key, "action", result.model_dump(mode="json"), took, of=each.case)
            each.trials.append(result)
            if trial == 0:
                each.layers["action"], each.microseconds["action"] = result, took

    def _action_key(self, each: Evaluated, trial: int) -> str:
        context = expect(ContextResult, each.layers["context"])
        return action_key(each.case, self._loaded.manifest, _intake(each), context, trial)

    def _given_up(self, each: Evaluated) -> CaseResult:
        tag = _intake(each).case_type
        return CaseResult(
            external_id=each.row.external_id, expected=each.expected, case_type=tag.value, urgency="", sentiment="",
            probability=tag.confidence, decided_by=tag.decided_by, band=tag.band, problem=each.problem[:400],
            microseconds=each.microseconds, judge=self._judge.name,
        )  # fmt: skip

    def _finish(self, each: Evaluated, cost: float, judged: Judged) -> CaseResult:
        results = []
        for trial in each.trials:
            each.layers["action"] = trial
            timed = self._run("review", each)
            each.microseconds["review"] = timed.microseconds
            layers = {**each.layers, "review": timed.result}
            told = result_of(each.row.external_id, each.expected, layers, each.microseconds, cost=cost, judged=judged)
            results.append(told)
        rights = tuple(result.right for result in results)
        return results[0].model_copy(update={"trials": rights if len(rights) > 1 else ()})

    def _run(self, layer: str, each: Evaluated, trial: int = 0) -> Timed:
        ports = RehearsalPorts(
            self._loaded, each.case, self._encoder, self.memory, each.predictions, each.person, trial
        )
        timed = run_layer(layer, each.case, self._loaded.release, ports, each.layers)
        each.layers[layer] = timed.result
        return timed

    def _costs(self, cases: Sequence[Evaluated]) -> dict[UUID, float]:
        """What the models' answers cost, in USD, by the id under which they were asked."""
        if not any(route and not route.startswith("local:") for route in self._loaded.release.routes.values()):
            return {}
        ids = [question_id(each.case, trial) for each in cases for trial in range(TRIALS)]
        sums = Exchange.objects.filter(case_id__in=ids).values("case_id").annotate(usd=Sum("cost")).order_by()
        return {row["case_id"]: float(row["usd"]) for row in sums}


def question_id_of(submission: Submission) -> UUID:
    """Of the case's content: the same words are the same question to a model, in whatever set they stand."""
    return uuid5(QUESTIONS, submission.fingerprint())


def question_id(case: CaseInput, trial: int) -> UUID:
    """Each trial is a question of its own, for a question that was answered is not asked again."""
    return uuid5(QUESTIONS, f"{case.id}:{trial}")


def _people(rows: Sequence[LabelledCase]) -> dict[UUID | str, UUID]:
    """The subjects of these rows, by real case and by the sender's reference; the others' questions are nobody's."""
    cases = Case.objects.filter(pk__in=[row.case_id for row in rows if row.case_id])
    references = {str(row.submission.get("customer") or "") for row in rows} - {""}
    return {
        **dict(cases.values_list("pk", "subject")),
        **dict(Subject.objects.filter(reference__in=references).values_list("reference", "pk")),
    }


def _intake(each: Evaluated) -> IntakeResult:
    return expect(IntakeResult, each.layers["intake"])


def _as_json(prediction: classifier.Prediction) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "probability": prediction.probability,
        "oos_score": prediction.oos_score,
        "in_scope": prediction.in_scope,
        "alternatives": [[label, probability] for label, probability in prediction.alternatives],
    }


def _stacked(vectors: Sequence[Vectors]) -> Vectors:
    return np.stack(vectors) if vectors else np.empty((0, Encoder.dimensions), np.float32)


def _since(begin: int) -> int:
    return (time.perf_counter_ns() - begin) // 1000
