"""Walks every model and every table: each lives where it belongs, and nothing in it is open to another tenant."""

from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, models

from apps.tenants.fields import MemberField
from apps.tenants.schemas import in_public
from tests.architecture.planting import tenant_models
from tests.cast import HARBOUR, NORTHGATE

pytestmark = pytest.mark.django_db
# Tables of the public schema without row-level security. No tenant's role may touch them.
CLOSED_TO_TENANTS = {
    "account_emailconfirmation",
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "django_migrations",
}


def rows(statement: str, *parameters: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def tables_in(schema: str) -> set[str]:
    with in_public():
        found = rows(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace AND relkind IN ('r', 'p')", schema
        )
    return {name for (name,) in found}


def tables_of(found: list[type[models.Model]]) -> set[str]:
    links = (field.remote_field.through for model in found for field in model._meta.local_many_to_many)
    return {model._meta.db_table for model in (*found, *links) if model is not None and model._meta.managed}


def shared_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model not in tenant_models()]


def test_every_app_is_either_shared_or_each_tenants_own():
    assert set(settings.SHARED_APPS) & set(settings.TENANT_APPS) == set()


@pytest.mark.parametrize("schema", [NORTHGATE, HARBOUR])
def test_a_tenants_schema_holds_its_own_tables_and_no_shared_one(schema):
    assert tables_of(tenant_models()) <= tables_in(schema)
    assert tables_of(shared_models()) & tables_in(schema) == set()


def test_the_public_schema_holds_no_tenants_table_to_fall_through_to():
    owned_by_tenants = tables_in(NORTHGATE) - {"django_migrations"}
    assert owned_by_tenants & tables_in("public") == set()
    assert tables_of(shared_models()) <= tables_in("public")


def test_a_reference_from_a_tenant_to_a_shared_table_is_checked_in_code():
    unchecked = [
        str(field)
        for model in tenant_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and field.related_model not in tenant_models()
        and not isinstance(field, MemberField)
    ]
    assert unchecked == [], "use apps.tenants.fields.MemberField: the database checks no tenant here"


def test_no_shared_table_refers_to_a_tenants():
    refers = [
        str(field)
        for model in shared_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField) and field.related_model in tenant_models()
    ]
    assert refers == []


def test_every_public_table_is_filtered_for_each_tenant_or_closed_to_all():
    with in_public():
        found = rows("""
            SELECT relname, relrowsecurity AND relforcerowsecurity,
                   has_table_privilege('app_tenant', oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')""")
    filtered = {name for name, secured, _ in found if secured}
    opened = {name for name, _, privileged in found if privileged}
    assert {name for name, _, _ in found} - filtered == CLOSED_TO_TENANTS
    assert opened & CLOSED_TO_TENANTS == set()


def test_a_tenants_role_may_enter_its_own_schema_and_no_other():
    with in_public():
        found = rows("""
            SELECT rolname, nspname FROM pg_roles, pg_namespace
            WHERE rolname LIKE 't\\_%%' AND nspname LIKE 't\\_%%'
            AND has_schema_privilege(rolname, nspname, 'USAGE')""")
    assert {(NORTHGATE, NORTHGATE), (HARBOUR, HARBOUR)} <= set(found)
    assert [pair for pair in found if pair[0] != pair[1]] == []


def test_a_tenants_role_owns_nothing_and_gets_no_more_than_rows():
    with in_public():
        owners = rows("""
            SELECT DISTINCT rolname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
            WHERE relnamespace IN ('t_northgate'::regnamespace, 'public'::regnamespace)""")
        structural = rows("""
            SELECT relname FROM pg_class WHERE relnamespace = 't_northgate'::regnamespace AND relkind IN ('r', 'p')
            AND has_table_privilege('t_northgate', oid, 'TRUNCATE, REFERENCES, TRIGGER')""")
        special = rows("""
            SELECT rolname FROM pg_roles
            WHERE (rolname LIKE 't\\_%%' OR rolname IN ('app_tenant', 'app_public', 'app_login'))
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)""")
    assert (owners, structural, special) == ([("app_owner",)], [], [])
