"""A small, quick HTTP/1.1 server for the shipped fakes. It listens on this machine only."""

import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet for headers and body; unbuffered, each answer would wait 40 ms for an acknowledgement
    server: "Server"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature of the base class
        """Quiet: what was asked is in the fake's own records."""

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length") or 0))

    def answer(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"content-type": content_type, "content-length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def answer_json(self, status: int, data: Any, headers: dict[str, str] | None = None) -> None:
        self.answer(status, json.dumps(data).encode(), "application/json", headers)

    def drop(self) -> None:
        """Close the connection without a word."""
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    quiet: ClassVar = (BrokenPipeError, ConnectionResetError, TimeoutError)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error here: tests and chaos do it on purpose."""
        if not isinstance(sys.exception(), self.quiet):
            super().handle_error(request, client_address)


class Fake:
    """Runs a server in a thread: `with FakeAnthropic() as fake: fake.url`. `port` 0 takes a free one."""

    handler: type[Handler]

    def __init__(self, port: int = 0) -> None:
        self._server = Server(("127.0.0.1", port), self.bound_handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def bound_handler(self) -> type[Handler]:
        """The handler class with `fake` set to this instance."""
        return type(self.handler.__name__, (self.handler,), {"fake": self})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        """In the foreground, for a process of its own, until it is told to stop (SIGINT or SIGTERM)."""
        for stop in (signal.SIGINT, signal.SIGTERM):
            signal.signal(stop, lambda *_: sys.exit(0))
        self._server.serve_forever()
