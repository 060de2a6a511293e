"""The way in. A case is admitted once, pins the release in production, and is due at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from uuid6 import uuid7

from apps.audit.commitments import commit
from apps.audit.entries import prepare
from apps.cases import hints
from apps.cases.models import Case, Subject
from apps.cases.queueing import first_queue
from apps.cases.statements import entry_parameters, execute
from apps.cases.submission import Submission
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

ADMIT = """
WITH admitted AS (
  INSERT INTO cases_case (id, number, workflow_id, release_id, subject_id, external_id, idempotency_key,
    content_sha256, channel, customer, title, text, language, region, consent, received_at, admitted_at, state, layer,
    queue, lease_until, fence, attempt, revision, case_type, urgency, sentiment, band, lane, impact, reason, decision,
    reserved, escalated_to, outcome)
  VALUES (%(id)s, %(prefix)s || '-' || nextval('cases_case_number'), %(workflow)s, %(release)s, %(subject)s,
    %(external_id)s, %(idempotency_key)s, %(content_sha256)s, %(channel)s, %(customer)s, %(title)s, %(text)s,
    %(language)s, %(region)s, %(consent)s, %(received_at)s, now(), 'open', 'intake', %(queue)s, now(), 0, 0, 1,
    '', '', '', '', '', '', '', '', false, '', '')
  ON CONFLICT DO NOTHING RETURNING id, number),
words AS (INSERT INTO cases_casewords (case_id, words)
  SELECT id, to_tsvector('simple', concat_ws(' ', number, %(external_id)s::text, %(customer)s::text, %(title)s::text,
    %(text)s::text))
  FROM admitted),
entry AS (INSERT INTO audit_entry (id, at, action, object, actor, case_id, bytes, leaf)
  SELECT %(entry_id)s, %(entry_at)s, %(entry_action)s, %(entry_object)s, %(entry_actor)s, id, %(entry_bytes)s,
    %(entry_leaf)s
  FROM admitted)
SELECT number FROM admitted
"""


class NotAdmitted(ValueError):
    """The case was not taken. The message says why, in words for the sender."""


class Conflict(NotAdmitted):
    """The same id came before with other content."""


@dataclass(frozen=True)
class Admission:
    case_id: UUID
    number: str
    created: bool  # False: the same case came before, and is what it was


def admit(
    *, actor: Actor, workflow: Workflow, submission: Submission, region: str, idempotency_key: str | None = None
) -> Admission:
    """Admit one case, once per external id and per `idempotency_key`. `region` is used where the case names none."""
    with transaction.atomic():
        admission = _insert(actor, workflow, submission, region, idempotency_key)
        if admission.created:
            hints.after_commit(first_queue(workflow))
        return admission


def admit_batch(
    *, actor: Actor, workflow: Workflow, submissions: Sequence[Submission], region: str
) -> list[Admission | NotAdmitted]:
    """Admit many in one transaction; what is refused comes back in its place and stops nothing else."""
    admitted: list[Admission | NotAdmitted] = []
    with transaction.atomic():
        for submission in submissions:
            try:
                admitted.append(_insert(actor, workflow, submission, region, None))
            except NotAdmitted as refused:
                admitted.append(refused)
        hints.after_commit(first_queue(workflow))
    return admitted


def _insert(
    actor: Actor, workflow: Workflow, submission: Submission, region: str, idempotency_key: str | None
) -> Admission:
    if workflow.production_id is None:
        raise NotAdmitted(f"“{workflow.title}” has no release in production yet, so it takes no cases.")
    case_id = uuid7()
    subject = _subject(submission)
    content = submission.fingerprint()
    entry = prepare(
        actor=actor,
        action="case.admitted",
        object=f"case:{case_id}",
        case=case_id,
        subject=str(subject),
        workflow=workflow.slug,
        release=workflow.production_id,
        channel=submission.channel,
        input=commit(subject, content.encode()),
    )
    rows = execute(
        ADMIT,
        {
            "id": case_id,
            "prefix": workflow.case_prefix,
            "workflow": workflow.pk,
            "release": workflow.production_id,
            "subject": subject,
            "external_id": submission.external_id,
            "idempotency_key": idempotency_key,
            "content_sha256": content,
            "channel": submission.channel,
            "customer": submission.customer,
            "title": submission.subject,
            "text": submission.text,
            "language": submission.language,
            "region": submission.region or region,
            "consent": submission.consent,
            "received_at": submission.received_at or timezone.now(),
            "queue": first_queue(workflow),
            **entry_parameters(entry),
        },
    )
    if rows:
        return Admission(case_id, rows[0]["number"], created=True)
    return _repeat(workflow, submission, content, idempotency_key)


def _repeat(workflow: Workflow, submission: Submission, content: str, idempotency_key: str | None) -> Admission:
    same = Q(workflow=workflow, external_id=submission.external_id)
    if idempotency_key:
        same |= Q(idempotency_key=idempotency_key)
    for earlier in Case.objects.filter(same).only("id", "number", "content_sha256", "workflow_id"):
        if earlier.content_sha256 != content or earlier.workflow_id != workflow.pk:
            raise Conflict(
                f"Case {earlier.number} came with this id before, with other content. "
                "Send changed content under a new external_id."
            )
        return Admission(earlier.pk, earlier.number, created=False)
    raise NotAdmitted("The case could not be stored; send it again.")


def _subject(submission: Submission) -> UUID:
    """The person's own row; a sender without a reference is somebody new each time."""
    reference = submission.customer or f"unknown:{uuid7()}"
    known = Subject.objects.filter(reference=reference).values_list("pk", flat=True).first()
    if known:
        return known
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO cases_subject (id, reference, created_at) VALUES (%s, %s, now()) ON CONFLICT DO NOTHING",
            [uuid7(), reference],
        )
    return Subject.objects.values_list("pk", flat=True).get(reference=reference)
