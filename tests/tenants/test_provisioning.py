from collections.abc import Iterator

import pytest
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django_tenants.utils import schema_exists

from apps.tenants import provisioning
from apps.tenants.backend.owner import as_owner
from apps.tenants.models import Domain, Tenant
from apps.tenants.provisioning import create_tenant
from apps.tenants.schemas import in_public, in_schema, validate_schema_name


@pytest.fixture
def schema(django_db_setup: None, django_db_blocker, worker_id: str) -> Iterator[str]:
    """A name for a tenant that a test makes for real, and that is gone afterwards."""
    name = f"t_new{worker_id}"
    with django_db_blocker.unblock():
        yield name
        with as_owner(), in_public(), connection.cursor() as cursor:
            cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE")
            cursor.execute("DELETE FROM tenants_domain WHERE tenant_id = %s", [name])
            cursor.execute("DELETE FROM tenants_tenant WHERE schema_name = %s", [name])
            cursor.execute(f"DROP ROLE IF EXISTS {name}")


def create(schema: str) -> Tenant:
    return create_tenant(schema=schema, slug="new", name="New", region="EU", domain="new.localhost")


def tables(schema: str) -> set[str]:
    with in_schema(schema), connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def test_a_new_tenant_has_a_host_name_and_the_same_tables_as_the_others(schema):
    create(schema)
    with in_public():
        assert Domain.objects.get(domain="new.localhost").tenant_id == schema
    assert tables(schema) == tables("t_northgate")


def test_a_new_tenants_role_reaches_its_own_schema_only(schema):
    create(schema)
    with in_schema(schema), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, count(*) > 0 FROM django_migrations")
        assert cursor.fetchone() == (schema, True)
        for statement in ("SELECT * FROM t_northgate.django_migrations", "DELETE FROM django_migrations"):
            with pytest.raises(ProgrammingError, match="permission denied"):
                cursor.execute(statement)


def test_creating_a_tenant_again_changes_nothing(schema):
    create(schema)
    before = tables(schema)
    create(schema)
    assert tables(schema) == before


def test_an_interrupted_creation_is_finished_by_the_next(schema, monkeypatch):
    def power_cut(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(provisioning, "call_command", power_cut)
        with pytest.raises(KeyboardInterrupt):
            create(schema)
    create(schema)
    assert tables(schema) == tables("t_northgate")


def test_the_command_creates_a_tenant_at_its_subdomain(schema, capsys):
    call_command("create_tenant", schema=schema, slug="new", name="New", region="EU")
    assert f"New is ready as {schema}." in capsys.readouterr().out
    with in_public():
        assert Domain.objects.get(tenant_id=schema).domain == "new.localhost"


@pytest.mark.parametrize("name", ["public", "pg_t", "t_", "t_" + "a" * 41, 't_a"b', "T_A", "t_a-b", "t_a\n", "t_é", ""])
def test_an_unsafe_schema_name_is_refused(name):
    with pytest.raises(ValidationError):
        validate_schema_name(name)
    with pytest.raises(CommandError):
        call_command("create_tenant", schema=name, slug="new", name="New", region="EU")


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["public", "t_a-b", "T_A"])
def test_the_database_refuses_an_unsafe_schema_name_too(name):
    with in_public(), pytest.raises(IntegrityError, match="tenant_schema_name_is_safe"), transaction.atomic():
        Tenant.objects.create(schema_name=name, slug="new", name="New", region="EU")


@pytest.mark.django_db
def test_the_owners_connection_is_not_taken_inside_a_transaction():
    with pytest.raises(RuntimeError, match="inside a transaction"), as_owner():
        pass


@pytest.mark.django_db
def test_without_the_owners_address_there_is_no_owners_connection(settings):
    settings.DATABASE_OWNER_URL = ""
    with pytest.raises(ImproperlyConfigured, match="DATABASE_OWNER_URL"), as_owner():
        pass
    assert not schema_exists("t_new")
