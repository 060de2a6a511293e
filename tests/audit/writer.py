"""A process of its own that works on the log until it is killed: `python -m tests.audit.writer write|herd|sequence`.

It prints a line whenever it has got somewhere: the id of each committed entry, or "placed" inside an open transaction.
A herd is 64 processes that roll back every third time; their lines begin with their process id.
"""

import os
import sys
from itertools import count

import django

if __name__ == "__main__":
    django.setup()

from django.db import transaction

from apps.audit.sequencer import sequence_batch
from apps.tenants.schemas import in_schema
from tests.audit.conftest import write
from tests.cast import NORTHGATE

HERD, PARENT = 64, os.getpid()


def main(work: str) -> None:
    if work == "herd":
        children = [os.fork() for _ in range(HERD) if os.getpid() == PARENT]
        if 0 in children:
            roll_back_now_and_then()
        for _ in children:
            os.wait()
        return
    with in_schema(NORTHGATE):
        while work == "write":
            print(write(1)[0].id, flush=True)
        with transaction.atomic():
            sequence_batch()
            print("placed", flush=True)
            sys.stdin.read()


def roll_back_now_and_then() -> None:
    with in_schema(NORTHGATE):
        for turn in count(os.getpid()):
            with transaction.atomic():
                (entry,) = write(1)
                transaction.set_rollback(turn % 3 == 0)
            if turn % 3:
                os.write(1, f"{os.getpid()} {entry.id}\n".encode())  # at once: 64 of them share the pipe


if __name__ == "__main__":
    main(*sys.argv[1:])
