"""Changes to workflows and releases. Each writes its audit entry in the same transaction."""

from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.tenants.actors import Actor
from apps.workflows import charters, moves
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release, Warrant, Workflow
from apps.workflows.warrants import NotWarranted, is_valid, why_not_valid


@transaction.atomic
def create_workflow(
    *, actor: Actor, slug: str, title: str, owner: str, kpi: str = "", monthly_volume: int = 0, case_prefix: str = "C"
) -> Workflow:
    if not owner:
        raise ValueError("A workflow needs a named decision owner.")
    workflow = Workflow.objects.create(
        slug=slug, title=title, owner=owner, kpi=kpi, monthly_volume=monthly_volume, case_prefix=case_prefix
    )
    after: dict[str, Json] = {"title": title, "kpi": kpi, "monthly_volume": monthly_volume, "case_prefix": case_prefix}
    record(actor=actor, action="workflow.created", object=f"workflow:{slug}", after=after)
    return workflow


@transaction.atomic
def create_release(*, actor: Actor, workflow: Workflow, manifest: Manifest, note: str = "") -> Release:
    """Store a release under its fingerprint. The same parts give the release that is already there."""
    if manifest.workflow != workflow.slug:
        raise ValueError(f"The manifest is for workflow {manifest.workflow!r}, not {workflow.slug!r}.")
    existing = Release.objects.filter(pk=manifest.fingerprint).first()
    if existing:
        return existing
    release = Release.objects.create(
        fingerprint=manifest.fingerprint,
        workflow=workflow,
        label=next_label(workflow),
        manifest=manifest.canonical(),
        note=note,
        created_by=actor.id,
    )
    record(
        actor=actor,
        action="release.created",
        object=f"release:{release.fingerprint}",
        workflow=workflow.slug,
        after=manifest.model_dump(mode="json"),
        reason=note,
    )
    return release


@transaction.atomic
def point_production(*, actor: Actor, workflow: Workflow, release: Release, reason: str, warrant: Warrant) -> None:
    """Send new cases to `release`, on a valid warrant. Cases in flight keep the release that they pinned at admission.

    Raises NotWarranted, or charters.NoCharter and charters.CharterRefused: no owner, no traffic.
    """
    if release.workflow_id != workflow.pk:
        raise ValueError("The release belongs to another workflow.")
    charters.check_release(charters.require(workflow), release)
    locked = Workflow.objects.select_for_update().get(pk=workflow.pk)
    if not is_valid(warrant, release, instead_of=locked.production_id):
        raise NotWarranted(
            why_not_valid(release)
            or f"The warrant of {warrant.created_at:%d %b %Y} is not, or no longer, for {release.label}."
        )
    before = locked.production_id
    locked.production = release
    locked.save(update_fields=["production"])
    workflow.production = release
    evidence: dict[str, Json] = {"warrant": str(warrant.pk), "kind": warrant.kind}
    record(
        actor=actor,
        action="release.promoted",
        object=f"workflow:{workflow.slug}",
        before={"production": before},
        after={"production": release.fingerprint, **evidence},
        reason=reason,
    )
    moves.record_promotion(actor=actor, workflow=locked, reason=reason, evidence=evidence)


def next_label(workflow: Workflow) -> str:
    """Year and ISO week, then a letter: 2026.47-a, 2026.47-b, … aa after z."""
    year, week, _ = timezone.now().isocalendar()
    stem = f"{year}.{week:02}-"
    number, letters = workflow.releases.filter(label__startswith=stem).count(), ""
    while True:
        number, letter = divmod(number, 26)
        letters = chr(ord("a") + letter) + letters
        if number == 0:
            return stem + letters
        number -= 1
