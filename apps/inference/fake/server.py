"""A model provider that speaks the Anthropic Messages API over HTTP, and fails on command.

    with FakeAnthropic() as fake:
        fake.fail_with(status=529, times=2)
        client = Anthropic(base_url=fake.url, api_key="any")

As a process of its own (`manage.py serve_fake_anthropic`) it takes the same commands by `POST /control`.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from apps.inference.fake import events
from apps.inference.fake.answers import sensible_answer
from apps.inference.fake.script import Command, Script
from apps.inference.fake.serving import Fake, Handler

Json = dict[str, Any]


class MessagesHandler(Handler):
    fake: "FakeAnthropic"

    def do_GET(self) -> None:  # noqa: N802 - the name that the server calls
        if self.path == "/requests":
            self.answer_json(200, self.fake.requests)
        else:
            self.answer_json(404, events.error(404, f"Nothing at {self.path}."))

    def do_POST(self) -> None:  # noqa: N802 - the name that the server calls
        body = self.body()
        path = self.path.partition("?")[0]
        if path == "/control":
            self._control(body)
        elif path == "/v1/messages":
            self._messages(body, self.fake.script.next())
        else:
            self.answer_json(404, events.error(404, f"Nothing at {path}."))

    def _messages(self, body: bytes, command: Command | None) -> None:
        match command:
            case Command("drop"):
                self.drop()
            case Command("hang"):
                self.fake.released.wait()
                self.drop()
            case Command("raw"):
                self.answer(200, str(command.value).encode(), "application/json")
            case Command("fail"):
                self._fail(command.status, "Failed on command.", command.retry_after)
            case _:
                if command and command.kind == "delay":
                    time.sleep(command.seconds)
                self._as_usual(body, command)

    def _as_usual(self, body: bytes, command: Command | None) -> None:
        status, problem, request = self._read(body)
        if problem:
            self._fail(status, problem)
            return
        self.fake.before_answering()
        self._reply(request, command)

    def _read(self, body: bytes) -> tuple[int, str, Json]:
        if self._key() in ("", "invalid"):
            return 401, "invalid x-api-key", {}
        try:
            request = json.loads(body)
        except ValueError:
            return 400, "The request body is not valid JSON.", {}
        missing = [name for name in ("model", "max_tokens", "messages") if not request.get(name)]
        if missing:
            return 400, f"{missing[0]}: Field required", {}
        if not request["model"].startswith("claude-"):
            return 404, f"model: {request['model']}", {}
        return 200, "", request

    def _key(self) -> str:
        """Sent as `x-api-key` or as a bearer token, depending on the SDK's version."""
        return self.headers.get("x-api-key") or self.headers.get("authorization", "").removeprefix("Bearer ")

    def _reply(self, request: Json, command: Command | None) -> None:
        content, stop_reason = content_for(request, command)
        whole = events.message(self.fake.note(request), request, content, stop_reason)
        if not request.get("stream"):
            self.answer_json(200, whole)
            return
        parts = list(events.stream(whole))
        if command and command.kind == "fail_in_stream":
            parts = [*parts[:2], events.event("error", events.error(command.status, "Failed on command."))]
        self.answer(200, b"".join(parts), "text/event-stream")

    def _fail(self, status: int, message: str, retry_after: float | None = None) -> None:
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.answer_json(status, events.error(status, message), headers)

    def _control(self, body: bytes) -> None:
        try:
            self.fake.script.add(Command(**json.loads(body)))
        except (ValueError, TypeError) as problem:
            self.answer_json(400, events.error(400, str(problem)))
        else:
            self.answer_json(200, {"accepted": True})


class FakeAnthropic(Fake):
    handler = MessagesHandler

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.script = Script()
        self.released = threading.Event()
        self.before_answering: Callable[[], object] = lambda: None  # for tests that need two requests at once
        self.requests: list[Json] = []  # the bodies that were answered, oldest first
        self._lock = threading.Lock()

    def note(self, request: Json) -> int:
        with self._lock:
            self.requests.append(request)
            return len(self.requests)

    def close(self) -> None:
        self.released.set()
        super().close()

    def reply_with(self, value: Json) -> None:
        """Answer the next request with this structured output, whether or not it fits what is asked for."""
        self.script.add(Command("reply", value))

    def reply_text(self, words: str) -> None:
        self.script.add(Command("text", words))

    def reply_raw(self, body: str) -> None:
        """Answer the next request with 200 and this body, such as something that is no JSON at all."""
        self.script.add(Command("raw", body))

    def fail_with(self, status: int, times: int = 1, retry_after: float | None = None) -> None:
        self.script.add(Command("fail", status=status, times=times, retry_after=retry_after))

    def fail_in_stream(self, status: int, times: int = 1) -> None:
        self.script.add(Command("fail_in_stream", status=status, times=times))

    def drop(self, times: int = 1) -> None:
        self.script.add(Command("drop", times=times))

    def delay(self, seconds: float, times: int = 1) -> None:
        self.script.add(Command("delay", seconds=seconds, times=times))

    def hang(self, times: int = 1) -> None:
        """Take the next request and say nothing until the fake is closed."""
        self.script.add(Command("hang", times=times))


def content_for(request: Json, command: Command | None) -> tuple[list[Json], str]:
    """The content blocks of the answer, and why it stops there."""
    said = command.value if command else None
    if command and command.kind == "text":
        return [{"type": "text", "text": str(said)}], "end_turn"
    choice = request.get("tool_choice") or {}
    tools = {tool["name"]: tool for tool in request.get("tools") or []}
    structured = (request.get("output_config") or {}).get("format")
    if structured:
        value = said if said is not None else sensible_answer(structured["schema"], text_of(request))
        return [{"type": "text", "text": json.dumps(value)}], "end_turn"
    if tools and choice.get("type") != "none":
        tool = tools.get(choice.get("name") or "") or next(iter(tools.values()))
        value = said if said is not None else sensible_answer(tool["input_schema"], text_of(request))
        return [{"type": "tool_use", "id": "toolu_fake_1", "name": tool["name"], "input": value}], "tool_use"
    return [{"type": "text", "text": f"You wrote {len(text_of(request))} characters."}], "end_turn"


def text_of(request: Json) -> str:
    """The words of the last message."""
    content = request["messages"][-1]["content"]
    if isinstance(content, str):
        return content
    return "\n".join(part["text"] for part in content if part.get("type") == "text")
