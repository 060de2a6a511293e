"""What the client has to be able to do alone before the delivery team leaves; live records show most of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from django.urls import reverse
from django.utils import timezone

from apps.audit.models import Entry
from apps.compliance.evidence import first_id
from apps.compliance.export_models import Export
from apps.compliance.framework_models import LogReview
from apps.engagements.cadence.adherence import held_by_client
from apps.engagements.cadence_models import Ritual
from apps.engagements.engagement_models import Engagement
from apps.evaluations.labelled_sets import current_frozen
from apps.evaluations.models import LabelProposal
from apps.tenants.capabilities import Role
from apps.tenants.models import ApiKey, Membership
from apps.tenants.schemas import current_schema
from apps.workflows.models import TrafficPlan

ROLES = (Role.OPERATOR, Role.SENIOR_REVIEWER, Role.DECISION_OWNER, Role.COMPLIANCE_OFFICER, Role.TENANT_ADMIN)
TIMES: Final = {Ritual.METRICS: 4, Ritual.REFRESH: 4, Ritual.CALIBRATION: 4, Ritual.RETROSPECTIVE: 1}
LATELY, MINUTE = timedelta(days=91), timedelta(minutes=1)
WIDER = (TrafficPlan.Move.PROMOTE, TrafficPlan.Move.SLICE, TrafficPlan.Move.WIDEN)
NARROWER = (TrafficPlan.Move.NARROW, TrafficPlan.Move.STOP)
State = Literal["good", "missing"]


@dataclass(frozen=True)
class Finding:
    """What the records show: `says` with its figures, and what would be done about it where it is `missing`."""

    state: State
    says: str
    todo: str = ""


@dataclass(frozen=True)
class Item:
    """`look` reads live records; without it somebody signs a statement about what `asks` says."""

    slug: str
    title: str
    asks: str
    look: Callable[[Engagement], Finding] | None = None
    address: str = ""  # name of the page where it is dealt with


def _found(good: bool, says: str, todo: str) -> Finding:
    return Finding("good", says) if good else Finding("missing", says, todo)


def client_people() -> dict[str, str]:
    """Id → role of each active member who is not of the delivery team."""
    members = Membership.objects.filter(tenant_id=current_schema(), active=True).exclude(role=Role.CONSULTANT)
    return {str(person): role for person, role in members.values_list("user_id", "role")}


def _roles(_: Engagement) -> Finding:
    held = list(client_people().values())
    empty = [role.label.lower() for role in ROLES if role not in held]
    says = f"{len(ROLES) - len(empty)} of {len(ROLES)} roles are held by the client’s own people, n = {len(held)}."
    return _found(not empty, says, f"Nobody of the client is {', '.join(empty)}.")


def _owner(engagement: Engagement) -> Finding:
    owner = engagement.workflow.owner
    members = Membership.objects.filter(tenant_id=current_schema(), active=True, role=Role.DECISION_OWNER)
    known = members.filter(user__email__iexact=owner).exists()
    return _found(known, f"The charter’s owner is {owner}.", f"{owner} has no active membership as decision owner.")


def _cadence(engagement: Engagement) -> Finding:
    held = {each: held_by_client(engagement, each) for each in Ritual}
    says = "; ".join(f"{each.label} {held[each]} of at least {TIMES[each]} times" for each in Ritual)
    short = [each.label.lower() for each in Ritual if held[each] < TIMES[each]]
    todo = f"Let the client’s people hold it and sign: {', '.join(short)}."
    return _found(not short, f"Held by the client’s people in the last 13 weeks: {says}.", todo)


def _labels(engagement: Engagement) -> Finding:
    client, since = client_people(), timezone.now() - LATELY
    labelled_set = current_frozen(engagement.workflow)
    own = LabelProposal.objects.filter(disposition__case__workflow=engagement.workflow, decided_by__in=client)
    taken = own.filter(decided_at__gte=since).count()
    if labelled_set is None or labelled_set.frozen_at is None:
        return Finding("missing", "No labelled set is signed.", "Have the first version signed.")
    says = (
        f"{labelled_set} was frozen on {labelled_set.frozen_at:%d %b %Y}; the client’s people decided on {taken} "
        "proposals of labels in the last 13 weeks."
    )
    todo = "Let the client’s people take labels from corrections, and freeze the next version."
    return _found(taken > 0 and labelled_set.frozen_at >= since, says, todo)


def _moves(engagement: Engagement) -> Finding:
    client = client_people()
    own = engagement.workflow.plans.filter(created_by__in=client)
    wider, narrower = own.filter(move__in=WIDER).first(), own.filter(move__in=NARROWER).first()
    back = next(
        (each for each in own.filter(move=TrafficPlan.Move.PROMOTE) if each.evidence.get("kind") == "rollback"), None
    )
    away = narrower or back
    told = [
        f"{what} last on {each.created_at:%d %b %Y} ({each.created_name})" if each else f"never {what}"
        for what, each in (("gave traffic", wider), ("took it away", away))
    ]
    todo = "Rehearse it together: a slice is given to a candidate, and taken from it again."
    return _found(wider is not None and away is not None, f"The client’s people {' and '.join(told)}.", todo)


def _keys(_: Engagement) -> Finding:
    client = client_people()
    keys = list(ApiKey.objects.filter(tenant_id=current_schema(), revoked_at=None))
    foreign = [key.name for key in keys if _issued_by(key) not in client]
    says = f"{len(keys)} API keys are valid, {len(keys) - len(foreign)} of them issued by the client’s people."
    return _found(not foreign, says, f"Issue anew and revoke: {', '.join(foreign[:5])}.")


def _issued_by(key: ApiKey) -> str:
    """The person's id, as the log has it; "" where it does not say."""
    near = first_id(key.created_at - MINUTE), first_id(key.created_at + MINUTE)
    created = Entry.objects.filter(id__gte=near[0], id__lt=near[1], action="key.created", object=f"key:{key.pk}")
    return next((each.actor.partition(":")[2] for each in created), "")


