"""The record of processing (GDPR 30): prefilled from live records, edited by the officer, in versions."""

import hashlib

from django.db import transaction
from django.db.models import Max
from pydantic import BaseModel, ConfigDict

from apps.audit.canonical import canonical
from apps.audit.entries import record
from apps.compliance.framework_models import ProcessingRecord
from apps.connectors.models import System
from apps.inference.models import Exchange
from apps.tenants.actors import Actor
from apps.tenants.models import Tenant
from apps.workflows.charters import content_of, in_force
from apps.workflows.models import Workflow

LONGEST = 4000
FIELDS: dict[str, str] = {
    "controller": "Controller and its contact",
    "officer": "Data protection officer",
    "purposes": "Purposes",
    "subjects": "Categories of people",
    "data": "Categories of data",
    "recipients": "Recipients",
    "transfers": "Transfers to third countries, and their safeguards",
    "retention": "Time limits for erasure",
    "security": "Security measures",
}


class Content(BaseModel):
    """What article 30(1) asks for, in the officer's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    controller: str = ""
    officer: str = ""
    purposes: str = ""
    subjects: str = ""
    data: str = ""
    recipients: str = ""
    transfers: str = ""
    retention: str = ""
    security: str = ""


def prefilled(tenant: Tenant) -> Content:
    """What live records say already. What they cannot say is left empty."""
    charters = [(workflow, in_force(workflow)) for workflow in Workflow.objects.all()]
    purposes = [f"{flow.title}: {content_of(charter).outcome}" for flow, charter in charters if charter]
    systems = [f"{system.title}, a system of record" for system in System.objects.all()]
    routes = Exchange.objects.order_by("route").values_list("route", flat=True).distinct()
    models = [f"{route}, which answers requests of the layers" for route in routes]
    return Content(
        controller=tenant.name,
        purposes="\n".join(purposes),
        subjects="Customers who write in, and people whom they name",
        data="What people wrote, their reference, what systems of record hold on their order, decisions and replies",
        recipients="\n".join(systems + models),
        security=(
            "A database role and schema for each tenant; roles for people; an audit log that cannot be changed; "
            "exchanges with models sealed under a key for each person."
        ),
    )


def content_of_record(version: ProcessingRecord) -> Content:
    return Content.model_validate(version.content)


def missing_from(version: ProcessingRecord) -> list[str]:
    """What is not said yet, in words."""
    content = content_of_record(version)
    return [title.lower() for name, title in FIELDS.items() if not getattr(content, name).strip()]


@transaction.atomic
def write_record(*, actor: Actor, content: Content, note: str) -> ProcessingRecord:
    """A new version of the record; the earlier ones stay."""
    newest = ProcessingRecord.objects.aggregate(version=Max("version"))["version"] or 0
    before = ProcessingRecord.objects.filter(version=newest).first()
    made = ProcessingRecord.objects.create(
        version=newest + 1,
        content=content.model_dump(),
        note=note.strip(),
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="processing_record.written",
        object=f"processing_record:{made.pk}",
        before={"version": before.version, "sha256": _digest(before)} if before else None,
        after={"version": made.version, "sha256": _digest(made)},
        reason=note.strip(),
    )
    return made


def _digest(version: ProcessingRecord) -> str:
    """What it says names people, so the log holds its hash."""
    return hashlib.sha256(canonical(version.content)).hexdigest()
