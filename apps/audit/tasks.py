from celery import shared_task

from apps.audit.sequencer import sequence
from apps.tenants.tasks import TenantTask


@shared_task(base=TenantTask, name="audit.sequence")
def sequence_entries(schema: str) -> None:  # noqa: ARG001 - the base class enters it
    sequence()
