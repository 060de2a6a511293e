"""What the fake provider was told to do with the next requests, one command a request, in order."""

import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["reply", "text", "raw", "fail", "fail_in_stream", "drop", "delay", "hang"]


@dataclass(frozen=True)
class Command:
    """reply: `value` as structured output · text: `value` as plain words · raw: `value` as the whole body ·
    fail: HTTP `status` with `retry_after` seconds · fail_in_stream: an error event after a 200 · drop: hang up ·
    delay: `seconds`, then as usual · hang: until released."""

    kind: Kind
    value: Any = None
    status: int = 500
    retry_after: float | None = None
    seconds: float = 0.0
    times: int = 1


class Script:
    def __init__(self) -> None:
        self._commands: deque[Command] = deque()
        self._lock = threading.Lock()

    def add(self, command: Command) -> None:
        with self._lock:
            self._commands.append(command)

    def next(self) -> Command | None:
        """The command for this request; None for the default behaviour."""
        with self._lock:
            if not self._commands:
                return None
            command = self._commands.popleft()
            if command.times > 1:
                self._commands.appendleft(replace(command, times=command.times - 1))
            return command

    def clear(self) -> None:
        with self._lock:
            self._commands.clear()
