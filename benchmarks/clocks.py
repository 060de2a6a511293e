"""Where a case's time goes: functions of the product, timed while they run, each without what it calls."""

import functools
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from types import ModuleType
from typing import Any

Place = tuple[ModuleType, str, str]  # where a name is looked up, the name, and the part that its time counts as


class Clocks:
    """Seconds by part. Time inside a timed function that another timed one calls counts for that one alone."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._inner: list[float] = []

    def timed(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def measured(*args: Any, **kwargs: Any) -> Any:
            self._inner.append(0.0)
            begin = perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                took = perf_counter() - begin
                self.seconds[part] += took - self._inner.pop()
                if self._inner:
                    self._inner[-1] += took

        return measured

    @contextmanager
    def at(self, *places: Place) -> Iterator[None]:
        before = [(module, name, getattr(module, name)) for module, name, _ in places]
        for module, name, part in places:
            setattr(module, name, self.timed(part, getattr(module, name)))
        try:
            yield
        finally:
            for module, name, function in before:
                setattr(module, name, function)
