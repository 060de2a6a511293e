import logging

from celery import shared_task
from django.conf import settings

from apps.audit.indexing import index
from apps.audit.proofs import NoProof
from apps.audit.publishing import publish
from apps.audit.reads import forget_old_reads
from apps.audit.schema_changes import enter_schema_changes
from apps.audit.sequencer import sequence
from apps.audit.signer.client import SignerAway, SignerRefused
from apps.audit.signing import sign_newest
from apps.tenants.tasks import TenantTask

log = logging.getLogger(__name__)


@shared_task(base=TenantTask, name="audit.sequence")
def sequence_entries(schema: str) -> None:  # noqa: ARG001 - the base class enters it
    sequence()


@shared_task(base=TenantTask, name="audit.index")
def index_entries(schema: str) -> None:  # noqa: ARG001 - the base class enters it
    index()


@shared_task(base=TenantTask, name="audit.watch_schema")
def watch_schema(schema: str) -> None:  # noqa: ARG001 - the base class enters it
    enter_schema_changes()


@shared_task(base=TenantTask, name="audit.forget_reads")
def forget_reads(schema: str) -> None:  # noqa: ARG001 - the base class enters it
    forget_old_reads()


@shared_task(base=TenantTask, name="audit.sign")
def sign_checkpoint(schema: str) -> None:
    """Sign and publish. Without a signer the log goes on unsigned; what it refuses is said every time."""
    if not settings.SIGNER_SOCKET:
        return
    try:
        sign_newest()
        publish()
    except SignerAway as error:
        log.warning("The log of %s is not signed for now. %s", schema, error)
    except (SignerRefused, NoProof) as error:
        log.error("The log of %s cannot be signed: %s", schema, error)
