"""The way in. A case is admitted once, pins the release that traffic gives it, and is due at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from uuid6 import uuid7

from apps.audit.commitments import digest
from apps.audit.entries import prepare
from apps.cases import hints
from apps.cases.models import Case
from apps.cases.queueing import first_queue
from apps.cases.statements import entry_parameters, execute
from apps.cases.subjects import Person, people_of
from apps.cases.submission import Submission
from apps.tenants.actors import Actor
from apps.workflows import charters
from apps.workflows.models import Workflow
from apps.workflows.traffic import NoTraffic, Routed, Traffic, standing

ADMIT = """
WITH admitted AS (
  INSERT INTO cases_case (id, number, workflow_id, release_id, subject_id, external_id, idempotency_key,
    content_sha256, channel, customer, title, text, language, region, consent, received_at, admitted_at, state, layer,
    queue, lease_until, fence, attempt, revision, case_type, urgency, sentiment, band, lane, impact, reason, decision,
    reserved, escalated_to, outcome, arm)
  VALUES (%(id)s, %(prefix)s || '-' || nextval('cases_case_number'), %(workflow)s, %(release)s, %(subject)s,
    %(external_id)s, %(idempotency_key)s, %(content_sha256)s, %(channel)s, %(customer)s, %(title)s, %(text)s,
    %(language)s, %(region)s, %(consent)s, %(received_at)s, now(), 'open', 'intake', %(queue)s, now(), 0, 0, 1,
    '', '', '', '', '', '', '', '', false, '', '', %(arm)s)
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


HOUR = timedelta(hours=1)


class NotAdmitted(ValueError):
    """The case was not taken. The message says why, in words for the sender."""


class Conflict(NotAdmitted):
    """The same id came before with other content."""


class PersonForgotten(NotAdmitted):
    """The case is about somebody who asked to be forgotten."""


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
        door = _Door(actor, workflow, region, open_for(workflow))
        person = people_of([submission])[0]
        admission = _insert(door, submission, idempotency_key, person)
        door.hint()
        return admission


def admit_batch(
    *, actor: Actor, workflow: Workflow, submissions: Sequence[Submission], region: str
) -> list[Admission | NotAdmitted]:
    """Admit many in one transaction; what is refused comes back in its place and stops nothing else."""
    admitted: list[Admission | NotAdmitted] = []
    with transaction.atomic():
        ids = [submission.external_id for submission in submissions]
        earlier = {case.external_id: case for case in _essentials(Q(workflow=workflow, external_id__in=ids))}
        fresh = [each for each in submissions if each.external_id not in earlier]
        people = iter(people_of(fresh))
        door = _Door(actor, workflow, region, open_for(workflow)) if fresh else None
        for submission in submissions:
            try:
                case = earlier.get(submission.external_id)
                if case:
                    admitted.append(_repeat(case, workflow, submission.fingerprint()))
                elif door:
                    admitted.append(_insert(door, submission, None, next(people)))
            except NotAdmitted as refused:
                admitted.append(refused)
        if door:
            door.hint()
    return admitted


def open_for(workflow: Workflow) -> Traffic:
    """The workflow's traffic. Raises NotAdmitted when it takes no cases: no release, or nobody who answers for it."""
    try:
        traffic = standing(workflow)
        charters.require(workflow)
    except (NoTraffic, charters.NoCharter) as closed:
        raise NotAdmitted(str(closed)) from None
    return traffic


@dataclass
class _Door:
    """Where the cases of one transaction come in."""

    actor: Actor
    workflow: Workflow
    region: str
    traffic: Traffic
    queues: set[str] = field(default_factory=set)  # those that now have work

    def route(self, submission: Submission) -> Routed:
        segment = {
            f"channel:{submission.channel}",
            f"region:{submission.region or self.region}",
            f"language:{submission.language}",
        }
        return self.traffic.route(submission.customer or submission.external_id, segment, timezone.now(), _taken)

    def hint(self) -> None:
        for queue in sorted(self.queues):
            hints.after_commit(queue)


def _insert(door: _Door, submission: Submission, idempotency_key: str | None, person: Person | None) -> Admission:
    if person is None:
        raise PersonForgotten(
            "The person behind this reference has been forgotten, so no case about them can be taken under it. "
            "If they write again of their own accord, send the case under a new customer reference."
        )
    workflow, routed = door.workflow, door.route(submission)
    queue = first_queue(routed.release)
    case_id = uuid7()
    content = submission.fingerprint()
    entry = prepare(
        actor=door.actor,
        action="case.admitted",
        object=f"case:{case_id}",
        case=case_id,
        subject=str(person.subject),
        workflow=workflow.slug,
        release=routed.release.fingerprint,
        arm=routed.arm,
        channel=submission.channel,
        input=digest(person.key, content.encode()),
    )
    rows = execute(
        ADMIT,
        {
            "id": case_id,
            "prefix": workflow.case_prefix,
            "workflow": workflow.pk,
            "release": routed.release.fingerprint,
            "arm": routed.arm,
            "subject": person.subject,
            "external_id": submission.external_id,
            "idempotency_key": idempotency_key,
            "content_sha256": content,
            "channel": submission.channel,
            "customer": submission.customer,
            "title": submission.subject,
            "text": submission.text,
            "language": submission.language,
            "region": submission.region or door.region,
            "consent": submission.consent,
            "received_at": submission.received_at or timezone.now(),
            "queue": queue,
            **entry_parameters(entry),
        },
    )
    if rows:
        door.queues.add(queue)
        return Admission(case_id, rows[0]["number"], created=True)
    same = Q(workflow=workflow, external_id=submission.external_id)
    if idempotency_key:
        same |= Q(idempotency_key=idempotency_key)
    for case in _essentials(same):
        return _repeat(case, workflow, content)
    raise NotAdmitted("The case could not be stored; send it again.")


def _repeat(earlier: Case, workflow: Workflow, content: str) -> Admission:
    if earlier.content_sha256 != content or earlier.workflow_id != workflow.pk:
        raise Conflict(
            f"Case {earlier.number} came with this id before, with other content. "
            "Send changed content under a new external_id."
        )
    return Admission(earlier.pk, earlier.number, created=False)


def _taken(release: str, at: datetime) -> int:
    """How many cases the release took in its slice in the hour before. One after the other, so that a cap holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || %s))", [release])
    return Case.objects.filter(arm=Case.Arm.SLICE, release_id=release, admitted_at__gt=at - HOUR).count()


def _essentials(same: Q) -> QuerySet[Case]:
    return Case.objects.filter(same).only("id", "number", "external_id", "content_sha256", "workflow_id")
