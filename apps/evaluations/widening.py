"""May the slice grow? Five questions, answered from the record; the server asks them again when somebody widens."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.audit.canonical import Json
from apps.cases.models import Case
from apps.evaluations.stop_conditions import statuses
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.workflows import moves
from apps.workflows.models import Notice, Release, Warrant, Workflow
from apps.workflows.moves import MoveRefused
from apps.workflows.services import point_production
from apps.workflows.traffic import Share, current_plan, slice_of
from apps.workflows.warrants import valid_for

STEPS = (25, 50, 100)  # percent, after a first slice of 5-15
CLEAN = timedelta(days=14)
FEWEST = 50  # cases: below that two quiet weeks prove nothing
MORE_WORK = 1.2  # times what reviewers have now, at most


@dataclass(frozen=True)
class Answer:
    question: str
    yes: bool
    words: str


@dataclass(frozen=True)
class Question:
    """The slice as it stands and where it would go."""

    workflow: Workflow
    share: Share
    release: Release
    to: int

    @property
    def age(self) -> timedelta:
        """How long the slice has been as wide as it is."""
        return timezone.now() - self.share.this_wide_since

    def cases(self, arm: str) -> int:
        return self._arm(arm).count()

    def to_people(self, arm: str) -> float:
        """The share of the arm's cases that came to a person, of those that were judged."""
        judged = self._arm(arm).exclude(lane="")
        total = judged.count()
        return judged.exclude(outcome=Case.Outcome.AUTOMATIC).count() / total if total else 0.0

    def _arm(self, arm: str) -> QuerySet[Case]:
        cases = Case.objects.filter(workflow=self.workflow, arm=arm, admitted_at__gte=self.share.this_wide_since)
        return cases.filter(release_id=self.share.release) if arm == Case.Arm.SLICE else cases


def next_step(percent: int) -> int:
    return next((step for step in STEPS if step > percent), STEPS[-1])


def answers(workflow: Workflow, to: int) -> list[Answer]:
    """The evidence for widening to `to` percent, without the owner's signature. Empty while nothing has a slice."""
    share = slice_of(current_plan(workflow))
    if share is None:
        return []
    asked = Question(workflow, share, Release.objects.get(pk=share.release), to)
    return [_gate(asked), _weeks(asked), _conditions(asked), _load(asked)]


def widen(*, actor: Actor, workflow: Workflow, to: int, reason: str) -> None:
    """Give the release more of the traffic, at 100 % all of it. Raises MoveRefused with what is missing."""
    share = slice_of(current_plan(workflow))
    if share is None:
        raise MoveRefused("No release has a slice.")
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise MoveRefused("Only a decision owner widens: the signature is theirs.")
    if to != next_step(share.percent):
        raise MoveRefused(f"After {share.percent} % comes {next_step(share.percent)} %: one step at a time.")
    given = answers(workflow, to)
    missing = [f"{answer.question}: {answer.words}" for answer in given if not answer.yes]
    if missing:
        raise MoveRefused(f"It may not widen yet. {' '.join(missing)}")
    evidence: dict[str, Json] = {answer.question: answer.words for answer in given}
    if to < STEPS[-1]:
        moves.resize_slice(actor=actor, workflow=workflow, percent=to, reason=reason, evidence=evidence)
        return
    release = Release.objects.get(pk=share.release)
    warrant = valid_for(release)
    if warrant is None:
        raise MoveRefused(f"{release.label} has no warrant any more.")
    point_production(actor=actor, workflow=workflow, release=release, reason=reason, warrant=warrant)


def _gate(asked: Question) -> Answer:
    warrant = valid_for(asked.release)
    passed = warrant is not None and warrant.kind == Warrant.Kind.GATE
    words = "It has no verdict of the gate."
    if warrant is not None and passed:
        words = str(warrant.evidence.get("sentence", ""))
    elif warrant is not None:
        words = f"It runs on “{warrant.get_kind_display().lower()}”, which does not carry a wider slice."
    return Answer("Did it beat the incumbent?", passed, words)


def _weeks(asked: Question) -> Answer:
    breached = Notice.objects.filter(
        release=asked.release, kind=Notice.Kind.BREACH, created_at__gte=asked.share.since
    ).exists()
    n = asked.cases(Case.Arm.SLICE)
    clean = asked.age >= CLEAN and n >= FEWEST and not breached
    words = f"{min(asked.age, CLEAN).days} of {CLEAN.days} days at {asked.share.percent} %, {n:,} cases"
    words += f" of at least {FEWEST}." if n < FEWEST else "."
    return Answer("Two clean weeks at this width?", clean, words)


def _conditions(asked: Question) -> Answer:
    """Over all the time that the slice has been this wide, and in the present window."""
    found = statuses(asked.workflow, since=asked.share.this_wide_since)
    close = {each.title.lower() for each in (*found, *statuses(asked.workflow)) if each.state in ("near", "breached")}
    early = [f"{each.title.lower()} ({each.measured.n} of {each.fewest} cases)" for each in found if each.too_few]
    untold = sum(each.state == "open" and not each.too_few for each in found)
    words = f"Near: {', '.join(sorted(close))}." if close else "None is near its limit."
    words += f" Too early to tell: {', '.join(early)}." if early else ""
    words += f" {untold} of {len(found)} may still lie above it, by their interval." if untold else ""
    return Answer("No stop condition near?", bool(found) and not close and not early, words)


def _load(asked: Question) -> Answer:
    """What would come to people each day, beside what comes now, by what each arm has sent them so far."""
    ours, theirs = asked.to_people(Case.Arm.SLICE), asked.to_people(Case.Arm.INCUMBENT)
    days = max(asked.age / timedelta(days=1), 1.0)
    daily_slice, daily_rest = asked.cases(Case.Arm.SLICE) / days, asked.cases(Case.Arm.INCUMBENT) / days
    daily = daily_slice + daily_rest
    # By what the slice has been given, so that a segment's share counts as what it is; at 100 % it is given all.
    wider = daily if asked.to == STEPS[-1] else min(daily, daily_slice * asked.to / asked.share.percent)
    now = daily_slice * ours + daily_rest * theirs
    then = wider * ours + (daily - wider) * theirs
    words = f"{then:.0f} cases a day would come to people, {now:.0f} do now."
    return Answer("Can the reviewers carry it?", then <= max(now * MORE_WORK, 1.0), words)
