"""The machine's part of a case's way: claim what is due, run its layers, commit each with its audit entry.

PostgreSQL is the truth. Between any two statements here the process may be killed: the lease runs out, another worker
claims with a higher fence, and whatever the first still tries to write is refused.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.audit.commitments import commit
from apps.audit.entries import Prepared, prepare
from apps.cases import effects, hints
from apps.cases.claiming import Claimed, claim
from apps.cases.evidence import asked, evidence
from apps.cases.holding import hold_back
from apps.cases.layers.run import RESULTS, expect, run_layer
from apps.cases.layers.types import ActionResult, Frozen, IntakeResult, ReviewResult, Timed
from apps.cases.loading import Loaded, load
from apps.cases.models import Case, CaseVector
from apps.cases.ports import TenantPorts
from apps.cases.queueing import NEXT, queue_for
from apps.cases.statements import RELEASE_LEASE, STEPS, commit_layer, entry_parameters, execute
from apps.inference.errors import ModelUnavailable
from apps.inference.exchanges import About
from apps.inference.models import Exchange
from apps.tenants.actors import SYSTEM

logger = logging.getLogger(__name__)


def work_queue(queue: str) -> int:
    """Work until nothing in the queue is due. Returns how many claims were worked on."""
    worked = 0
    while claims := claim(queue):
        for claimed in claims:
            process(claimed)
        worked += len(claims)
    return worked


def process(claimed: Claimed) -> None:
    """Take the case as far as this queue goes. An error sends it round again, and to a person when it keeps failing."""
    try:
        if claimed.attempt > settings.CASE_ATTEMPTS:
            give_up(claimed, "The worker stopped each time.")
        elif claimed.layer == Case.Layer.EFFECTS:
            effects.settle(claimed)
        else:
            _run_layers(claimed, load(claimed.release_id))
    except ModelUnavailable as unavailable:
        _again(claimed, unavailable, wait=unavailable.retry_after or 2.0**claimed.attempt)
    except Exception as error:
        logger.exception("Case %s failed at %s, attempt %s", claimed.id, claimed.layer, claimed.attempt)
        _again(claimed, error, wait=2.0**claimed.attempt)


def _run_layers(claimed: Claimed, loaded: Loaded) -> None:
    ports = TenantPorts(loaded, About(claimed.id, claimed.subject_id))
    earlier = _earlier(claimed)
    while claimed.layer in RESULTS:
        layer = claimed.layer
        timed = run_layer(layer, claimed.input, loaded.release, ports, earlier)
        earlier[layer] = timed.result
        committed = (
            _commit_review(claimed, loaded, timed, earlier, ports)
            if layer == "review"
            else _commit(claimed, loaded, timed, ports.take_asked())
        )
        if not committed or claimed.layer == layer:
            return
        if queue_for(claimed.layer, loaded.release.routes) != claimed.queue:
            return


def _earlier(claimed: Claimed) -> dict[str, Frozen]:
    if claimed.layer == Case.Layer.INTAKE:
        return {}
    rows = execute(STEPS, {"case": claimed.id, "revision": claimed.revision})
    return {
        row["layer"]: RESULTS[row["layer"]].model_validate_json(row["result"])
        for row in rows
        if row["layer"] in RESULTS
    }


def _commit(claimed: Claimed, loaded: Loaded, timed: Timed, exchanges: Sequence[Exchange]) -> bool:
    """Store a layer's result and go on to the next layer. False: fenced out, nothing was stored."""
    following = NEXT[Case.Layer(claimed.layer)]
    queue = queue_for(following, loaded.release.routes)
    hand_off = queue != claimed.queue
    columns: dict[str, Any] = {}
    if isinstance(timed.result, IntakeResult):
        tags = timed.result
        columns = {
            "case_type": tags.case_type.value,
            "urgency": tags.urgency.value,
            "sentiment": tags.sentiment.value,
            "band": tags.case_type.band,
        }
    elif isinstance(timed.result, ActionResult):
        columns = {"decision": timed.result.decision.slug if timed.result.decision else ""}
    done = _store(
        claimed, loaded, timed, following, queue, Case.State.OPEN,
        release=hand_off, columns=columns, exchanges=exchanges,
    )  # fmt: skip
    if done:
        claimed.layer = following
        if hand_off:
            hints.after_commit(queue)
    return done


