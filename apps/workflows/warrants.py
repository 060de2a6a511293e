"""Warrants: why a release may take traffic. The database refuses traffic to a release that has none."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record, timestamp
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.workflows.models import Notice, Release, Warrant

LONGEST_OVERRIDE = timedelta(days=14)
NEEDED = {Warrant.Kind.GATE: ("verdict", "sentence")}  # what the evidence of a kind must name


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

    `gate` needs {"verdict": id, "sentence": str} as evidence; the caller answers for the verdict having passed.
    `override` needs `expires_at`, at most 14 days ahead. `rollback` is for a release that was warranted before; one
    person, or the product by the charter's stop conditions, may do that alone. All others need two people.
    """
    given = dict(evidence or {})
    incumbent = release.workflow.production
    problem = _problem(actor, proposed_by, kind, release, reason, given, expires_at)
    if problem:
        raise NotWarranted(problem)
    warrant = Warrant.objects.create(
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
        workflow=release.workflow.slug,
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
        Notice.objects.create(workflow=release.workflow, kind=Notice.Kind.OVERRIDE, release=release, text=text)
    return warrant


def valid_for(release: Release) -> Warrant | None:
    """The warrant under which the release may take traffic now: one without expiry before an override."""
    valid = release.warrants.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
    return valid.order_by(F("expires_at").desc(nulls_first=True), "-created_at").first()


def _problem(
    actor: Actor,
    proposed_by: Actor,
    kind: Warrant.Kind,
    release: Release,
    reason: str,
    evidence: Mapping[str, Json],
    expires_at: datetime | None,
) -> str:
    if not reason.strip():
        return "A warrant needs a reason."
    if kind == Warrant.Kind.ROLLBACK:
        return "" if release.warrants.exists() else f"{release.label} never took traffic, so nothing leads back to it."
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        return f"{actor.name} may not approve traffic: that is for a decision owner."
    if actor.id == proposed_by.id:
        return "Whoever proposes does not approve: a warrant needs two people."
    if kind == Warrant.Kind.FIRST and release.workflow.production_id:
        return f"“{release.workflow.title}” has a release in production: the next one goes through the gate."
    missing = [name for name in NEEDED.get(kind, ()) if not evidence.get(name)]
    if missing:
        return f"The warrant names no {' and no '.join(missing)}."
    return _problem_with_expiry(kind, expires_at)


def _problem_with_expiry(kind: Warrant.Kind, expires_at: datetime | None) -> str:
    if kind != Warrant.Kind.OVERRIDE:
        return "Only an override expires." if expires_at else ""
    now = timezone.now()
    if expires_at is None or not now < expires_at <= now + LONGEST_OVERRIDE:
        return f"An override ends within {LONGEST_OVERRIDE.days} days: say when."
    return ""
