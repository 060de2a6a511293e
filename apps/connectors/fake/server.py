"""A system of record over HTTP: a shop, a claims system, a document store and a letter service for every tenant.

    GET  /<tenant>/<system>/<look-up>/<key>     the record, or 404
    POST /<tenant>/<system>/<operation>         {"reference": …, "params": {…}}, with Idempotency-Key where honoured
    GET  /<tenant>/ledger                       every execution, and how often each key was carried out
    PUT  /<tenant>/records                      load a systems.yaml, as JSON
    POST /control                               a Trouble, as JSON; GET lists what is still to come; DELETE forgets it

Shop and claims honour idempotency keys, the document store can be asked by reference, letters offer neither.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

from apps.connectors.fake.books import HONOURS_KEYS, Books
from apps.connectors.fake.deeds import No
from apps.inference.fake.serving import Fake, Handler

Mode = Literal["fail", "drop", "delay", "hold", "refuse_connection"]


@dataclass
class Trouble:
    """fail: do nothing and say `status` · drop: do it, then hang up · delay: do it, answer after `seconds` ·
    hold: do it, answer once released · refuse_connection: hang up before doing anything.

    Strikes the next `times` orders that match; "" matches all."""

    mode: Mode
    times: int = 1
    status: int = 500
    seconds: float = 0.0
    system: str = ""
    operation: str = ""

    def matches(self, system: str, operation: str) -> bool:
        return self.times > 0 and self.system in ("", system) and self.operation in ("", operation)


class RecordsHandler(Handler):
    fake: "FakeSystemOfRecord"

    def do_GET(self) -> None:  # noqa: N802 - the name that the server calls
        self._answering(self._get)

    def do_POST(self) -> None:  # noqa: N802 - the name that the server calls
        self._answering(self._post)

    def do_PUT(self) -> None:  # noqa: N802 - the name that the server calls
        self._answering(self._put)

    def do_DELETE(self) -> None:  # noqa: N802 - the name that the server calls
        self.fake.troubles.clear()
        self.answer_json(200, {"troubles": []})

    def _answering(self, work: Callable[[list[str]], None]) -> None:
        try:
            work([unquote(part) for part in self.path.strip("/").split("/")])
        except No as no:
            self.answer_json(no.status, {"error": str(no)})
        except (ValueError, TypeError, KeyError) as problem:
            self.answer_json(400, {"error": f"The request is not understood: {problem}"})

    def _get(self, path: list[str]) -> None:
        match path:
            case ["control"]:
                self.answer_json(200, {"troubles": [asdict(trouble) for trouble in self.fake.troubles]})
            case [tenant, "ledger"]:
                books = self.fake.books(tenant)
                self.answer_json(200, {"executions": books.executions(), "count_by_key": books.count_by_key()})
            case [tenant, system, operation, key]:
                record = self.fake.books(tenant).look_up(system, operation, key, self.fake.today())
                if record is None:
                    raise No(404, f"There is no {operation} {key!r}.")
                self.answer_json(200, record)
            case _:
                raise No(404, f"Nothing at {self.path}.")

    def _put(self, path: list[str]) -> None:
        match path:
            case [tenant, "records"]:
                loaded = self.fake.books(tenant).load(json.loads(self.body()), self.fake.today())
                self.answer_json(200, {"loaded": loaded})
            case _:
                raise No(404, f"Nothing at {self.path}.")

    def _post(self, path: list[str]) -> None:
        body = json.loads(self.body())
        match path:
            case ["control"]:
                self.fake.troubles.append(Trouble(**body))
                self.answer_json(200, {"accepted": True})
            case [tenant, system, operation]:
                self._order(tenant, system, operation, body)
            case _:
                raise No(404, f"Nothing at {self.path}.")

    def _order(self, tenant: str, system: str, operation: str, body: dict[str, Any]) -> None:
        key = str(self.headers.get("idempotency-key") or "") if system in HONOURS_KEYS else str(body["reference"])
        if not key:
            raise No(400, f"{system} wants an Idempotency-Key.")
        trouble = self.fake.next_trouble(system, operation)
        mode = trouble.mode if trouble else ""
        if trouble and mode == "fail":
            raise No(trouble.status, "Failed on command.")
        if mode == "refuse_connection":
            self.drop()
            return
        answer, replayed = self.fake.books(tenant).execute(system, operation, key, body["params"])
        self.fake.executed.set()
        if mode == "drop":
            self.drop()
            return
        if trouble and mode == "delay":
            time.sleep(trouble.seconds)
        if mode == "hold":
            self.fake.released.wait()
        self.answer_json(200, answer, {"Idempotency-Replayed": "true"} if replayed else {})


class FakeSystemOfRecord(Fake):
    handler = RecordsHandler

    def __init__(self, folder: Path, port: int = 0, today: Callable[[], date] | None = None) -> None:
        super().__init__(port)
        self.today = today or (lambda: datetime.now(UTC).date())
        self.troubles: list[Trouble] = []
        self.executed = threading.Event()  # set by each execution
        self.released = threading.Event()  # lets held answers go
        self._folder = folder
        self._books: dict[str, Books] = {}
        self._lock = threading.Lock()

    def books(self, tenant: str) -> Books:
        with self._lock:
            if tenant not in self._books:
                self._books[tenant] = Books(self._folder, tenant)
            return self._books[tenant]

    def trouble(self, mode: Mode, **details: Any) -> None:
        """Let the next orders run into it; `details` are the other fields of Trouble."""
        self.troubles.append(Trouble(mode, **details))

    def next_trouble(self, system: str, operation: str) -> Trouble | None:
        with self._lock:
            for trouble in self.troubles:
                if trouble.matches(system, operation):
                    trouble.times -= 1
                    return trouble
        return None

    def close(self) -> None:
        self.released.set()
        super().close()
        for books in self._books.values():
            books.close()
