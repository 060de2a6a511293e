"""The demo world as its files tell it: one folder per tenant, everything written for this project."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from apps.tenants.capabilities import Role
from apps.workflows.manifest import TypeThresholds

Say = Callable[[str], None]

FOLDER = Path(__file__).parent
PASSWORD = "thin-slice-demo-2026"  # noqa: S105 - of everybody in the demo world; `make run` shows it


class Person(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str
    email: str
    role: Role


class DemoWorkflow(BaseModel):
    model_config = ConfigDict(extra="forbid")

    slug: str
    title: str
    kpi: str
    monthly_volume: int
    owner: str
    case_prefix: str = "C"


class Breach(BaseModel):
    """How a slice ended: what was measured when a stop condition gave its traffic back."""

    model_config = ConfigDict(extra="forbid")

    days_later: float
    sentence: str
    evidence: dict[str, str | int]


class Held(BaseModel):
    """What the owner wrote down at a weekly review, when the slice stayed as it was."""

    model_config = ConfigDict(extra="forbid")

    days_later: float
    reason: str


class Candidate(BaseModel):
    """The incumbent with other thresholds, and how far it is to come. Whether it does is for the gate to say."""

    model_config = ConfigDict(extra="forbid")

    note: str
    high: Annotated[str, Field(pattern=r"^[01]\.\d{6}$")]  # as a manifest has it
    medium: Annotated[str, Field(pattern=r"^[01]\.\d{6}$")]
    judged: bool
    mode: Literal["", "shadow", "slice"] = ""
    percent: int = 0
    per_type: dict[str, TypeThresholds] = {}
    amount_limit: str | None = None  # where it lets larger amounts leave without a person
    days_ago: float = 0  # when it was made, judged and given its traffic
    promoted_days_later: float = 0  # when it took all of it, where it did
    held: list[Held] = []
    breach: Breach | None = None


class Phases(BaseModel):
    """How long ago each phase of the engagement began. What it has not come to has no time."""

    model_config = ConfigDict(extra="forbid")

    discovery_days: int = 0  # of work, until and with today; instead of `discovery`
    discovery: int = 0  # weeks ago, on the Monday
    build: int = 0
    run: int = 0

    @property
    def now(self) -> Literal["discovery", "build", "run"]:
        return "run" if self.run else "build" if self.build else "discovery"


class History(BaseModel):
    """The cases before now: how many, over how many weeks, and what a person needed for one before it all began."""

    model_config = ConfigDict(extra="forbid")

    cases: int
    weeks: float
    minutes: float
    bad_weeks: tuple[float, float] = (0, 0)  # ago, from and to: more came than people could do, and it was done worse

    def is_bad(self, ago: timedelta) -> bool:
        begin, end = self.bad_weeks
        return timedelta(weeks=end) < ago < timedelta(weeks=begin)


class Remark(BaseModel):
    """What somebody had to say about a section of the statement of work, and what became of it."""

    model_config = ConfigDict(extra="forbid")

    by: Role
    section: str
    text: str
    resolution: str = ""


class SowStory(BaseModel):
    """How the statement of work came about. `added` are lines that the second version has beside those of the first."""

    model_config = ConfigDict(extra="forbid")

    address: str
    prices: dict[str, int]
    remarks: list[Remark] = []
    added: dict[str, list[str]] = {}
    note: str = ""  # of the second version
    accepted: bool = False


class Change(BaseModel):
    """Something that was asked for beyond the statement of work, so many days into Build, and what was said to it."""

    model_config = ConfigDict(extra="forbid")

    day: int
    title: str
    why: str
    price: int
    days: int
    accepted: bool = False
    decision: str = ""  # why; "" while it waits


class DemoTenant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_name: Annotated[str, Field(alias="schema")]
    slug: str
    name: str
    region: str
    industry: str
    workflow: DemoWorkflow
    people: list[Person]
    phases: Phases
    sow: SowStory | None = None
    changes: list[Change] = []
    library: dict[str, str] = {}  # given to the delivery library: titles by kind
    history: History = History(cases=0, weeks=0, minutes=0)
    automatic_below: dict[str, Decimal] = {}
    weeks: int = 0  # since the workflow began
    cautious: bool = False  # whether its first release lets nothing through by itself
    candidates: list[Candidate] = []

    @property
    def folder(self) -> Path:
        return FOLDER / self.slug

    @property
    def has_release(self) -> bool:
        """Discovery ends with a decision, not with a release: before Build nothing runs and no case comes in."""
        return self.phases.now != "discovery"

    def records(self) -> dict[str, Any]:
        """What the tenant's systems of record hold."""
        content: dict[str, Any] = yaml.safe_load((self.folder / "systems.yaml").read_text(encoding="utf-8"))
        return content

    def charter(self) -> dict[str, Any]:
        """What the workflow is for, who answers for it, and when it stops."""
        content: dict[str, Any] = yaml.safe_load((self.folder / "charter.yaml").read_text(encoding="utf-8"))
        return content

    def answers(self) -> dict[str, dict[str, Any]]:
        """What was put into the public tools before the engagement began, by tool."""
        content: dict[str, dict[str, Any]] = yaml.safe_load((self.folder / "answers.yaml").read_text(encoding="utf-8"))
        return content

    def review(self) -> dict[str, Any]:
        """When people work, on which days they do not, and by which policy they review."""
        content: dict[str, Any] = yaml.safe_load((self.folder / "review.yaml").read_text(encoding="utf-8"))
        return content

    def cases(self) -> Iterator[dict[str, Any]]:
        for file in sorted(self.folder.glob("cases-*.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                if line.strip():
                    yield json.loads(line)


def tenants() -> list[DemoTenant]:
    files = sorted(FOLDER.glob("*/tenant.yaml"), reverse=True)  # Northgate, the healthy routine, first
    return [DemoTenant.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files]
