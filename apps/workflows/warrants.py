"""Warrants: why a release may take traffic. The database refuses traffic to a release that has none.

A warrant lets one release take the place of one other. A breach of a stop condition uses it up: what was proved before
did not hold. The database asks the same questions again (migration 0003, and evaluations 0004 for verdicts).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record, timestamp
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.workflows.models import Notice, Release, TrafficPlan, Warrant, Workflow

LONGEST_OVERRIDE = timedelta(days=14)
NEEDED = {Warrant.Kind.GATE: ("verdict", "sentence")}  # what the evidence of a kind must name
INSTEAD_OF_PRODUCTION = Q(incumbent=F("release__workflow__production")) | Q(
    incumbent=None, release__workflow__production=None
)
REFUSED = "23001"  # restrict_violation: what the triggers raise


class NotWarranted(ValueError):
    """The release may not take traffic, or a warrant cannot be given. The message says why."""


@transaction.atomic
def issue(
    *,
    actor: Actor,
    proposed_by: Actor,
    kind: Warrant.Kind,
    release: Release,
    reason: str,
    evidence: Mapping[str, Json] | None = None,
    expires_at: datetime | None = None,
) -> Warrant:
    """Let `release` take traffic. `actor` approves what `proposed_by` proposed. Raises NotWarranted.

    `gate` needs {"verdict": id, "sentence": str} as evidence: of a verdict that passed, on this release against the one
    in production now, asked for by `proposed_by`; the database looks it up. `override` needs `expires_at`, at most 14
    days ahead. `rollback` is for a release that was in production before and whose proof holds; one person, or the
    product by the charter's stop conditions, may do that alone. All others need two people.
    """
    given = dict(evidence or {})
    workflow = Workflow.objects.select_related("production").get(pk=release.workflow_id)
    incumbent = workflow.production
    problem = _problem(actor, proposed_by, kind, release, incumbent, reason, given, expires_at)
    if problem:
        raise NotWarranted(problem)
    warrant = _written(
        kind=kind,
        release=release,
        incumbent=incumbent,
        evidence=given,
        proposed_by=proposed_by.id,
        proposed_name=proposed_by.name,
        approved_by=actor.id,
        approved_name=actor.name,
        reason=reason.strip(),
        expires_at=expires_at,
    )
    record(
        actor=actor,
        action="warrant.issued",
        object=f"warrant:{warrant.pk}",
        workflow=workflow.slug,
        release=release.fingerprint,
        after={
            "kind": str(kind),
            "incumbent": incumbent.fingerprint if incumbent else None,
            "proposed_by": proposed_by.id,
            "evidence": given,
            "expires_at": timestamp(expires_at) if expires_at else None,
        },
        reason=reason.strip(),
    )
    if kind == Warrant.Kind.OVERRIDE:
        text = (
            f"{release.label} takes traffic by an emergency override of {proposed_by.name} and {actor.name}: {reason}"
        )
        Notice.objects.create(workflow=workflow, kind=Notice.Kind.OVERRIDE, release=release, text=text)
    return warrant


def valid_for(release: Release) -> Warrant | None:
    """The warrant by which the release may take the place of the one in production, or a slice beside it, now."""
    return _holding(release).filter(INSTEAD_OF_PRODUCTION).first()


def is_valid(warrant: Warrant, release: Release, *, instead_of: str | None) -> bool:
    """Whether the release may take the place of the release `instead_of` by this very warrant."""
    found = _holding(release).filter(pk=warrant.pk).first()
    return found is not None and found.incumbent_id == instead_of


def unexpired(release: Release) -> Warrant | None:
    """The warrant by which the release has its traffic, used up or not: one without expiry before an override."""
    return _unexpired(release).first()


def proof_of(release: Release) -> Warrant | None:
    """What the release proved at the gate, or as the first, and no breach has refuted since: the way back to it.

    An override proves nothing: a way back by it would outlast its end, and need one person where it needed two.
    """
    return _holding(release).filter(kind__in=(Warrant.Kind.GATE, Warrant.Kind.FIRST)).first()


def why_not_valid(release: Release) -> str:
    """Why the release has no valid warrant, in a sentence for the owner; "" when it has one."""
    if valid_for(release):
        return ""
    breach = Notice.objects.filter(release=release, kind=Notice.Kind.BREACH).first()
    if breach and unexpired(release):
        return (
            f"{release.label} breached a stop condition after it passed the gate: {breach.text} It must pass again, on "
            "a labelled set that is signed after the breach."
        )
    earlier = unexpired(release)
    if earlier and earlier.incumbent:
        return f"{release.label} was let through against {earlier.incumbent.label}, which is not in production now."
    return f"{release.label} has no warrant: it must pass the gate first."


def _unexpired(release: Release) -> QuerySet[Warrant]:
    valid = release.warrants.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    return valid.order_by(F("expires_at").desc(nulls_first=True), "-created_at")


def _holding(release: Release) -> QuerySet[Warrant]:
    """Those that neither time nor a breach has ended."""
    breaches = Notice.objects.filter(kind=Notice.Kind.BREACH, release=OuterRef("release"))
    return _unexpired(release).exclude(Exists(breaches.filter(created_at__gt=OuterRef("created_at"))))


def _written(**fields: object) -> Warrant:
    """What the database refuses is said in its words, which are meant for people."""
    try:
        with transaction.atomic():
            return Warrant.objects.create(**fields)
    except IntegrityError as error:
        diagnosis = getattr(error.__cause__, "diag", None)
        if diagnosis is None or diagnosis.sqlstate != REFUSED:
            raise
        raise NotWarranted(str(diagnosis.message_primary)) from error


def _problem(
    actor: Actor,
    proposed_by: Actor,
    kind: Warrant.Kind,
    release: Release,
    incumbent: Release | None,
    reason: str,
    evidence: Mapping[str, Json],
    expires_at: datetime | None,
) -> str:
    if not reason.strip():
        return "A warrant needs a reason."
    if kind == Warrant.Kind.ROLLBACK:
        return _problem_with_way_back(release)
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        return f"{actor.name} may not approve traffic: that is for a decision owner."
    if actor.id == proposed_by.id:
        return "Whoever proposes does not approve: a warrant needs two people."
    if kind == Warrant.Kind.FIRST and incumbent is not None:
        return f"“{incumbent.workflow.title}” has a release in production: the next one goes through the gate."
    missing = [name for name in NEEDED.get(kind, ()) if not evidence.get(name)]
    if missing:
        return f"The warrant names no {' and no '.join(missing)}."
    return _problem_with_expiry(kind, expires_at)


def _problem_with_way_back(release: Release) -> str:
    if not TrafficPlan.objects.filter(incumbent=release).exists():
        return f"{release.label} never took all of the traffic, so nothing leads back to it."
    return "" if proof_of(release) else f"What {release.label} once proved does not hold any more."


def _problem_with_expiry(kind: Warrant.Kind, expires_at: datetime | None) -> str:
    if kind != Warrant.Kind.OVERRIDE:
        return "Only an override expires." if expires_at else ""
    now = timezone.now()
    if expires_at is None or not now < expires_at <= now + LONGEST_OVERRIDE:
        return f"An override ends within {LONGEST_OVERRIDE.days} days: say when."
    return ""
