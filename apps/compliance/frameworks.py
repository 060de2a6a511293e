"""The map from frameworks to evidence (frameworks.yaml), and what live records answer to it: evidence packs."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, model_validator

from apps.audit.entries import timestamp
from apps.compliance.checks.register import CHECKS
from apps.compliance.evidence import WORDS, Finding, Look
from apps.compliance.framework_models import Gap, Scope
from apps.tenants.schemas import current_schema

FILE = Path(__file__).with_name("frameworks.yaml")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(_Part):
    """One thing that is asked for. Either a check answers it, or `outside` says that no record here can."""

    id: str
    asks: str
    check: str = ""
    outside: str = ""
    checked: date

    @model_validator(mode="after")
    def answered_one_way(self) -> "Row":
        if bool(self.check) == bool(self.outside):
            raise ValueError(f"{self.id}: name either a check or what is outside.")
        if self.check and self.check not in CHECKS:
            raise ValueError(f"{self.id}: there is no check {self.check!r}.")
        return self


class Control(_Part):
    id: str
    cite: str
    title: str
    rows: tuple[Row, ...]


class Framework(_Part):
    id: str
    title: str
    cite: str
    note: str
    controls: tuple[Control, ...]

    @property
    def rows(self) -> list[Row]:
        return [row for control in self.controls for row in control.rows]


class Map(_Part):
    version: int
    frameworks: tuple[Framework, ...]

    @model_validator(mode="after")
    def named_once(self) -> "Map":
        ids = [each.id for each in self.frameworks] + [row.id for each in self.frameworks for row in each.rows]
        twice = [name for name, number in Counter(ids).items() if number > 1]
        if twice:
            raise ValueError(f"Named more than once: {', '.join(twice)}.")
        return self


@dataclass(frozen=True)
class Answer:
    """A row with what was found, and what people said about it."""

    framework: Framework
    control: Control
    row: Row
    finding: Finding
    gap: Gap | None

    @property
    def stated(self) -> str:
        """What somebody signed for; the system does not show it."""
        return self.gap.note if self.gap and self.gap.state == Gap.State.CLOSED else ""

    @property
    def wanting(self) -> bool:
        return self.finding.state in ("partly", "missing")


@dataclass(frozen=True)
class Pack:
    """What live records answer to one framework for a period."""

    framework: Framework
    scope: Scope | None
    answers: tuple[Answer, ...]

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """State, its word, and how many rows are in it."""
        found = Counter(answer.finding.state for answer in self.answers)
        return [(state, word, found[state]) for state, word in WORDS.items()]

    @property
    def covered(self) -> int:
        return sum(answer.finding.state == "covered" for answer in self.answers)

    @property
    def applicable(self) -> int:
        return sum(answer.finding.state != "not_applicable" for answer in self.answers)

    @property
    def controls(self) -> list[tuple[Control, list[Answer]]]:
        return [
            (control, [answer for answer in self.answers if answer.control is control])
            for control in self.framework.controls
        ]


@cache
def the_map() -> Map:
    """The file, validated. Raises pydantic.ValidationError for a map that contradicts itself."""
    return Map.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def framework_of(framework_id: str) -> Framework:
    """Raises LookupError."""
    found = next((each for each in the_map().frameworks if each.id == framework_id), None)
    if found is None:
        raise LookupError(f"There is no framework {framework_id!r}.")
    return found


def packs(look: Look) -> list[Pack]:
    """One for each framework. Every check looks once, however many rows ask for it."""
    findings: dict[str, Finding] = {}
    scopes, gaps = latest_scopes(), {gap.row: gap for gap in Gap.objects.select_related("signature")}
    return [_pack(each, look, findings, scopes, gaps) for each in the_map().frameworks]


def pack_of(framework: Framework, look: Look) -> Pack:
    gaps = {gap.row: gap for gap in Gap.objects.select_related("signature")}
    return _pack(framework, look, {}, latest_scopes(), gaps)


def pack(framework_id: str, *, begin: datetime, end: datetime) -> dict[str, Any]:
    """The evidence pack as JSON, as a bundle takes it. `begin` and `end` are aware; the period is half open.

    Raises LookupError for a framework that the map does not have.
    """
    found = pack_of(framework_of(framework_id), Look(begin, end))
    return {
        "framework": found.framework.id,
        "title": found.framework.title,
        "cite": found.framework.cite,
        "map_version": the_map().version,
        "tenant": current_schema(),
        "begin": timestamp(begin),
        "end": timestamp(end),
        "made": timestamp(timezone.now()),
        "applies": _scope_json(found.scope),
        "counts": {state: number for state, _, number in found.counts},
        "rows": [_row_json(answer) for answer in found.answers],
    }


def latest_scopes() -> Mapping[str, Scope]:
    """What was last said about each framework."""
    return {scope.framework: scope for scope in Scope.objects.order_by("id")}


def _pack(
    framework: Framework,
    look: Look,
    findings: dict[str, Finding],
    scopes: Mapping[str, Scope],
    gaps: Mapping[str, Gap],
) -> Pack:
    answers = []
    scope = scopes.get(framework.id)
    for control in framework.controls:
        for row in control.rows:
            gap = gaps.get(row.id)
            answers.append(Answer(framework, control, row, _finding(row, look, findings, scope, gap), gap))
    return Pack(framework, scope, tuple(answers))


def _finding(row: Row, look: Look, findings: dict[str, Finding], scope: Scope | None, gap: Gap | None) -> Finding:
    if scope and not scope.applies:
        return Finding("not_applicable", f"{scope.ground} ({scope.decided_name})")
    if gap and gap.state == Gap.State.NOT_APPLICABLE:
        return Finding("not_applicable", f"{gap.note} ({gap.changed_name})")
    if row.outside:
        return Finding("missing", lacking=row.outside)
    if row.check not in findings:
        findings[row.check] = CHECKS[row.check](look)
    return findings[row.check]


def _scope_json(scope: Scope | None) -> dict[str, Any] | None:
    if scope is None:
        return None
    return {"applies": scope.applies, "ground": scope.ground, "said_by": scope.decided_name}


def _row_json(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.row.id,
        "control": answer.control.cite,
        "asks": answer.row.asks,
        "checked": answer.row.checked.isoformat(),
        **answer.finding.as_json(),
        "stated": {"words": answer.stated, "by": answer.gap.changed_name} if answer.stated and answer.gap else None,
    }
