"""The wire to a provider: takes down the exact bytes of each round trip, and replays an answer that is known."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx2


class NotSent(Exception):
    """The request was held back; nothing left this machine."""


@dataclass(frozen=True)
class KnownAnswer:
    body: bytes
    content_type: str


@dataclass(frozen=True)
class Known:
    """What a question may be answered with without asking."""

    digest: Callable[[bytes], str]  # of a request's bytes
    answers: Mapping[str, KnownAnswer]  # by that digest


@dataclass(frozen=True)
class RoundTrip:
    request: bytes
    request_digest: str
    response: bytes  # as the provider meant it: without transfer or content encoding; empty when none came
    content_type: str
    status: int  # 0 when the connection failed or timed out
    started_at: datetime
    microseconds: int
    replayed: bool


@dataclass
class Tape:
    """What one question may replay, and what happened on the wire."""

    known: Known
    held_back: str = ""  # why nothing may be sent, "" when it may
    built: list[bytes] = field(default_factory=list)  # requests, sent or not
    trips: list[RoundTrip] = field(default_factory=list)


class Wire(httpx2.AsyncBaseTransport):
    """Serves one question at a time: whoever asks puts a fresh tape in first."""

    def __init__(self) -> None:
        self.tape = Tape(Known(bytes.hex, {}), held_back="Nobody asked.")
        self._inner = httpx2.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        started_at, begin = datetime.now(UTC), time.perf_counter()
        sent = await request.aread()
        self.tape.built.append(sent)
        digest = self.tape.known.digest(sent)
        known = self.tape.known.answers.get(digest)
        if known is None and self.tape.held_back:
            raise NotSent(self.tape.held_back)
        status, content_type, body, headers = 0, "", b"", httpx2.Headers()
        try:
            if known is not None:
                status, content_type, body = 200, known.content_type, known.body
            else:
                response = await self._inner.handle_async_request(request)
                status, headers = response.status_code, response.headers
                content_type = headers.get("content-type", "")
                body = await response.aread()
        finally:
            microseconds = round((time.perf_counter() - begin) * 1_000_000)
            self.tape.trips.append(
                RoundTrip(sent, digest, body, content_type[:100], status, started_at, microseconds, known is not None)
            )
        kept = {name: headers[name] for name in ("retry-after", "retry-after-ms", "x-should-retry") if name in headers}
        return httpx2.Response(status, headers={"content-type": content_type, **kept}, content=body, request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()
