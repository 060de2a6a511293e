"""Probes on production's layers, with a fault put between two of them where a probe asks for it."""

from collections.abc import Sequence

from apps.cases.layers.run import expect
from apps.cases.layers.types import ContextResult, IntakeResult
from apps.evaluations.assurance.probes import Probe
from apps.evaluations.batches import Batch, Evaluated, Outcome


class ProbeBatch(Batch):
    _probes: dict[str, Probe]

    def try_out(self, probes: Sequence[Probe]) -> list[Outcome]:
        """In the order of the probes."""
        self._probes = {probe.key: probe for probe in probes}
        return self.evaluate([probe.as_case() for probe in probes])

    def _between(self, layer: str, each: Evaluated) -> None:
        probe = self._probes[each.row.external_id]
        if layer == "intake" and probe.family == "misread":
            each.layers["intake"] = self._misread(expect(IntakeResult, each.layers["intake"]))
        elif layer == "context" and probe.planted:
            each.layers["context"] = _planted(expect(ContextResult, each.layers["context"]), probe.planted)
        elif layer == "context" and probe.family == "unread":
            found = expect(ContextResult, each.layers["context"])
            each.layers["context"] = found.model_copy(update={"passages": found.passages[1:]})

    def _misread(self, found: IntakeResult) -> IntakeResult:
        """The next most likely case type, as sure as of the right one: the error that the later layers get to see."""
        known = [kind.slug for kind in self._loaded.release.taxonomy.case_types]
        likely = [label for label, _ in found.alternatives if label in known]
        other = next(slug for slug in (*likely, *known) if slug != found.case_type.value)
        return found.model_copy(update={"case_type": found.case_type.model_copy(update={"value": other})})


def _planted(found: ContextResult, words: str) -> ContextResult:
    """The same passages, the first with somebody's words behind its own."""
    if not found.passages:
        return found
    first, *others = found.passages
    poisoned = first.model_copy(update={"text": f"{first.text}\n\n{words}"})
    return found.model_copy(update={"passages": (poisoned, *others)})
