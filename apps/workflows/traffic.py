"""Which release takes a case. Deterministic: the same customer goes the same way for as long as the plan stands."""

import hashlib
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from apps.workflows.models import Release, TrafficPlan, Workflow

Arm = Literal["incumbent", "slice"]
WHOLE = 10_000  # customers are told apart to a hundredth of a percent


class NoTraffic(ValueError):
    """The workflow takes no cases. The message says why."""


class Share(BaseModel):
    """What one release beside the incumbent gets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    release: str  # fingerprint
    mode: Literal["shadow", "slice"]
    percent: int = Field(ge=1, le=100)  # of the customers, in its segment
    segment: str = ""  # "channel:email", "region:EU" or "language:en"; "" for all
    hourly_cap: int = Field(0, ge=0)  # cases in any 60 minutes, 0 for no cap; beyond it the incumbent takes them
    since: datetime  # when the release began in this mode: it is watched from then
    resized_at: datetime | None = None  # when it was last widened or narrowed

    @property
    def this_wide_since(self) -> datetime:
        """Evidence for a wider slice counts from here: what a thinner one showed says little about this one."""
        return self.resized_at or self.since


@dataclass(frozen=True)
class Routed:
    release: Release
    shadow_releases: tuple[str, ...]  # fingerprints, of those that run beside it without effects
    arm: Arm
    reason: str


@dataclass(frozen=True)
class Traffic:
    """A workflow's traffic as it stands: read once, asked for each case."""

    workflow: Workflow
    plan: TrafficPlan | None
    incumbent: Release
    shares: tuple[Share, ...]
    releases: dict[str, Release]

    @property
    def stopped(self) -> bool:
        return self.plan is not None and self.plan.stopped

    def route(
        self,
        case_key: str,
        segment: Collection[str],
        at: datetime,
        taken: Callable[[str, datetime], int] = lambda _release, _at: 0,
    ) -> Routed:
        """`segment` holds what the case is, as {"channel:email", "region:EU", "language:en"}.

        `taken(release, at)` counts the cases that a release took in the hour before; it is asked only where a cap is.
        """
        shadows = tuple(
            share.release for share in self.shares if share.mode == "shadow" and _drawn(share, case_key, segment)
        )
        if self.stopped:
            return Routed(self.incumbent, (), "incumbent", "The workflow is stopped: a person decides.")
        for share in self.shares:
            if share.mode != "slice" or not _drawn(share, case_key, segment):
                continue
            release = self.releases[share.release]
            if share.hourly_cap and taken(share.release, at) >= share.hourly_cap:
                return Routed(
                    self.incumbent,
                    shadows,
                    "incumbent",
                    f"{release.label} has had its {share.hourly_cap} cases this hour.",
                )
            return Routed(release, shadows, "slice", f"In the {share.percent} % of {release.label}.")
        return Routed(self.incumbent, shadows, "incumbent", "")


def standing(workflow: Workflow) -> Traffic:
    """The traffic of the workflow now. Raises NoTraffic while no release is in production."""
    if workflow.production is None:
        raise NoTraffic(f"“{workflow.title}” has no release in production yet, so it takes no cases.")
    plan = current_plan(workflow)
    return standing_under(workflow, plan) if plan else Traffic(workflow, None, workflow.production, (), {})


def standing_under(workflow: Workflow, plan: TrafficPlan) -> Traffic:
    """The traffic of the workflow as a plan has it, or had it."""
    shares = tuple(shares_of(plan))
    releases = Release.objects.in_bulk([share.release for share in shares])
    return Traffic(workflow, plan, plan.incumbent, shares, releases)


def route(workflow: Workflow, case_key: str, segment: Collection[str], at: datetime) -> Routed:
    """Where a case goes, hourly caps aside. For many cases ask `standing` once."""
    return standing(workflow).route(case_key, segment, at)


def current_plan(workflow: Workflow) -> TrafficPlan | None:
    return workflow.plans.first()


def shares_of(plan: TrafficPlan) -> Iterator[Share]:
    return (Share.model_validate(share) for share in plan.shares)


def slice_of(plan: TrafficPlan | None) -> Share | None:
    """The release that takes a part of the traffic. There is at most one, so that what it does can be told apart."""
    return next((share for share in shares_of(plan) if share.mode == "slice"), None) if plan else None


def position(case_key: str, release: str) -> int:
    """Where a customer stands among all, from 0 to 9,999. Each release draws anew; widening keeps who is in."""
    return int.from_bytes(hashlib.sha256(f"{release}:{case_key}".encode()).digest()[:8]) % WHOLE


def _drawn(share: Share, case_key: str, segment: Collection[str]) -> bool:
    inside = not share.segment or share.segment in segment
    return inside and position(case_key, share.release) < share.percent * WHOLE // 100
