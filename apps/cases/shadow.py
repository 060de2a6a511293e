"""Shadow: a release that takes no traffic works the cases that others handled, without effects, to be compared.

It runs when a case has come to rest, in the queue of long work, so that no customer waits for it. Nothing but a model's
answer and the result is written. What fails is tried again: what was only down would look like the release's fault.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from apps.audit.commitments import commit
from apps.audit.entries import record
from apps.cases.evidence import asked
from apps.cases.layers.run import expect, run_all
from apps.cases.layers.types import OUT_OF_SCOPE, ActionResult, IntakeResult, ReviewResult, Timed
from apps.cases.loading import load
from apps.cases.models import Case, ShadowRun, ShadowTry
from apps.cases.ports import TenantPorts
from apps.cases.reading import input_of
from apps.connectors.wire import SystemUnavailable
from apps.inference.errors import ModelUnavailable
from apps.inference.exchanges import About
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Workflow
from apps.workflows.traffic import Share, standing

logger = logging.getLogger(__name__)
LOOK_BACK = timedelta(days=14)  # older cases tell little about now
AT_ONCE = 500  # cases looked at in one run, the newest first
TRIES = 3
PAUSE = timedelta(minutes=1)  # after the first failure, twice that after the second


@dataclass(frozen=True)
class Comparison:
    """What a shadow would have done beside what was done, over the cases that people or the automatic lane finished."""

    cases: int
    failed: int  # the shadow gave no result
    same_type: int
    same_decision: int  # as the one that was approved, of `decided`
    decided: int  # approved as proposed, edited, or cleared automatically
    rejected: int
    also_rejected: int  # the shadow would have decided as the proposal that a person rejected
    would_clear: int
    cleared: int  # by the release that had the case
    clear_but_changed: int  # the shadow would have cleared what a person edited or rejected

    @property
    def judged(self) -> int:
        return self.cases - self.failed


class Beside(NamedTuple):
    """One finished case, and what the shadow made of it."""

    was_type: str
    was_decision: str
    outcome: str
    case_type: str
    decision: str
    route: str
    problem: str


def run_waiting(*, seconds: float) -> int:
    """Run shadows for about so many seconds. Returns how many cases were run."""
    deadline, done = time.monotonic() + seconds, 0
    for workflow in Workflow.objects.select_related("production").exclude(production=None):
        traffic = standing(workflow)
        for share in traffic.shares if not traffic.stopped else ():
            if share.mode != "shadow":
                continue
            for case in _waiting(workflow, share)[:AT_ONCE]:
                if time.monotonic() > deadline:
                    return done
                routed = traffic.route(case.customer or case.external_id, _segment(case), case.admitted_at)
                if share.release in routed.shadow_releases:
                    done += run_shadow(case, share.release) is not None
    return done


def run_shadow(case: Case, fingerprint: str) -> ShadowRun | None:
    """Work the case with the release, without effects. None: a later run does it, or another did."""
    begin = time.perf_counter_ns()
    loaded = load(fingerprint)
    problem, timed, ports = "", dict[str, Timed](), TenantPorts(loaded, About(case.pk, case.subject_id))
    try:
        timed = run_all(input_of(case), loaded.release, ports)
    except (ModelUnavailable, SystemUnavailable) as error:  # it comes back, and so does the shadow
        _try_again(case, fingerprint, error, failures=0)
        return None
    except Exception as error:
        logger.exception("The shadow of case %s by %s failed", case.number, fingerprint[:6])
        if _try_again(case, fingerprint, error, failures=1):
            return None
        problem = _said(error)
    return _keep(case, fingerprint, timed, problem, ports.take_asked(), (time.perf_counter_ns() - begin) // 1000)


def compare(workflow: Workflow, fingerprint: str) -> Comparison:
    """What the shadow would have done, beside what was done."""
    return compare_by_type(workflow, fingerprint)[""]


def compare_by_type(workflow: Workflow, fingerprint: str) -> dict[str, Comparison]:
    """What the shadow would have done beside what was done: "" for all cases, and each case type by its slug."""
    runs = ShadowRun.objects.filter(release_id=fingerprint, case__workflow=workflow).exclude(case__outcome="")
    columns = ("case__case_type", "case__decision", "case__outcome", "case_type", "decision", "route", "problem")
    by_type: dict[str, list[Beside]] = {"": []}
    for row in runs.values_list(*columns):
        beside = Beside(*row)
        by_type[""].append(beside)
        by_type.setdefault(beside.was_type or OUT_OF_SCOPE, []).append(beside)
    return {case_type: _compared(found) for case_type, found in by_type.items()}


def _compared(finished: Sequence[Beside]) -> Comparison:
    good = [each for each in finished if not each.problem]
    decided = [each for each in good if each.outcome != Case.Outcome.REJECTED]
    rejected = [each for each in good if each.outcome == Case.Outcome.REJECTED]
    clear = [each for each in good if each.route == "automatic"]
    changed = (Case.Outcome.EDITED, Case.Outcome.REJECTED)
    return Comparison(
        cases=len(finished),
        failed=len(finished) - len(good),
        same_type=sum(each.case_type == each.was_type for each in good),
        same_decision=sum(each.decision == each.was_decision for each in decided),
        decided=len(decided),
        rejected=len(rejected),
        also_rejected=sum(each.decision == each.was_decision for each in rejected),
        would_clear=len(clear),
        cleared=sum(each.outcome == Case.Outcome.AUTOMATIC for each in good),
        clear_but_changed=sum(each.outcome in changed for each in clear),
    )


def _waiting(workflow: Workflow, share: Share) -> QuerySet[Case]:
    """Cases at rest that the release has not worked yet, the newest first."""
    since = max(share.since, timezone.now() - LOOK_BACK)
    run = ShadowRun.objects.filter(case=OuterRef("pk"), release_id=share.release)
    resting = Case.objects.filter(workflow=workflow, state__in=Case.RESTING, admitted_at__gte=since)
    later = ShadowTry.objects.filter(case=OuterRef("pk"), release_id=share.release, again_at__gt=timezone.now())
    return resting.exclude(release_id=share.release).exclude(Exists(run)).exclude(Exists(later))


@transaction.atomic
def _try_again(case: Case, fingerprint: str, error: Exception, *, failures: int) -> bool:
    """Put the case off. False when it has failed often enough."""
    tried, _ = ShadowTry.objects.select_for_update().get_or_create(
        case=case, release_id=fingerprint, defaults={"problem": _said(error), "again_at": timezone.now()}
    )
    tried.failures, tried.problem = tried.failures + failures, _said(error)
    if tried.failures >= TRIES:
        return False
    tried.again_at = timezone.now() + PAUSE * max(tried.failures, 1)
    tried.save(update_fields=["failures", "problem", "again_at"])
    return True


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:400]


def _segment(case: Case) -> set[str]:
    return {f"channel:{case.channel}", f"region:{case.region}", f"language:{case.language}"}


def _keep(
    case: Case,
    fingerprint: str,
    timed: dict[str, Timed],
    problem: str,
    exchanges: Sequence[Exchange],
    microseconds: int,
) -> ShadowRun | None:
    found = _columns(timed) if timed else {"case_type": "", "route": "", "rule": "", "grounded_share": 0.0}
    results = {layer: each.result.model_dump(mode="json") for layer, each in timed.items()}
    try:
        with transaction.atomic():
            run = ShadowRun.objects.create(
                case=case, release_id=fingerprint, results=results, problem=problem, microseconds=microseconds, **found
            )
            ShadowTry.objects.filter(case=case, release_id=fingerprint).delete()
            record(
                actor=SYSTEM,
                action="case.shadowed",
                object=f"case:{case.pk}",
                case=case.pk,
                subject=str(case.subject_id),
                workflow=case.workflow.slug,
                release=fingerprint,
                output=commit(case.subject_id, repr(sorted(found.items())).encode()),
                **asked(exchanges),
            )
            return run
    except IntegrityError:
        return None


def _columns(timed: dict[str, Timed]) -> dict[str, str | float]:
    action = expect(ActionResult, timed["action"].result)
    gate = expect(ReviewResult, timed["review"].result)
    return {
        "case_type": expect(IntakeResult, timed["intake"].result).case_type.value,
        "decision": action.decision.slug if action.decision else "",
        "route": gate.route,
        "rule": gate.rule,
        "grounded_share": action.grounded_share,
    }
