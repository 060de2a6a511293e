"""Looking for drift: once a day for each release in production, and whenever somebody asks. A worker does it."""

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.cases.models import Case
from apps.evaluations import leased_run
from apps.evaluations.drift_measures import KINDS, Measure, Observed, Vectors, of_confidence, of_kinds, of_vectors
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.drift_streams import MOST, Reference, cases_of, observed, reference_of, window_start
from apps.evaluations.leased_run import claim, get_on
from apps.inference.local.encoder import default_encoder
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.schemas import current_schema
from apps.workflows.models import Release, Workflow

logger = logging.getLogger(__name__)
BATCH = 64  # texts encoded before the lease is held anew


class NothingToLookAt(ValueError):
    """No release is in production, so no cases are compared."""


@transaction.atomic
def look(*, actor: Actor, workflow: Workflow) -> DriftReport:
    """Ask for today's report on the release in production, anew if there is one. Raises NothingToLookAt."""
    if workflow.production is None:
        raise NothingToLookAt(f"“{workflow.title}” has no release in production yet.")
    today = timezone.now().date()
    asked = {"workflow": workflow, "total": 0, "created_by": actor.id, "created_name": actor.name}
    report, new = DriftReport.objects.select_for_update().get_or_create(
        release=workflow.production, day=today, defaults=asked
    )
    if not new and not report.resting:
        return report
    if not new:
        report.state, report.done, report.attempts, report.problem = DriftReport.State.QUEUED, 0, 0, ""
        report.created_by, report.created_name, report.lease_until = actor.id, actor.name, timezone.now()
        report.save()
    record(
        actor=actor,
        action="drift.asked",
        object=f"drift:{report.pk}",
        workflow=workflow.slug,
        release=report.release_id,
        after={"day": today.isoformat()},
    )
    _after_commit(report)
    return report


def look_daily() -> None:
    """Ask for what nobody has asked for yet today. Doing it again the same day changes nothing."""
    today = timezone.now().date()
    for workflow in Workflow.objects.select_related("production").exclude(production=None):
        if not DriftReport.objects.filter(release=workflow.production_id, day=today).exists():
            look(actor=SYSTEM, workflow=workflow)


def work(report_id: UUID) -> bool:
    """Make the report. True when it rests, or somebody else works on it. A killed worker's report is made anew."""
    report = claim(DriftReport.objects.select_related("release__workflow"), report_id, lambda _: timedelta())
    if report is None:
        return True
    try:
        found = report_of(report.release, timezone.now(), report)
    except Exception as error:
        logger.exception("Looking for drift %s failed", report.pk)
        return leased_run.wait(report, error, report.release_id)
    with transaction.atomic():
        if leased_run.finish(report, found):
            DriftReport.objects.filter(pk=report.pk).update(drifted=found["drifted"])
            record(
                actor=SYSTEM,
                action="drift.looked",
                object=f"drift:{report.pk}",
                workflow=report.release.workflow.slug,
                release=report.release_id,
                after=_facts(found),
            )
    return True


def waiting() -> Sequence[UUID]:
    return leased_run.waiting(DriftReport.objects.all())


def report_of(release: Release, now: datetime, progress: DriftReport | None = None) -> dict[str, Any]:
    """The measures between the release's reference and its present window, as JSON."""
    begin = time.perf_counter_ns()
    reference = reference_of(release, now)
    since = _since(release, reference, now)
    cases = list(cases_of(release).filter(admitted_at__gte=since)[:MOST]) if since else []
    live = observed(cases)
    decided = sorted((case for case in cases if case.closed_at), key=lambda case: (case.closed_at, case.pk))
    measures = [
        *(of_kinds(*kind, reference.cases, live) for kind in KINDS[:-1]),
        of_kinds(*KINDS[-1], reference.cases, observed(decided)),
        of_confidence(reference.cases, live),
        of_vectors(*_encoded(reference.cases, live, progress, begin), [each.key for each in live]),
    ]
    drifted = [each for each in measures if each.state == "drift"]
    return {
        "reference": {"kind": reference.kind, "words": reference.words, "n": len(reference.cases)},
        "since": since.isoformat() if since else "",
        "cases": len(live),
        "measures": [each.as_json() for each in measures],
        "drifted": bool(drifted),
        "sentence": _sentence(release, reference, measures, len(live)),
    }


def _since(release: Release, reference: Reference, now: datetime) -> datetime | None:
    """Where the present window begins; None while the release has taken no case."""
    first: Case | None = cases_of(release).first()
    if first is None:
        return None
    begin = reference.until or first.admitted_at
    last = DriftReport.objects.filter(release=release, report__reference__kind=reference.kind).first()
    if last and last.report["since"]:
        begin = max(begin, datetime.fromisoformat(last.report["since"]))
    return window_start(release, begin, now)


def _encoded(
    reference: Sequence[Observed], live: Sequence[Observed], progress: DriftReport | None, begin: int
) -> tuple[Vectors, Vectors]:
    encoder = default_encoder(settings.MODEL_DIR)
    texts = [each.text for each in (*reference, *live)]
    vectors = np.zeros((len(texts), encoder.dimensions), np.float32)
    for start in range(0, len(texts), BATCH):
        vectors[start : start + BATCH] = encoder.encode(texts[start : start + BATCH])
        if progress:
            _get_on(progress, min(start + BATCH, len(texts)), len(texts), (time.perf_counter_ns() - begin) // 1000)
    return vectors[: len(reference)], vectors[len(reference) :]


def _get_on(report: DriftReport, done: int, total: int, microseconds: int) -> None:
    with transaction.atomic():
        locked = leased_run.held(report)
        if locked is not None:
            locked.total, locked.done, locked.microseconds = total, 0, 0
            get_on(report, locked, done=done, cached=0, spent=(), microseconds=microseconds)


def _sentence(release: Release, reference: Reference, measures: Sequence[Measure], cases: int) -> str:
    drifted = [each for each in measures if each.state == "drift"]
    against = f"{release.label}, {cases:,} cases against {reference.words}"
    if drifted:
        told = "; ".join(f"{each.title.lower()} by {each.excess:.2f} (limit {each.limit:.2f})" for each in drifted)
        return f"Drifted: {told}. {against}."
    if all(each.state == "few" for each in measures):
        return f"Too few cases to tell. {against}."
    return f"Nothing has drifted. {against}."


def _facts(found: dict[str, Any]) -> dict[str, Json]:
    """For the record: the audit log holds decimals as text."""
    told: dict[str, Json] = {
        each["key"]: f"{each['excess']:.4f}, evidence {each['evidence']:.4g}, n {each['n']}, {each['state']}"
        for each in found["measures"]
    }
    return {"drifted": found["drifted"], "sentence": found["sentence"], "measures": told}


def _after_commit(report: DriftReport) -> None:
    from apps.evaluations.tasks import send_drift

    schema = current_schema()
    transaction.on_commit(lambda: send_drift(schema, report.pk))
