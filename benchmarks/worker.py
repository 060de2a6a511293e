"""The product's own Celery worker, its models answering at once: python -m benchmarks.worker [arguments of celery]"""

import sys

import django

django.setup()

from apps.cases import processing  # noqa: E402 - Django has to be set up first
from benchmarks.stubs import StubPorts  # noqa: E402
from config.celery import app  # noqa: E402

if __name__ == "__main__":
    processing.TenantPorts = StubPorts  # type: ignore[misc, assignment, attr-defined]
    app.worker_main(sys.argv[1:])
