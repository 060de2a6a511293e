"""Running a layer of a case again on what is stored, sending nothing: the same requests, the same result?

The layer's own function runs, with the release that the case pinned and the stored results of the layers before it.
Each request is built again by the code and SDK that built the first, and answered with the stored answer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel

from apps.cases.holding import HELD
from apps.cases.layers.run import RESULTS, expect, run_layer
from apps.cases.layers.types import ContextResult, Frozen, IntakeResult, ReviewResult
from apps.cases.loading import Loaded, load
from apps.cases.models import Case, Step
from apps.cases.ports import TenantPorts
from apps.cases.reading import input_of
from apps.compliance.differences import Difference, as_bytes, first_difference
from apps.compliance.retrieval_replay import RetrievalReplay, replay_retrieval
from apps.inference.errors import NoAnswer
from apps.inference.exchanges import About
from apps.inference.models import Exchange
from apps.inference.replay import Built, Rebuilding


class NotRun(LookupError):
    """The layer has not run for this case."""


@dataclass(frozen=True)
class Call:
    """A request built again, beside the stored one that it should be."""

    exchange: Exchange | None  # None when fewer requests are stored than were built
    size: int  # bytes, as built again
    difference: Difference | None  # from the stored request to this one
    output: BaseModel | None

    @property
    def proved(self) -> bool:
        return self.exchange is not None and self.difference is None


@dataclass(frozen=True)
class Reconstruction:
    layer: str
    calls: tuple[Call, ...] = ()
    retrieval: RetrievalReplay | None = None
    difference: Difference | None = None  # from the stored result to the one just made
    stopped: str = ""  # why it did not come to a result
    held: bool = False  # the gate said automatic, and the owner's stop or charter stood against it

    @property
    def proved(self) -> bool:
        searched = self.retrieval is None or self.retrieval.proved
        return not self.stopped and self.difference is None and searched and all(call.proved for call in self.calls)


@dataclass
class Stored:
    """A case with what its layers found, and the release that it pinned, loaded."""

    case: Case
    loaded: Loaded
    results: dict[str, Frozen] = field(default_factory=dict)

    @classmethod
    def of(cls, case: Case) -> "Stored":
        steps = Step.objects.filter(case=case, revision=case.revision, layer__in=RESULTS)
        results = {step.layer: RESULTS[step.layer].model_validate(step.result) for step in steps}
        return cls(case, load(case.release_id), results)

    @property
    def about(self) -> About:
        return About(self.case.pk, self.case.subject_id)

    def run(self, layer: str, ports: TenantPorts) -> Frozen:
        """The layer on what the others found. Raises NoAnswer where a model gives none."""
        return run_layer(layer, input_of(self.case), self.loaded.release, ports, self.results).result


def reconstruct(case: Case, layer: str) -> Reconstruction:
    """Run one layer again. Raises NotRun, SubjectForgotten when its person's key is gone, and SealBroken."""
    stored = Stored.of(case)
    if layer not in stored.results:
        raise NotRun(f"{layer} has not run for {case.number}.")
    if layer == Case.Layer.CONTEXT:
        return _searched_again(stored)
    exchanges = list(Exchange.objects.filter(case_id=case.pk, outcome__in=Exchange.REPLAYED))
    rebuilding = Rebuilding(exchanges)
    ports = TenantPorts(stored.loaded, stored.about, ask=rebuilding.ask)
    try:
        result = stored.run(layer, ports)
    except NoAnswer as stopped:
        return Reconstruction(layer, _calls(rebuilding.built, exchanges), stopped=str(stopped))
    then, held = _comparable(stored.results[layer], result)
    return Reconstruction(
        layer,
        _calls(rebuilding.built, exchanges),
        difference=first_difference(as_bytes(then.model_dump(mode="json")), as_bytes(result.model_dump(mode="json"))),
        held=held,
    )


def _searched_again(stored: Stored) -> Reconstruction:
    replay = replay_retrieval(
        input_of(stored.case),
        stored.loaded.release,
        TenantPorts(stored.loaded, stored.about),
        expect(IntakeResult, stored.results["intake"]),
        expect(ContextResult, stored.results["context"]),
    )
    return Reconstruction("context", retrieval=replay)


def _comparable(then: Frozen, now: Frozen) -> tuple[Frozen, bool]:
    """What is stored of a gate that was held back is not the gate's own word: the parts that are stay compared."""
    if not (isinstance(then, ReviewResult) and isinstance(now, ReviewResult) and then.rule in HELD):
        return then, False
    own = {"route": now.route, "rule": now.rule, "reason": now.reason, "lane": now.lane}
    return then.model_copy(update=own), True


def _calls(built: Sequence[Built], exchanges: Sequence[Exchange]) -> tuple[Call, ...]:
    matched = {each.exchange.pk for each in built if each.exchange}
    rest = iter([each for each in exchanges if each.pk not in matched])
    return tuple(_call(each, rest) for each in built)


def _call(built: Built, rest: Iterator[Exchange]) -> Call:
    if built.exchange:
        return Call(built.exchange, len(built.request), None, built.output)
    meant = next((each for each in rest if each.purpose == built.purpose), None)
    difference = first_difference(meant.plain("request"), built.request) if meant else None
    return Call(meant, len(built.request), difference, built.output)
