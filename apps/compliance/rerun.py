"""Asking a model again what it was asked for a case, to see whether it would say the same. The case stays as it is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from pydantic import BaseModel

from apps.audit.entries import record
from apps.cases.evidence import asked
from apps.cases.models import Case
from apps.cases.ports import TenantPorts
from apps.compliance.reconstruct import Stored
from apps.inference.errors import NoAnswer
from apps.inference.limits import Limits
from apps.inference.models import Exchange
from apps.inference.replay import Rebuilding
from apps.prompts.diff import Row, compare_texts
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

ASKING = frozenset({Capability.AUDIT_EXPORT, Capability.CONFIG_EDIT})
LIMITS = Limits(attempts=1, seconds=45.0)  # somebody waits for it


class Refused(ValueError):
    """It was not asked. The message says why and what to do."""


@dataclass(frozen=True)
class Comparison:
    """The last answers to a layer's requests beside those that counted."""

    at: datetime
    model: str
    cost: Decimal  # USD
    rows: list[Row]  # empty when they say the same, word for word
    before: str
    stopped: str  # why there are no answers to compare


def may_rerun(actor: Actor) -> bool:
    return not ASKING.isdisjoint(capabilities_of(actor.role))


def rerun(*, actor: Actor, case: Case, layer: str, reason: str) -> None:
    """Ask again all that the layer asks. Costs what it costs, within the day's budget.

    Raises Refused. Must not be called inside a transaction.
    """
    stored = _ready(actor, case, layer, reason)
    about: dict[str, Any] = {
        "object": f"case:{case.pk}",
        "case": case.pk,
        "subject": str(case.subject_id),
        "layer": layer,
    }
    with transaction.atomic():
        record(actor=actor, action="case.rerun_asked", release=case.release_id, reason=reason.strip(), **about)
    from apps.inference.door import ask  # not before it is needed: the SDK behind it takes a second to load

    ports = TenantPorts(stored.loaded, stored.about, ask=partial(ask, afresh=True, limits=LIMITS))
    try:
        stored.run(layer, ports)
    except NoAnswer as problem:
        raise Refused(f"There is no new answer. {problem}") from problem
    finally:
        with transaction.atomic():
            record(actor=actor, action="case.rerun", release=case.release_id, **about, **asked(ports.take_asked()))


def compare_rerun(case: Case, layer: str) -> Comparison | None:
    """The last rerun beside the answers that counted; None when there was none. Raises SubjectForgotten, SealBroken."""
    exchanges = Exchange.objects.filter(case_id=case.pk, purpose=layer)
    again = {each.request_digest: each for each in exchanges.filter(outcome=Exchange.Outcome.RERUN)}  # the last wins
    if not again:
        return None
    stored, newest = Stored.of(case), max(again.values(), key=lambda each: each.started_at)
    before, problem = _told(stored, layer, list(exchanges.filter(outcome__in=Exchange.REPLAYED)))
    after, stopped = _told(stored, layer, list(again.values()))
    return Comparison(
        at=newest.started_at,
        model=newest.route,
        cost=sum((each.cost for each in again.values()), Decimal(0)),
        rows=compare_texts(before, after),
        before=before,
        stopped=problem or stopped,
    )


def _ready(actor: Actor, case: Case, layer: str, reason: str) -> Stored:
    if not may_rerun(actor):
        raise Refused("Your role may look at what a model was asked, but not ask it again.")
    if not reason.strip():
        raise Refused("Say why the model is asked again: it costs money, and the log keeps the reason.")
    stored = Stored.of(case)
    if layer not in stored.results:
        raise Refused(f"{layer.capitalize()} has not run for this case yet.")
    if not Exchange.objects.filter(case_id=case.pk, purpose=layer, outcome__in=Exchange.REPLAYED).exists():
        raise Refused("No hosted model was asked here. What runs locally is run again by reconstructing it.")
    return stored


def _told(stored: Stored, layer: str, answers: list[Exchange]) -> tuple[str, str]:
    """What the model said to the layer's requests, and why that could not be read to the end."""
    rebuilding = Rebuilding(answers)
    stopped = ""
    try:
        stored.run(layer, TenantPorts(stored.loaded, stored.about, ask=rebuilding.ask))
    except NoAnswer as problem:
        stopped = str(problem)
    outputs = [each.output for each in rebuilding.built if each.output is not None]
    return "\n\n".join("\n".join(wording(output)) for output in outputs), stopped


def wording(output: BaseModel) -> Iterator[str]:
    """An answer line by line: sentences as they would be read, everything else under its name."""
    for name, value in output.model_dump(mode="json").items():
        if isinstance(value, list):
            yield from (str(each["text"]) if _is_sentence(each) else str(each) for each in value)
        else:
            yield f"{name.replace('_', ' ').capitalize()}: {value}"


def _is_sentence(value: Any) -> bool:
    return isinstance(value, dict) and "text" in value
