"""Walks every background task and everything that beat sends."""

import inspect

import pytest

from apps.tenants.tasks import TenantMissing, TenantTask
from config.celery import app

# These serve all tenants and touch no tenant's data themselves.
WITHOUT_TENANT = {"tenants.fan_out"}


@pytest.fixture
def tasks():
    app.loader.import_default_modules()
    return {name: task for name, task in app.tasks.items() if not name.startswith(("celery.", "tests."))}


def test_every_task_is_for_one_tenant_and_says_so_first(tasks):
    for name, task in tasks.items():
        if name not in WITHOUT_TENANT:
            assert isinstance(task, TenantTask), name
            assert next(iter(inspect.signature(task.run).parameters)) == "schema", name


def test_no_task_runs_without_a_tenant(tasks):
    for name in tasks.keys() - WITHOUT_TENANT:
        for wrong in ((), (None,), ("public",), ("elsewhere",)):
            with pytest.raises(TenantMissing):
                tasks[name](*wrong)
            with pytest.raises(TenantMissing):
                tasks[name].apply_async(wrong)


def test_the_tasks_without_a_tenant_exist(tasks):
    assert tasks.keys() >= WITHOUT_TENANT


def test_beat_sends_only_the_fan_out_and_only_tasks_that_exist(tasks):
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] == "tenants.fan_out", name
        assert isinstance(tasks[entry["args"][0]], TenantTask), name
