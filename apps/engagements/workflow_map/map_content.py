"""What a workflow map says: steps in the lanes of those who do them, and the ways between steps."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Layer = Literal["", "intake", "context", "action", "review"]
Lane = Literal["", "automatic", "drafted", "reserved"]
MOST: Final = 60  # steps
LONGEST: Final = 10_000  # hours, or minutes


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Part):
    """`actor` is a role or a system, and the lane of the drawing. Volume in cases a month, times for each case."""

    title: Name
    actor: Name
    system: Words = ""
    volume: float = Field(0, ge=0, le=10_000_000, allow_inf_nan=False)
    minutes: float = Field(0, ge=0, le=LONGEST, allow_inf_nan=False)  # of work
    wait: float = Field(0, ge=0, le=LONGEST, allow_inf_nan=False)  # hours, before the work begins
    pain: Words = ""
    layer: Layer = ""  # of the target: which of the four does it
    lane: Lane = ""  # of the target: who decides


class Flow(_Part):
    """From one step to another, by their titles. `share`: percent of those that leave the first; 0: not known."""

    begin: Name
    end: Name
    share: float = Field(0, ge=0, le=100, allow_inf_nan=False)
    label: Words = ""


class MapContent(_Part):
    steps: tuple[Step, ...] = ()
    flows: tuple[Flow, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> "MapContent":
        titles = [step.title for step in self.steps]
        twice = sorted({title for title in titles if titles.count(title) > 1})
        if twice:
            raise ValueError(f"Two steps are called “{twice[0]}”. Give each a name of its own.")
        if len(titles) > MOST:
            raise ValueError(f"The map has {len(titles)} steps; {MOST} are the most that anybody can read.")
        for flow in self.flows:
            missing = next((each for each in (flow.begin, flow.end) if each not in titles), "")
            if missing:
                raise ValueError(f"A way leads from or to “{missing}”, which is no step of the map.")
        ways = [(flow.begin, flow.end) for flow in self.flows]
        if len(set(ways)) < len(ways):
            raise ValueError("A way between the same two steps is on the list twice.")
        return self

    @property
    def minutes(self) -> float:
        """Of people's work, for a case on average: a step counts by its share of the volume."""
        return self._average("minutes")

    @property
    def wait(self) -> float:
        """Hours that a case waits, on average."""
        return self._average("wait")

    @property
    def hours_a_month(self) -> float:
        return sum(step.minutes * step.volume for step in self.steps) / 60

    def _average(self, name: str) -> float:
        cases = max((step.volume for step in self.steps), default=0.0)
        return sum(getattr(step, name) * step.volume for step in self.steps) / cases if cases else 0.0


def wanting(content: MapContent) -> list[str]:
    """What a map lacks that day 10 needs, in words."""
    if not content.steps:
        return ["No step is drawn."]
    found = []
    unlinked = [step.title for step in content.steps if not any(step.title in (f.begin, f.end) for f in content.flows)]
    if unlinked and len(content.steps) > 1:
        found.append(f"No way leads to or from {_some(unlinked)}.")
    unmeasured = [step.title for step in content.steps if not step.volume]
    if unmeasured:
        found.append(f"No volume is known of {_some(unmeasured)}.")
    return found


def _some(titles: list[str]) -> str:
    named = ", ".join(f"“{title}”" for title in titles[:3])
    return named if len(titles) <= 3 else f"{named} and {len(titles) - 3} more"


def in_words(error: ValidationError) -> str:
    """Where it is, and what is wrong, for the first three."""
    words = []
    for each in error.errors()[:3]:
        place = [str(int(part) + 1) if isinstance(part, int) else str(part) for part in each["loc"]]
        message = "write a number, as 1,200 or 12.5" if each["type"] == "float_parsing" else each["msg"]
        message = message.removeprefix("Value error, ").rstrip(".")
        words.append(f"{' '.join(place).capitalize()}: {message}." if place else f"{message}.")
    return " ".join(words)
