"""A worker that kills itself with SIGKILL at one chosen point: python -m tests.chaos.doomed_worker SCHEMA POINT

POINT is `<layer>.before` or `<layer>.after` the statement that commits the layer, or `effects.sending`: the order has
reached the system of record, its answer has not been written down.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any, NoReturn

import django

django.setup()

from apps.cases import effects, processing, statements  # noqa: E402 - Django has to be set up first
from apps.connectors import wire  # noqa: E402
from apps.tenants.schemas import in_schema  # noqa: E402

SURVIVED = 3  # the exit code that says that the point was never reached


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def dying_commit(layer: str, when: str) -> Callable[..., bool]:
    def commit(**parameters: Any) -> bool:
        if parameters["layer"] != layer:
            return statements.commit_layer(**parameters)
        if when == "after":
            statements.commit_layer(**parameters)
        die()

    return commit


def dying_order(*arguments: Any, **options: Any) -> NoReturn:
    ORDER(*arguments, **options)
    die()


ORDER = wire.order

if __name__ == "__main__":
    schema, point = sys.argv[1:]
    layer, when = point.split(".")
    if when == "sending":
        wire.order = dying_order
    else:
        for module in (processing, effects):
            setattr(module, "commit_layer", dying_commit(layer, when))  # noqa: B010 - imported names are not exported
    with in_schema(schema):
        for queue in ("quick", "effects"):
            processing.work_queue(queue)
    sys.exit(SURVIVED)
