"""The product's web, or the peer's, that says of each answer how many statements it took: the header X-Statements."""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

import psycopg

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.core.wsgi import get_wsgi_application

StartResponse = Callable[..., Any]
_counted = threading.local()
_execute = psycopg.Cursor.execute


def _counting(self: Any, *args: Any, **kwargs: Any) -> Any:
    _counted.number = getattr(_counted, "number", 0) + 1
    return _execute(self, *args, **kwargs)


psycopg.Cursor.execute = _counting  # type: ignore[method-assign]
_answer = get_wsgi_application()


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    _counted.number = 0

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, ("X-Statements", str(_counted.number))], *rest)

    return _answer(environ, start)
