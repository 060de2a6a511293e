"""A throw-away platform: its own durable PostgreSQL, broker and system of record, gone when the measuring is over."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from embedded import broker, postgres
from embedded.checks import free_port
from embedded.logs import last_lines

ROOT = Path(__file__).resolve().parent.parent
STOP_SECONDS = 20.0


class Stage:
    """What runs. `process` starts another one, with the platform's own environment; all end with the stage."""

    def __init__(self, folder: Path, server: postgres.Server, ends: ExitStack) -> None:
        self.folder, self.server, self._ends = folder, server, ends

    def process(self, *arguments: str, **streams: Any) -> "subprocess.Popen[str]":
        """A Python process; without `streams` what it prints goes to a log in the stage's folder."""
        name = "-".join(argument for argument in arguments[:3] if argument[0] != "-").replace("/", "_")
        with (self.folder / f"{name}.log").open("ab") as log:
            options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log} | streams
            child: subprocess.Popen[str] = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, text=True, start_new_session=True, **options
            )
        self._ends.callback(stop, child)
        return child


def stop(child: "subprocess.Popen[str]") -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()


@contextmanager
def stage() -> Iterator[Stage]:
    """Sets this process's environment too, and Django up on it. The schemas are migrated, and hold no tenant."""
    with ExitStack() as ends:
        folder = Path(tempfile.mkdtemp(prefix="thinslice-bench-"))
        ends.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.chmod(0o755)  # PostgreSQL runs as nobody when we are root, and must reach its own folder
        server = postgres.start(folder / "postgres", durable=True)
        ends.callback(server.stop)
        queue = broker.start(folder / "broker")
        ends.callback(queue.stop)
        port = free_port()
        os.environ.update(
            DATABASE_URL=server.url(),
            DATABASE_OWNER_URL=server.url("app_owner"),
            BROKER_URL=queue.url,
            SYSTEM_OF_RECORD_URL=f"http://127.0.0.1:{port}",
            SECRET_KEY=secrets.token_urlsafe(64),
            MODEL_DIR=os.environ.get("MODEL_DIR") or str(ROOT / "var" / "models"),
            VAR_DIR=str(folder),
            DJANGO_SETTINGS_MODULE="config.settings",
            LOG_LEVEL="WARNING",
            ANTHROPIC_API_KEY="",
            DEBUG="false",
        )
        made = Stage(folder, server, ends)
        made.process("manage.py", "serve_system_of_record", "--port", str(port))
        try:
            _set_up()
            yield made
        except Exception as error:
            for log in sorted(folder.glob("*.log")):
                error.add_note(f"The end of {log.name}:\n{last_lines(log)}")
            raise


def _set_up() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connections

    from apps.inference.local.build import build

    build(settings.MODEL_DIR)
    call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
    connections.close_all()
