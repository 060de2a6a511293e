"""The Celery application: wake-up hints and housekeeping.

The work itself lives in PostgreSQL, so a lost message loses nothing.
"""

import os

from celery import Celery
from kombu.entity import Queue

from config import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("thinslice", broker=env.text("BROKER_URL", "redis://localhost:6379/0"))
app.conf.update(
    task_queues=[Queue(name) for name in ("quick", "model", "effects", "evaluation", "log")],  # type: ignore[no-untyped-call]
    task_default_queue="quick",
    # Cases keep their workers for as long as there are any. The audit log is sequenced within a second, and a
    # breached slice narrowed within a minute, all the same.
    task_routes={
        "audit.sequence": {"queue": "log"},
        "audit.sign": {"queue": "log"},
        "audit.index": {"queue": "evaluation"},
        "audit.watch_schema": {"queue": "log"},
        "evaluations.watch_traffic": {"queue": "log"},
        "evaluations.watch_incumbents": {"queue": "evaluation"},
        "cases.run_shadows": {"queue": "evaluation"},
        "evaluations.assure_weekly": {"queue": "evaluation"},
        "insights.monthly_reports": {"queue": "evaluation"},
    },
    task_acks_late=True,
    task_ignore_result=True,
    task_time_limit=600,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    broker_connection_retry_on_startup=True,
    timezone="UTC",
    # What beat sends each so many seconds, for every tenant. A copy that waited longer than `expires` is dropped.
    beat_schedule={
        "sequence the audit log": {
            "task": "tenants.fan_out",
            "schedule": 0.5,
            "args": ["audit.sequence", 1.0],
            "options": {"expires": 1, "queue": "log"},
        },
        "index the audit log for searching": {  # in fewer, larger batches when there is much to do
            "task": "tenants.fan_out",
            "schedule": 5.0,
            "args": ["audit.index", 5.0],
            "options": {"expires": 5},
        },
        "sign the audit log's checkpoint": {
            "task": "tenants.fan_out",
            "schedule": 60.0,
            "args": ["audit.sign", 60.0],
            "options": {"expires": 60, "queue": "log"},
        },
        "sweep": {
            "task": "tenants.fan_out",
            "schedule": 2.0,
            "args": ["cases.sweep", 10.0],
            "options": {"expires": 10},
        },
        "watch traffic": {
            "task": "tenants.fan_out",
            "schedule": 15.0,
            "args": ["evaluations.watch_traffic", 15.0],
            "options": {"expires": 15, "queue": "log"},
        },
        "watch incumbents": {
            "task": "tenants.fan_out",
            "schedule": 60.0,
            "args": ["evaluations.watch_incumbents", 60.0],
            "options": {"expires": 60},
        },
        "run shadows": {
            "task": "tenants.fan_out",
            "schedule": 30.0,
            "args": ["cases.run_shadows", 30.0],
            "options": {"expires": 30},
        },
        "sweep evaluations": {
            "task": "tenants.fan_out",
            "schedule": 10.0,
            "args": ["evaluations.sweep", 10.0],
            "options": {"expires": 10},
        },
        # Each day's work is done once; asked for every hour, it is not missed while beat was down.
        "look for drift": {
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["evaluations.look_for_drift", 3600.0],
            "options": {"expires": 3600},
        },
        "look for anomalies": {
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["insights.look_for_anomalies", 3600.0],
            "options": {"expires": 3600},
        },
        "sweep decisions": {
            "task": "tenants.fan_out",
            "schedule": 10.0,
            "args": ["evaluations.sweep_decisions", 10.0],
            "options": {"expires": 10},
        },
        "watch the clocks": {
            "task": "tenants.fan_out",
            "schedule": 15.0,
            "args": ["reviews.watch_clocks", 15.0],
            "options": {"expires": 15},
        },
        "send digests": {
            "task": "tenants.fan_out",
            "schedule": float(env.integer("DIGEST_SECONDS", 3600)),
            "args": ["reviews.send_digests", 3600.0],
            "options": {"expires": 3600},
        },
        # Asked for every hour, so that the first of the month is not missed. A month has one report.
        "make and send monthly reports": {
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["insights.monthly_reports", 3600.0],
            "options": {"expires": 3600},
        },
        "draw blind reviews": {
            "task": "tenants.fan_out",
            "schedule": 900.0,
            "args": ["reviews.draw_blind", 900.0],
            "options": {"expires": 900},
        },
        "lay out known cases": {
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["evaluations.lay_out_known", 3600.0],
            "options": {"expires": 3600},
        },
        "sweep exports": {
            "task": "tenants.fan_out",
            "schedule": 10.0,
            "args": ["compliance.sweep_exports", 10.0],
            "options": {"expires": 10},
        },
        "sweep hand-overs": {
            "task": "tenants.fan_out",
            "schedule": 20.0,
            "args": ["portability.sweep_hand_overs", 20.0],
            "options": {"expires": 20},
        },
        "assure production": {  # once a week; more often it finds that it was done
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["evaluations.assure_weekly", 3600.0],
            "options": {"expires": 3600},
        },
        "watch the cadence": {
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["engagements.watch_cadence", 3600.0],
            "options": {"expires": 3600},
        },
        # Asked for every hour, so that a night is not missed while beat was down. What is gone is not found again.
        "apply retention": {
            "task": "tenants.fan_out",
            "schedule": 3600.0,
            "args": ["compliance.apply_retention", 3600.0],
            "options": {"expires": 3600},
        },
        "watch the schema": {
            "task": "tenants.fan_out",
            "schedule": 60.0,
            "args": ["audit.watch_schema", 60.0],
            "options": {"expires": 60, "queue": "log"},
        },
        "forget reads": {"task": "tenants.fan_out", "schedule": 86400.0, "args": ["audit.forget_reads"]},
        "clear sessions": {"task": "tenants.fan_out", "schedule": 86400.0, "args": ["tenants.clear_sessions"]},
    },
)
# Otherwise Celery's Django fix-up closes the connection around every task: four times the database time per case.
app.conf["CELERY_DB_REUSE_MAX"] = 10**9
app.autodiscover_tasks()
