"""Talking HTTP to a system of record, and telling apart what may and what may not have happened there.

No connection is used twice: one that the other side has closed meanwhile would look like an answer that was lost.
"""

import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2
from django.conf import settings

from apps.connectors.models import System
from apps.tenants.schemas import current_schema

Json = dict[str, Any]

NEVER_LEFT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
NOT_TAKEN = frozenset({429})  # the system said that it did not begin
REFUSED = frozenset(range(400, 500)) - NOT_TAKEN - {408, 409}


@dataclass(frozen=True)
class Done:
    answer: Json


@dataclass(frozen=True)
class Refused:
    """The system understood and said no: nothing was done."""

    problem: str


@dataclass(frozen=True)
class NotSent:
    """It never reached the system: nothing was done."""

    problem: str


@dataclass(frozen=True)
class Unclear:
    """It may have been done, or may still be."""

    problem: str


Outcome = Done | Refused | NotSent | Unclear


class SystemUnavailable(Exception):
    """A question to a system of record got no answer. Asking again later may help."""


def order(system: System, operation: str, params: Json, key: str) -> Outcome:
    """Ask the system to do something. The key goes in a header, and as our reference beside the parameters."""
    try:
        response = _client().post(
            _address(system, operation),
            json={"reference": key, "params": params},
            headers={"Idempotency-Key": key} if system.guarantee == System.Guarantee.KEY else {},
            timeout=system.timeout,
        )
    except (SystemUnavailable, *NEVER_LEFT) as error:
        return NotSent(_said(error))
    except httpx2.TransportError as error:
        return Unclear(_said(error))
    if response.status_code in REFUSED:
        return Refused(_problem(response))
    if response.status_code in NOT_TAKEN:
        return NotSent(_problem(response))
    answer = _object(response)
    return Done(answer) if response.is_success and answer is not None else Unclear(_problem(response))


def ask(system: System, operation: str, key: str) -> Json | None:
    """The record under `key`, None when there is none. Raises SystemUnavailable."""
    address = f"{_address(system, operation)}/{quote(key, safe='')}"
    try:
        response = _client().get(address, timeout=system.timeout)
    except httpx2.TransportError as error:
        raise SystemUnavailable(f"{system.title}: {_said(error)}") from error
    if response.status_code == 404:
        return None
    answer = _object(response)
    if not response.is_success or answer is None:
        raise SystemUnavailable(f"{system.title}: {_problem(response)}")
    return answer


def _address(system: System, operation: str) -> str:
    base = system.base_url
    if not base:
        if not settings.SYSTEM_OF_RECORD_URL:
            raise SystemUnavailable(f"{system.title} has no address: set SYSTEM_OF_RECORD_URL or its own.")
        base = f"{settings.SYSTEM_OF_RECORD_URL}/{current_schema()}/{system.slug}"
    return f"{base.rstrip('/')}/{operation}"


_own = threading.local()


def _client() -> httpx2.Client:
    """One per thread, made on first use. It keeps no connection, so a fork inherits nothing that is shared."""
    client: httpx2.Client | None = getattr(_own, "client", None)
    if client is None:
        client = _own.client = httpx2.Client(limits=httpx2.Limits(max_keepalive_connections=0), follow_redirects=False)
    return client


def _object(response: httpx2.Response) -> Json | None:
    try:
        data = response.json()
    except ValueError:
        return None
    return data if isinstance(data, dict) else None


def _problem(response: httpx2.Response) -> str:
    said = (_object(response) or {}).get("error") or response.text
    return f"{response.status_code} {said}".strip()[:300]


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]
