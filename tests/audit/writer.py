"""A process of its own that works on the log until it is killed: `python -m tests.audit.writer write|sequence`.

It prints a line whenever it has got somewhere: the id of each committed entry, or "placed" inside an open transaction.
"""

import sys

import django

if __name__ == "__main__":
    django.setup()

from django.db import transaction

from apps.audit.sequencer import sequence_batch
from apps.tenants.schemas import in_schema
from tests.audit.conftest import write
from tests.cast import NORTHGATE


def main(work: str) -> None:
    with in_schema(NORTHGATE):
        while work == "write":
            print(write(1)[0].id, flush=True)
        with transaction.atomic():
            sequence_batch()
            print("placed", flush=True)
            sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
