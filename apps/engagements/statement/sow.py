"""Writing, discussing, offering and accepting the statement of work. What was accepted never changes."""

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.compliance.signatures import Signable, identify, write_signature
from apps.engagements.engagement_models import Engagement
from apps.engagements.sow_models import SowComment, SowMove, SowVersion
from apps.engagements.statement.sow_content import SECTIONS, SowContent, gaps
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

Kind = SowMove.Kind
MEANING = "I accept this statement of work for the client."


class SowRefused(ValueError):
    """The statement of work cannot be changed so. The message says why."""


def newest(engagement: Engagement) -> SowVersion | None:
    return SowVersion.objects.filter(engagement=engagement).first()


def accepted(engagement: Engagement) -> SowVersion | None:
    """What was agreed on: the version that was accepted last."""
    move = SowMove.objects.filter(version__engagement=engagement, kind=Kind.ACCEPTED).select_related("version").first()
    return move.version if move else None


def state_of(version: SowVersion) -> str:
    """A `SowMove.Kind`, or "" while it is a draft."""
    move = version.moves.first()
    return "" if move is None or move.kind == Kind.WITHDRAWN else move.kind


@transaction.atomic
def write_version(*, actor: Actor, engagement: Engagement, content: SowContent, note: str, base: int) -> SowVersion:
    """A new version on top of number `base`, 0 for the first. Raises SowRefused."""
    last = _locked(engagement)
    if (last.number if last else 0) != base:
        name, number = (last.created_name, last.number) if last else ("somebody", 0)
        raise SowRefused(f"{name} has written version {number} meanwhile. Compare, and write yours on top of it.")
    if last and last.sha256 == content.sha256:
        raise SowRefused("Nothing has changed, so there is no new version.")
    if last and state_of(last) == Kind.OFFERED:
        raise SowRefused(f"Version {last.number} is on offer. Withdraw it before you change it.")
    if not note.strip():
        raise SowRefused("Say what this version changes, and why.")
    made = SowVersion.objects.create(
        engagement=engagement,
        number=base + 1,
        content=content.model_dump(mode="json"),
        sha256=content.sha256,
        note=note.strip()[:400],
        created_at=timezone.now(),
        created_by=actor.id,
        created_name=actor.name,
    )
    _record(actor, "sow.written", made, note.strip()[:400])
    return made


@transaction.atomic
def offer(*, actor: Actor, version: SowVersion) -> SowMove:
    """Put the newest version before the client's decision owner. Raises SowRefused."""
    last = _locked(version.engagement)
    _not_over(version)
    wanting = gaps(content_of(version))
    if last != version or state_of(version):
        raise SowRefused("Only the newest version is offered, and once.")
    if wanting:
        raise SowRefused("It is not ready to be offered. " + " ".join(wanting))
    return _move(actor, version, Kind.OFFERED, "")


@transaction.atomic
def withdraw(*, actor: Actor, version: SowVersion, reason: str) -> SowMove:
    """Take an offer back, to change it. Raises SowRefused."""
    _on_offer(version)
    return _move(actor, version, Kind.WITHDRAWN, reason)


@transaction.atomic
def decline(*, actor: Actor, version: SowVersion, reason: str) -> SowMove:
    """Turn an offer down. Raises SowRefused."""
    _on_offer(version)
    _may_decide(actor)
    if not reason.strip():
        raise SowRefused("Say why: the next version has to answer it.")
    return _move(actor, version, Kind.DECLINED, reason)


def accept(*, actor: Actor, version: SowVersion, password: str, email: str | None = None) -> SowMove:
    """Accept an offer with a signature, which is bound to what it says. Raises SowRefused and SignatureRefused."""
    _may_decide(actor)
    identify(actor=actor, record=_name(version), password=password, email=email)
    return _accept(actor, version, 1 if email is None else 2)


@transaction.atomic
def comment(*, actor: Actor, version: SowVersion, section: str, text: str) -> SowComment:
    """A remark on a section. Raises SowRefused."""
    if section not in SECTIONS or not text.strip():
        raise SowRefused("Choose a section, and write what there is to say about it.")
    made = SowComment.objects.create(
        engagement=version.engagement,
        section=section,
        number=version.number,
        text=text.strip()[:4000],
        at=timezone.now(),
        by=actor.id,
        by_name=actor.name,
    )
    _record(actor, "sow.commented", version, "")
    return made


@transaction.atomic
def resolve(*, actor: Actor, remark: SowComment, resolution: str) -> SowComment:
    """Say what became of a remark. Raises SowRefused."""
    if not resolution.strip():
        raise SowRefused("Say what became of the remark: whoever made it reads that.")
    remark = SowComment.objects.select_for_update().get(pk=remark.pk)
    if remark.resolved_at:
        raise SowRefused(f"{remark.resolved_name} has resolved it already.")
    remark.resolved_at, remark.resolved_name = timezone.now(), actor.name
    remark.resolution = resolution.strip()[:4000]
    remark.save(update_fields=["resolved_at", "resolved_name", "resolution"])
    record(
        actor=actor,
        action="sow.remark_resolved",
        object=f"sow_comment:{remark.pk}",
        workflow=remark.engagement.workflow.slug,
        after={"section": remark.section, "resolution": remark.resolution},
    )
    return remark


def content_of(version: SowVersion) -> SowContent:
    return SowContent.model_validate(version.content)


@transaction.atomic
def _accept(actor: Actor, version: SowVersion, components: int) -> SowMove:
    _on_offer(version)
    _not_over(version)
    if version.moves.filter(kind=Kind.OFFERED, by=actor.id).exists():
        raise SowRefused("You offered it yourself: somebody else accepts it.")
    shown = Signable(_name(version), {"number": version.number, "sha256": version.sha256, "content": version.content})
    signature = write_signature(actor=actor, record=shown, meaning=MEANING, components=components)
    move = SowMove.objects.create(
        version=version, kind=Kind.ACCEPTED, signature=signature, at=timezone.now(), by=actor.id, by_name=actor.name
    )
    _record(actor, "sow.accepted", version, "")
    return move


def _name(version: SowVersion) -> str:
    return f"sow:{version.pk}"


def _may_decide(actor: Actor) -> None:
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise SowRefused("The client's decision owner decides on the offer.")


def _not_over(version: SowVersion) -> None:
    if Engagement.objects.get(pk=version.engagement_id).phase == Engagement.Phase.ENDED:
        raise SowRefused("The engagement has ended: nothing is offered or accepted any more.")


def _on_offer(version: SowVersion) -> None:
    _locked(version.engagement)
    if state_of(version) != Kind.OFFERED:
        raise SowRefused("This version is not on offer.")


def _locked(engagement: Engagement) -> SowVersion | None:
    Engagement.objects.select_for_update().get(pk=engagement.pk)
    return newest(engagement)


def _move(actor: Actor, version: SowVersion, kind: str, reason: str) -> SowMove:
    move = SowMove.objects.create(
        version=version, kind=kind, reason=reason.strip()[:4000], at=timezone.now(), by=actor.id, by_name=actor.name
    )
    _record(actor, f"sow.{kind}", version, reason.strip()[:4000])
    return move


def _record(actor: Actor, action: str, version: SowVersion, reason: str) -> None:
    record(
        actor=actor,
        action=action,
        object=f"sow:{version.pk}",
        workflow=version.engagement.workflow.slug,
        after={"number": version.number, "sha256": version.sha256},
        reason=reason,
    )
