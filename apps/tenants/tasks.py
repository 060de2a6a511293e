"""Background work is always for one tenant. A task that was sent without one does not run."""

from collections.abc import Mapping
from typing import Any

from celery import Task, current_app, shared_task
from celery.contrib.django.task import DjangoTask
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema, is_tenant_schema


class TenantMissing(Exception):
    """A task was sent or started without the schema name of a tenant as its first argument."""


class TenantTask(DjangoTask):  # type: ignore[misc]  # celery has no types
    """Base of every task: `@shared_task(base=TenantTask)` on a function whose first argument is the schema name.

    Runs in that schema under the tenant's role, and afterwards in none. The worker keeps its connection between tasks,
    so one that has died is dropped first.
    """

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        schema = self.schema_of(args, kwargs)
        drop_dead_connection()
        with in_schema(schema):
            return super().__call__(*args, **kwargs)

    def apply_async(
        self, args: tuple[Any, ...] | None = None, kwargs: Mapping[str, Any] | None = None, **options: Any
    ) -> Any:
        self.schema_of(args or (), kwargs or {})
        return super().apply_async(args, kwargs, **options)

    def schema_of(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
        schema = args[0] if args else kwargs.get("schema")
        if not isinstance(schema, str) or not is_tenant_schema(schema):
            raise TenantMissing(f"{self.name} needs a tenant's schema name first, not {schema!r}.")
        return schema


def drop_dead_connection() -> None:
    """Web requests begin with this; a task must too. Inside a caller's transaction the connection is theirs."""
    if not connection.in_atomic_block:
        connection.close_if_unusable_or_obsolete()


def for_each_tenant(task: Task, *args: Any, **options: Any) -> None:
    """Send the task once for every tenant. `options` go to `apply_async`, as `expires` in seconds."""
    with in_public():
        schemas = list(Tenant.objects.order_by("schema_name").values_list("schema_name", flat=True))
    for schema in schemas:
        task.apply_async((schema, *args), **options)


@shared_task(name="tenants.fan_out")
def fan_out(task: str, expires: float | None = None) -> None:
    """What beat sends: the named task, for every tenant. A copy that waits over `expires` seconds is dropped."""
    drop_dead_connection()
    for_each_tenant(current_app.tasks[task], expires=expires)


@shared_task(base=TenantTask, name="tenants.clear_sessions")
def clear_sessions(schema: str) -> None:  # noqa: ARG001  # the task base reads it
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
