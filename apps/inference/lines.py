"""An event loop and an open connection to the provider for each thread of each process.

The SDK is asynchronous, our callers are not: web threads and prefork workers call `run`. A child of a fork must not
touch the loop that it inherited (both would wait on one kernel object), so a line belongs to the process
that opened it.
"""

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

import anthropic
import httpx2
from django.conf import settings
from pydantic_ai.models import Model
from pydantic_ai.models.anthropic import AnthropicModel
from pydantic_ai.providers.anthropic import AnthropicProvider

from apps.inference.errors import ModelRefused
from apps.inference.wire import Wire

T = TypeVar("T")

NO_KEY = "no-key"  # the SDK wants one even for an answer that is replayed


@dataclass
class Line:
    endpoint: tuple[int, str, str]  # process, base URL, key
    runner: asyncio.Runner
    wire: Wire
    client: anthropic.AsyncAnthropic

    def run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        return self.runner.run(work(), context=contextvars.copy_context())

    def model(self, route: str) -> Model:
        """The model of a route such as `anthropic:claude-sonnet-4-5`. Raises ModelRefused for any other provider."""
        provider, _, name = route.partition(":")
        if provider != "anthropic" or not name:
            raise ModelRefused(f"Route {route!r} leads to no provider: it must look like anthropic:<model>.")
        return AnthropicModel(name, provider=AnthropicProvider(anthropic_client=self.client))


_own = threading.local()
_inherited: list[Line] = []  # kept, because collecting a parent's loop would close what the parent still uses


def line() -> Line:
    """This thread's line. Must not be called where an event loop is running already."""
    endpoint = (os.getpid(), settings.ANTHROPIC_BASE_URL, settings.ANTHROPIC_API_KEY)
    current: Line | None = getattr(_own, "line", None)
    if current is None or current.endpoint != endpoint:
        if current is not None:
            _retire(current)
        current = _own.line = _open(endpoint)
    return current


def _open(endpoint: tuple[int, str, str]) -> Line:
    _, base_url, key = endpoint
    wire = Wire()
    client = anthropic.AsyncAnthropic(
        api_key=key or NO_KEY,
        base_url=base_url or "https://api.anthropic.com",
        max_retries=0,  # the door retries, and writes down each attempt
        http_client=httpx2.AsyncClient(transport=wire),
    )
    return Line(endpoint, asyncio.Runner(), wire, client)


def _retire(old: Line) -> None:
    if old.endpoint[0] != os.getpid():
        _inherited.append(old)
        return
    old.run(old.client.close)
    old.runner.close()