def _exports(_: Engagement) -> Finding:
    done = Export.objects.filter(created_by__in=client_people(), state=Export.State.DONE)
    last = done.first()
    says = f"Last asked for by {last.created_name} on {last.created_at:%d %b %Y}." if last else "None was made yet."
    good = last is not None and last.created_at >= _lately()
    return _found(
        good, f"Exports of the log by the client’s people: {done.count()}. {says}", "Let them make one, and check it."
    )


def _lately() -> datetime:
    return timezone.now() - LATELY


def _log(_: Engagement) -> Finding:
    own = LogReview.objects.filter(
        signature__signer_id__in=client_people(), signature__signed_at__gte=_lately()
    ).count()
    says = f"{own} weeks of the log were read and signed for by the client’s people in the last 13 weeks."
    return _found(own > 0, says, "Let the compliance officer read a week of the log and sign for it.")


# Rooms above this one add what their own records answer.
ITEMS: Final[dict[str, Item]] = {
    each.slug: each
    for each in (
        Item("roles", "Each role is held by somebody of the client", "", _roles, "people"),
        Item("owner", "The decision owner answers for the workflow", "", _owner, "charter"),
        Item("cadence", "The client’s people hold the cadence", "", _cadence, "cadence"),
        Item("labels", "The labelled set is kept fresh", "", _labels, "labelled_sets"),
        Item("moves", "Traffic has been given and taken away", "", _moves, "traffic"),
        Item("keys", "API keys are the client’s own", "", _keys, "keys"),
        Item("exports", "The log can be taken out", "", _exports, "exports"),
        Item("log", "The log is read", "", _log, "log_reviews"),
        Item(
            "restore",
            "A backup has been restored",
            "When was a backup restored into a fresh place, by whom, how long did it take, and did the log verify?",
        ),
        Item(
            "secrets",
            "Secrets are in the client’s hands",
            "Who holds the signing key, the credentials of the database and of the model provider, and when were they "
            "changed last?",
        ),
        Item(
            "training",
            "People are trained, and the notes are theirs",
            "Who was trained in which role, when, and where are the notes kept?",
        ),
        Item(
            "support",
            "Somebody answers when it breaks",
            "Who is called at night, by which way, and when was that tried?",
        ),
    )
}


def address_of(item: Item) -> str:
    return reverse(item.address) if item.address else ""
