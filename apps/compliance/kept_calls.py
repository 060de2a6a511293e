"""What a case's model calls left behind, each checked against the log as it is read."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.audit.commitments import SubjectForgotten, commit
from apps.audit.models import SubjectKey
from apps.audit.sealing import SealBroken
from apps.audit.timeline import TimelineEntry, timeline
from apps.cases.models import Case
from apps.compliance.models import ErasedCase
from apps.inference.models import Exchange

OWN = frozenset({"model.asked", "exchange.sealed"})  # the entry that an exchange itself has
NAMING = {"case.shadowed": "a shadow", "case.rerun": "a rerun"}


@dataclass(frozen=True)
class KeptCall:
    exchange: Exchange
    named_by: tuple[str, ...]  # "action", "a shadow": whose entries name it
    request: str  # "" once nobody can read it
    response: str
    problem: str
    logged: bool  # its own entry stands in the log, with these very fingerprints
    words_agree: bool | None  # with the digests; None once nobody can tell

    @property
    def told(self) -> str:
        """The words of the request alone: instructions, then what was asked."""
        return _words(self.request)

    @property
    def took(self) -> timedelta:
        return timedelta(microseconds=self.exchange.microseconds)

    @property
    def fingerprints(self) -> dict[str, str]:
        return {name.replace("_", " "): value for name, value in self.exchange.fingerprints().items()}


def calls_of(case: Case) -> list[KeptCall]:
    """The case's round trips to hosted models, oldest first, also those of shadows and reruns."""
    entries = timeline(case.pk)
    own = {
        each["exchange"]: each
        for entry in entries
        if entry.action in OWN
        for each in entry.facts.get("fingerprints", [])
    }
    return [_kept(each, own, entries) for each in Exchange.objects.filter(case_id=case.pk)]


def forgotten_at(case: Case) -> datetime | None:
    """When the key of the case's person was destroyed; None while it is there."""
    key = SubjectKey.objects.filter(subject=case.subject_id).first()
    return key.destroyed_at if key else None


def erased_at(case: Case) -> datetime | None:
    """When the words of the case were removed; None while they are there."""
    return ErasedCase.objects.filter(case=case).values_list("at", flat=True).first()


def _kept(exchange: Exchange, own: Mapping[str, Any], entries: Sequence[TimelineEntry]) -> KeptCall:
    request = response = problem = ""
    agree: bool | None = None
    try:
        plain = exchange.plain("request"), exchange.plain("response")
        agree = exchange.person is not None and (
            (commit(exchange.person, plain[0]), commit(exchange.person, plain[1]))
            == (exchange.request_digest, exchange.response_digest)
        )
        request, response = map(_readable, plain)
        problem = exchange.plain("problem").decode()
    except SubjectForgotten:
        pass  # what cannot be read any more is shown as such
    except SealBroken:
        agree = False
    return KeptCall(
        exchange=exchange,
        named_by=tuple(_by(entry) for entry in entries if entry.action not in OWN and _names(entry, exchange)),
        request=request,
        response=response,
        problem=problem,
        logged=own.get(str(exchange.pk)) == exchange.fingerprints(),
        words_agree=agree,
    )


def _names(entry: TimelineEntry, exchange: Exchange) -> bool:
    return str(exchange.pk) in entry.facts.get("exchanges", [])


def _by(entry: TimelineEntry) -> str:
    return NAMING.get(entry.action, entry.action.removeprefix("case."))


def _words(laid_out: str) -> str:
    try:
        request = json.loads(laid_out)
        messages = [part for message in request["messages"] for part in message["content"]]
        return "\n\n".join(str(part["text"]) for part in [*request.get("system", []), *messages] if "text" in part)
    except (ValueError, TypeError, KeyError):  # no request as we build them: its bytes are shown all the same
        return ""


def _readable(exact: bytes) -> str:
    """The JSON that it is, laid out; else the text as it came."""
    try:
        return json.dumps(json.loads(exact), indent=2, ensure_ascii=False)
    except ValueError:
        return exact.decode(errors="replace")
