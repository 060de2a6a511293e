import subprocess
import sys
from datetime import timedelta

import pytest
from celery import shared_task
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from apps.tenants.schemas import PUBLIC, current_schema, in_public, in_schema
from apps.tenants.tasks import TenantMissing, TenantTask, clear_sessions, for_each_tenant
from config.celery import app
from tests.cast import HARBOUR, NORTHGATE


@shared_task(base=TenantTask, name="tests.where_am_i")  # type: ignore[untyped-decorator]
def where_am_i(schema: str, fail: bool = False) -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        (role,) = cursor.fetchone()
    if fail:
        raise ZeroDivisionError
    return current_schema(), role


@pytest.mark.parametrize("wrong", [(), (None,), ("",), ("public",), ("t_northgate; DROP",), ("T_NORTHGATE",), (7,)])
def test_a_task_without_a_tenant_neither_runs_nor_is_sent(wrong):
    with pytest.raises(TenantMissing):
        where_am_i(*wrong)
    with pytest.raises(TenantMissing):
        where_am_i.delay(*wrong)


def test_a_task_runs_under_its_tenants_role(northgate):
    assert where_am_i(HARBOUR) == (HARBOUR, HARBOUR)
    assert where_am_i(schema=HARBOUR) == (HARBOUR, HARBOUR)


def test_after_a_task_the_tenant_is_gone_even_when_it_failed(db):
    with in_public():
        where_am_i(NORTHGATE)
        assert current_schema() == PUBLIC
        with pytest.raises(ZeroDivisionError):
            where_am_i(NORTHGATE, fail=True)
        assert current_schema() == PUBLIC


def test_a_task_for_a_tenant_that_does_not_exist_fails(db):
    with pytest.raises(Exception, match="does not exist"):
        where_am_i("t_nowhere")


def test_the_fan_out_sends_one_task_for_each_tenant(northgate, monkeypatch):
    sent = []
    monkeypatch.setattr(where_am_i, "apply_async", lambda args, **options: sent.append((args, options)))
    for_each_tenant(where_am_i, 5, expires=10)
    assert sent == [((HARBOUR, 5), {"expires": 10}), ((NORTHGATE, 5), {"expires": 10})]


def test_beat_sends_the_fan_out_by_name(northgate, monkeypatch):
    sent = []
    monkeypatch.setattr(where_am_i, "apply_async", lambda args, **_: sent.append(args))
    app.tasks["tenants.fan_out"]("tests.where_am_i", 10.0)
    assert sent == [(HARBOUR,), (NORTHGATE,)]


def test_expired_sessions_are_cleared_for_one_tenant_at_a_time(northgate):
    past = timezone.now() - timedelta(days=1)
    Session.objects.create(session_key="northgates", session_data="", expire_date=past)
    with in_schema(HARBOUR):
        Session.objects.create(session_key="harbours", session_data="", expire_date=past)
    clear_sessions(NORTHGATE)
    assert not Session.objects.filter(pk="northgates").exists()
    with in_schema(HARBOUR):
        assert Session.objects.filter(pk="harbours").exists()


def test_a_worker_keeps_its_database_connection_between_tasks():
    assert app.conf["CELERY_DB_REUSE_MAX"] >= 10**6


def test_any_process_sends_tasks_through_the_configured_broker():
    program = "import django; django.setup(); from apps.tenants.tasks import fan_out; print(fan_out.app.main)"
    # A fresh process, because this one has loaded the Celery application itself.
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == app.main
