"""What became of a workflow's releases: made, warranted, moved. Read for people, newest first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.tenants.models import Membership
from apps.workflows.models import Release, TrafficPlan, Warrant, Workflow
from apps.workflows.traffic import current_plan, shares_of

LAST = 100  # of each kind of event
ABOUT_LAST_SHARE = frozenset({TrafficPlan.Move.SHADOW, TrafficPlan.Move.SLICE, TrafficPlan.Move.WIDEN})
TONES = {"promote": "good", "widen": "good", "slice": "good", "narrow": "warn", "stop": "bad"}


@dataclass(frozen=True)
class Event:
    at: datetime
    title: str
    text: str
    who: str
    tone: str = ""  # good, warn, bad or none
    release: Release | None = None


@dataclass(frozen=True)
class Standing:
    words: str
    tone: str


def standings(workflow: Workflow) -> dict[str, Standing]:
    """Fingerprint → where the release stands in the traffic now."""
    plan = current_plan(workflow)
    was = set(workflow.plans.filter(move=TrafficPlan.Move.PROMOTE).values_list("incumbent", flat=True))
    found = {pk: Standing("was in production", "") for pk in was}
    for share in shares_of(plan) if plan else ():
        found[share.release] = (
            Standing(f"slice of {share.percent} %", "accent")
            if share.mode == "slice"
            else Standing(f"shadow on {share.percent} %", "accent")
        )
    if workflow.production_id:
        stopped = plan is not None and plan.stopped
        found[workflow.production_id] = Standing("stopped", "bad") if stopped else Standing("in production", "good")
    return found


def events(workflow: Workflow) -> list[Event]:
    """Releases made, warrants given and moves of traffic."""
    made = list(workflow.releases.all()[:LAST])
    names = names_of(release.created_by for release in made)
    warrants = Warrant.objects.filter(release__workflow=workflow).select_related("release")[:LAST]
    plans = workflow.plans.select_related("incumbent")[:LAST]
    labels = {release.pk: release for release in workflow.releases.defer("manifest")}
    found = [
        *(Event(each.created_at, "Release made", each.note, names[each.created_by], "", each) for each in made),
        *(_of_warrant(each) for each in warrants),
        *(_of_plan(each, labels) for each in plans),
    ]
    return sorted(found, key=lambda event: event.at, reverse=True)


def predecessor(release: Release) -> Release | None:
    """What the release is to be better than: production when it was made, else the release made before it."""
    earlier = release.workflow.plans.filter(move=TrafficPlan.Move.PROMOTE, created_at__lt=release.created_at)
    plan = earlier.select_related("incumbent").first()
    if plan and plan.incumbent_id != release.pk:
        return plan.incumbent
    return release.workflow.releases.filter(created_at__lt=release.created_at).first()


def names_of(ids: Iterable[str]) -> dict[str, str]:
    """Who the ids of actors are; an id that is no person's stands for itself."""
    wanted = set(ids)
    people = Membership.objects.select_related("user")
    return {each: each for each in wanted} | {
        str(person.user_id): person.user.name for person in people if str(person.user_id) in wanted
    }


def _of_warrant(warrant: Warrant) -> Event:
    until = f" Until {warrant.expires_at:%d %b %Y, %H:%M} UTC." if warrant.expires_at else ""
    people = dict.fromkeys([warrant.proposed_name, warrant.approved_name])
    tone = "bad" if warrant.kind == Warrant.Kind.OVERRIDE else "good"
    text = f"{warrant.reason}{until}"
    title = f"May take traffic: {warrant.get_kind_display().lower()}"
    return Event(warrant.created_at, title, text, ", ".join(people), tone, warrant.release)


def _of_plan(plan: TrafficPlan, releases: dict[str, Release]) -> Event:
    shares = list(shares_of(plan))
    beside = [
        f"{releases[share.release].label} {'in shadow on' if share.mode == 'shadow' else 'takes'} {share.percent} %"
        for share in shares
    ]
    text = "; ".join([f"{plan.incumbent.label} in production", *beside]) + f". {plan.reason}"
    about = releases[shares[-1].release] if shares and plan.move in ABOUT_LAST_SHARE else plan.incumbent
    title = f"Traffic: {plan.title.lower()}"
    return Event(plan.created_at, title, text, plan.created_name, TONES.get(plan.move, ""), about)