def _commit_review(
    claimed: Claimed, loaded: Loaded, timed: Timed, earlier: dict[str, Frozen], ports: TenantPorts
) -> bool:
    """Store the gate's word, held back where the owner said so: to a person, or on to the effects."""
    with transaction.atomic():
        gate = expect(ReviewResult, timed.result)
        if gate.route == "automatic":
            case_type = expect(IntakeResult, earlier["intake"]).case_type.value
            gate = hold_back(gate, loaded.release.workflow, case_type, claimed.subject_id)
            timed = replace(timed, result=gate)
        columns: dict[str, Any] = {
            "lane": gate.lane,
            "impact": gate.impact,
            "band": gate.band,
            "reason": gate.reason[:400],
        }
        if gate.route == "automatic":
            return _clear(claimed, loaded, timed, columns, expect(ActionResult, earlier["action"]))
        columns |= {"reserved": gate.route == "reserved", "in_review_since": timed.started_at}
        done = _store(claimed, loaded, timed, "review", claimed.queue, Case.State.REVIEW, release=True, columns=columns)
        if done:
            _remember(claimed, expect(IntakeResult, earlier["intake"]).case_type.value, ports)
        return done


def _remember(claimed: Claimed, case_type: str, ports: TenantPorts) -> None:
    """Keep what the case means, so that a reviewer finds those like it. Rework changes nothing of that."""
    meaning = ports.meaning(claimed.input)
    vector = CaseVector(case_id=claimed.id, encoder=meaning.encoder, case_type=case_type, embedding=meaning.vector)
    CaseVector.objects.bulk_create([vector], ignore_conflicts=True)


def _clear(claimed: Claimed, loaded: Loaded, timed: Timed, columns: dict[str, Any], proposal: ActionResult) -> bool:
    """Let the case go on to its effects, which are planned in the same transaction."""
    done = _store(
        claimed,
        loaded,
        timed,
        Case.Layer.EFFECTS,
        Case.Queue.EFFECTS,
        Case.State.OPEN,
        release=True,
        columns=columns | {"outcome": Case.Outcome.AUTOMATIC},
    )
    if done:
        effects.plan(
            actor=SYSTEM,
            case=claimed.id,
            subject=claimed.subject_id,
            customer=claimed.input.customer or "",
            loaded=loaded,
            effects=proposal.effects,
            claims=proposal.claims,
            wait=0,
        )
        hints.after_commit(Case.Queue.EFFECTS)
    return done


def _store(
    claimed: Claimed,
    loaded: Loaded,
    timed: Timed,
    following: str,
    queue: str,
    state: str,
    *,
    release: bool,
    columns: dict[str, Any],
    exchanges: Sequence[Exchange] = (),
) -> bool:
    result = timed.result.model_dump_json()
    return commit_layer(
        case=claimed.id,
        fence=claimed.fence,
        layer=claimed.layer,
        next=following,
        queue=queue,
        state=state,
        attempt=0,
        release=release,
        wait=0,
        result=result,
        started_at=timed.started_at,
        microseconds=timed.microseconds,
        columns=columns,
        **entry_parameters(_entry(claimed, loaded, timed, result, exchanges)),
    )


def _entry(claimed: Claimed, loaded: Loaded, timed: Timed, result: str, exchanges: Sequence[Exchange]) -> Prepared:
    """The layer's audit entry: what ran on what, with digests in place of anything personal."""
    return prepare(
        actor=SYSTEM,
        action=f"case.{claimed.layer}",
        object=f"case:{claimed.id}",
        case=claimed.id,
        subject=str(claimed.subject_id),
        layer=claimed.layer,
        workflow=loaded.release.workflow,
        release=loaded.release.fingerprint,
        output=commit(claimed.subject_id, result.encode()),
        **evidence(timed.result),
        **asked(exchanges),
    )


def _again(claimed: Claimed, error: Exception, *, wait: float) -> None:
    if claimed.attempt >= settings.CASE_ATTEMPTS:
        give_up(claimed, f"{type(error).__name__}: {error}")
    else:
        execute(RELEASE_LEASE, {"case": claimed.id, "fence": claimed.fence, "wait": wait})


def give_up(claimed: Claimed, problem: str) -> None:
    """Hand a case that keeps failing to a person, with what was found so far and the reason."""
    reason = f"The machine gave up at {claimed.layer} after {claimed.attempt} attempts. {problem}"[:400]
    entry = prepare(
        actor=SYSTEM,
        action="case.gave_up",
        object=f"case:{claimed.id}",
        case=claimed.id,
        subject=str(claimed.subject_id),
        layer=claimed.layer,
        attempts=claimed.attempt,
        output=commit(claimed.subject_id, reason.encode()),
    )
    commit_layer(
        case=claimed.id,
        fence=claimed.fence,
        layer=claimed.layer,
        next=claimed.layer,
        queue=claimed.queue,
        state=Case.State.REVIEW,
        columns={"reason": reason, "in_review_since": entry.at},
        **entry_parameters(entry),
    )
