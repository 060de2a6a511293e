"""Whether the words beside an entry are those that it was made for: its keyed digests, computed again."""

import json
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from apps.audit.commitments import SubjectForgotten, digest, subject_keys
from apps.audit.timeline import TimelineEntry
from apps.cases.layers.run import RESULTS
from apps.compliance.dossier import Dossier
from apps.compliance.dossier_parts import StepThen

Verdict = Literal["agrees", "differs", "forgotten"]
RANKS = ("words", "meaning", "rerank")  # the order in which a search wrote them, which the database does not keep


class Agreement(NamedTuple):
    what: str  # "The stored result"
    verdict: Verdict


class Words:
    """Compares a dossier's words with its entries. One query, or none."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier
        try:
            self._key: bytes | None = subject_keys([dossier.case.subject_id])[dossier.case.subject_id]
        except SubjectForgotten:
            self._key = None

    def of(self, entry: TimelineEntry) -> list[Agreement]:
        return [
            Agreement(what, "forgotten" if self._key is None else self._verdict(text, str(entry.facts[field])))
            for what, field, text in self._beside(entry)
            if entry.facts.get(field)
        ]

    def _verdict(self, text: str, told: str) -> Verdict:
        return "agrees" if digest(self._key or b"", text.encode()) == told else "differs"

    def _beside(self, entry: TimelineEntry) -> Iterator[tuple[str, str, str]]:
        """What it is, the entry's field with its digest, and the text beside the log."""
        kind, _, identifier = entry.object.partition(":")
        run = self._dossier.run_of(entry)
        if entry.action == "case.admitted":
            yield "The fingerprint of what was sent in", "input", self._dossier.case.content_sha256
        elif run is not None and run.layer in RESULTS:
            yield "The stored result", "output", stored_text(run)
        elif kind == "disposition":
            for made in (each for each in self._dossier.found.dispositions if str(each.id) == identifier):
                yield "The rationale", "rationale", made.rationale
                yield "The reply", "output", "\n".join(claim.text for claim in made.claims)
        elif kind == "effect":
            for order in (each for each in self._dossier.found.effects if str(each.id) == identifier):
                if order.params_digest == entry.facts.get("params"):  # a plan that was made anew has other parameters
                    yield "The parameters", "params", json.dumps(order.params, sort_keys=True, ensure_ascii=False)
        elif kind == "complaint":
            yield from (
                ("What was said", "input", each.said)
                for each in self._dossier.found.complaints
                if str(each.id) == identifier
            )


def stored_text(step: StepThen) -> str:
    """The result as the layer wrote it: names it had then, in the order of its type."""
    result: dict[str, Any] = dict(step.result)
    if "passages" in result:
        result["passages"] = [
            {**passage, "ranks": {name: passage["ranks"][name] for name in RANKS if name in passage["ranks"]}}
            for passage in result["passages"]
        ]
    return RESULTS[step.layer].model_validate(result).model_dump_json(exclude_unset=True)
