"""What `make run` runs. Each part can be had from elsewhere: set DATABASE_URL, BROKER_URL or SYSTEM_OF_RECORD_URL."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path

from embedded import broker, postgres
from embedded.checks import free_port
from embedded.errors import Problem, explain
from embedded.placement import place
from embedded.plan import Embedded, Plan, Service, Step
from embedded.sockets import socket_folder

ROOT = Path(__file__).resolve().parent.parent


def var_folder(given: Mapping[str, str]) -> Path:
    return Path(given.get("VAR_DIR") or ROOT / "var").absolute()


def port_number(given: Mapping[str, str]) -> int:
    text = given.get("PORT") or "8000"
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise Problem(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def secret_key(var: Path) -> str:
    """Made once and kept: sessions, and the keys of people's data in the audit log, hang on it."""
    path = var / "secret_key"
    try:
        if not path.exists():
            draft = var / ".secret_key.new"
            draft.unlink(missing_ok=True)
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(64))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        return path.read_text().strip()
    except OSError as error:
        raise explain(error, var) from error


def reaching_run(given: Mapping[str, str]) -> dict[str, str]:
    """Variables by which a command reaches what `make run` has started in this folder; none where it never ran.

    `given` wins: whoever names a database means that one.
    """
    var = var_folder(given)
    if given.get("DATABASE_URL") or not (var / "run.lock").exists():
        return {}
    data = var / "postgres"
    found = {
        "VAR_DIR": str(var),
        "SECRET_KEY": secret_key(var),
        "DATABASE_URL": postgres.future_url(data, "app_login", postgres.DATABASE),
        "DATABASE_OWNER_URL": postgres.future_url(data, "app_owner", postgres.DATABASE),
        "BROKER_URL": broker.url(var / "broker"),
    }
    return {name: value for name, value in found.items() if not given.get(name)}


def product_plan(given: Mapping[str, str], var: Path, port: int) -> Plan:
    """The servers, steps and services of the product. `given` is the environment of whoever started us."""
    data, queue = var / "postgres", var / "broker"
    environment = {
        "VAR_DIR": str(var),
        "PORT": str(port),
        "SECRET_KEY": given.get("SECRET_KEY") or secret_key(var),
        "PYTHONUNBUFFERED": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    servers: list[Embedded] = []
    owner = {"DATABASE_OWNER_URL": given.get("DATABASE_OWNER_URL", "")}
    if not given.get("DATABASE_URL"):
        environment["DATABASE_URL"] = postgres.future_url(data, "app_login", postgres.DATABASE)
        owner = {"DATABASE_OWNER_URL": postgres.future_url(data, "app_owner", postgres.DATABASE)}
        servers.append(Embedded("postgres", "PostgreSQL", lambda log: postgres.start(data, log=log)))
    if not given.get("BROKER_URL"):
        environment["BROKER_URL"] = broker.url(queue)
        servers.append(Embedded("broker", "broker", lambda log: broker.start(queue, log=log)))
    services = list(long_running(port))
    if not given.get("SIGNER_SOCKET"):
        environment["SIGNER_SOCKET"] = str(socket_folder(var / "signer", os.geteuid()) / "signer.sock")
        services.insert(0, signer(var / "signer" / "keys", environment["SIGNER_SOCKET"]))
    if not given.get("SYSTEM_OF_RECORD_URL"):
        number = free_port()
        environment["SYSTEM_OF_RECORD_URL"] = f"http://127.0.0.1:{number}"
        services.insert(0, system_of_record(number))
    stamps = place(data).data if not given.get("DATABASE_URL") else None
    return Plan(
        root=ROOT,
        environment=environment,
        servers=tuple(servers),
        steps=steps(given, var, stamps, owner),
        services=tuple(services),
        finale=manage("run_demo"),
    )


def manage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "manage.py", *arguments)


def steps(given: Mapping[str, str], var: Path, database: Path | None, owner: Mapping[str, str]) -> tuple[Step, ...]:
    """`database` is the embedded server's data folder, where the stamps lie that say what has been done to it."""
    models = Path(given.get("MODEL_DIR") or var / "models")
    tables = ("requirements/run.txt", "config/settings.py", "apps/*/migrations/*.py", "apps/tenants/**/*.py")
    return (
        Step(
            "prepare-models",
            "Local models",
            manage("prepare_models"),
            inputs=("requirements/run.txt", "apps/inference/local/*.py"),
            stamp=models / "stamp",
        ),
        Step(
            "migrate",
            "Database schemas",
            manage("migrate_schemas", "--noinput"),
            inputs=tables,
            stamp=database and database / "thinslice.migrated",
            variables=owner,
        ),
        Step(
            "seed-demo",
            "Demo tenants, policies and first releases",
            manage("seed_demo"),
            inputs=(*tables, "demo/**/*"),
            stamp=database and database / "thinslice.seeded",
            variables=owner,
        ),
    )


def long_running(port: int) -> tuple[Service, ...]:
    celery = (sys.executable, "-m", "celery", "-A", "config.celery")
    quiet = ("--loglevel", "INFO")
    return (
        Service(
            "web",
            (
                *(sys.executable, "-m", "granian", "config.wsgi:application", "--interface", "wsgi"),
                *("--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--blocking-threads", "2"),
            ),
            answers=f"http://127.0.0.1:{port}/",
        ),
        Service(
            "worker",
            (
                *(*celery, "worker", "--queues", "quick,model,effects,evaluation", "--pool", "prefork"),
                *(
                    "--concurrency",
                    "2",
                    "--hostname",
                    "worker@localhost",
                    "--without-gossip",
                    "--without-mingle",
                    *quiet,
                ),
            ),
        ),
        # Alone, so that no amount of cases keeps the audit log waiting.
        Service(
            "log",
            (
                *celery,
                "worker",
                "--queues",
                "log",
                "--pool",
                "solo",
                "--hostname",
                "log@localhost",
                "--without-gossip",
                "--without-mingle",
                *quiet,
            ),
        ),
        Service("beat", (*celery, "beat", "--scheduler", "celery.beat:Scheduler", *quiet)),
    )


def signer(keys: Path, socket: str) -> Service:
    """The process that holds the keys which sign the audit logs' checkpoints."""
    return Service("signer", (sys.executable, "-m", "apps.audit.signer", str(keys), socket))


def system_of_record(port: int) -> Service:
    command = manage("serve_system_of_record", "--port", str(port))
    return Service("system-of-record", command, answers=f"http://127.0.0.1:{port}/", first=True)
