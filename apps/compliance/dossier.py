"""How a case was handled, as of any moment: one statement reads all of it, and each entry is checked as it is read."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.db import connection

from apps.audit.findings import Row
from apps.audit.timeline import TimelineEntry, timeline_entry
from apps.compliance.dossier_parts import DossierCase, Entry, Found, OrderThen, PinnedRelease, StepThen
from apps.compliance.dossier_statement import DOSSIER
from apps.tenants.schemas import current_schema


class NoSuchCase(LookupError):
    """The current tenant has no case of this id."""


@dataclass(frozen=True)
class Dossier:
    """A case with all that the log tells of it up to `at`, None for now."""

    at: datetime | None
    case: DossierCase
    release: PinnedRelease
    entries: tuple[TimelineEntry, ...]  # in order, each checked
    found: Found  # the rest of what the statement returned

    @property
    def intact(self) -> bool:
        return all(entry.intact for entry in self.entries)

    @property
    def placed(self) -> int:
        """How many of the entries have their place in the sequence."""
        return sum(entry.sequence is not None for entry in self.entries)

    @cached_property
    def _runs(self) -> dict[UUID, StepThen]:
        """Entry → step: a layer's first entry is about its first run, and so on."""
        steps = {(step.layer, step.turn): step for step in self.found.steps}
        turns, runs = Counter[str](), dict[UUID, StepThen]()
        for entry in self.entries:
            layer = entry.action.removeprefix("case.")
            turns[layer] += 1
            if entry.action.startswith("case.") and (layer, turns[layer]) in steps:
                runs[entry.id] = steps[layer, turns[layer]]
        return runs

    def run_of(self, entry: TimelineEntry) -> StepThen | None:
        """The run of a layer that the entry is about."""
        return self._runs.get(entry.id)

    def state_of(self, effect: OrderThen) -> str:
        """The effect's state as the last entry about it tells."""
        told = [entry.facts for entry in self.entries if entry.object == f"effect:{effect.id}"]
        states = [str(facts["after"]["state"]) for facts in told if isinstance(facts.get("after"), dict)]
        return states[-1] if states else ""

    def name_of(self, actor: str) -> str:
        """“Olga Brandt, operator” for person:…; the actor itself where nobody knows it."""
        return "Thinslice" if actor == "service:thinslice" else self.found.names.get(actor, actor)


def dossier(case_id: UUID, at: datetime | None = None) -> Dossier:
    """The case as of `at`, now without it. One statement. Raises NoSuchCase."""
    parameters = {"case": case_id, "at": at or "infinity", "tenant": current_schema()}
    with connection.cursor() as cursor:
        cursor.execute(DOSSIER, parameters)
        found = Found.model_validate_json(cursor.fetchone()[0])
    if found.case is None or found.release is None:
        raise NoSuchCase(f"There is no case {case_id}.")
    entries = tuple(timeline_entry(_row(entry)) for entry in found.entries)
    return Dossier(at, found.case, found.release, entries, found)


def _row(entry: Entry) -> Row:
    return Row(
        entry.seq, entry.entry_id, bytes.fromhex(entry.sequenced), entry.id, entry.at, entry.action, entry.object,
        entry.actor, entry.case_id, bytes.fromhex(entry.bytes), bytes.fromhex(entry.leaf),
    )  # fmt: skip
