import psycopg
import pytest
from django.conf import settings
from django.db import DataError, ProgrammingError, connections, transaction

from apps.tenants.models import ApiKey, Domain, Membership, Tenant, User
from apps.tenants.schemas import connection, in_public, in_schema
from tests.cast import HARBOUR, NORTHGATE, email_of

pytestmark = pytest.mark.django_db


def who(wrapper=connection) -> tuple[str, str]:
    with wrapper.cursor() as cursor:
        cursor.execute("SELECT current_user, current_setting('search_path')")
        role, path = cursor.fetchone()
    return role, path.split(",")[0].strip('"')


@pytest.fixture
def fresh_connection(db):
    wrapper = connections.create_connection("default")
    yield wrapper
    wrapper.close()


def test_a_tenant_works_under_its_own_role_and_search_path(northgate):
    assert who() == (NORTHGATE, NORTHGATE)


def test_outside_of_a_tenant_the_public_role_is_used(db):
    with in_public():
        assert who() == ("app_public", "public")


def test_one_tenant_cannot_read_another_tenants_tables(northgate):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM t_harbour.django_migrations")


def test_a_forgotten_filter_finds_only_this_tenants_rows(northgate):
    assert {tenant.pk for tenant in Tenant.objects.all()} == {NORTHGATE}
    assert {domain.tenant_id for domain in Domain.objects.all()} == {NORTHGATE}
    assert {membership.tenant_id for membership in Membership.objects.all()} == {NORTHGATE}
    people = {user.email for user in User.objects.all()}
    assert email_of("consultant") in people
    assert email_of("stranger") not in people


def test_another_tenants_rows_cannot_be_written(northgate, harbour, operator):
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        Membership.objects.create(user=operator.user, tenant=harbour, role="operator")
    with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
        ApiKey.objects.create(tenant=harbour, name="theirs", prefix="00000000", hash="", capabilities=[])


def test_a_tenant_cannot_delete_or_rename_people(northgate, operator):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM tenants_user WHERE id = %s", [operator.user.pk])
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        User.objects.filter(pk=operator.user.pk).update(name="Someone Else")


def test_public_tables_that_no_migration_opened_are_closed_to_tenants(northgate):
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("SELECT * FROM auth_permission")


def test_a_rolled_back_visit_to_another_tenant_leaves_the_role_right(northgate):
    with pytest.raises(ZeroDivisionError), transaction.atomic(), in_schema(HARBOUR):  # noqa: PT012
        assert who() == (HARBOUR, HARBOUR)
        raise ZeroDivisionError
    assert who() == (NORTHGATE, NORTHGATE)


def test_a_nested_rollback_does_not_bring_back_the_previous_tenant(northgate):
    with transaction.atomic():
        assert who() == (NORTHGATE, NORTHGATE)
        with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
            connection.set_schema(HARBOUR)
            assert {row.tenant_id for row in Membership.objects.all()} == {HARBOUR}
            raise ZeroDivisionError
        assert who() == (HARBOUR, HARBOUR), "the tenant that was chosen last counts, whatever was rolled back"
        connection.set_schema(NORTHGATE)
        assert {row.tenant_id for row in Membership.objects.all()} == {NORTHGATE}


def test_a_role_that_does_not_exist_means_no_query(fresh_connection):
    fresh_connection.set_schema("t_nowhere")
    for _ in range(2):
        with pytest.raises(DataError, match="does not exist"):
            fresh_connection.cursor()


def test_a_new_connection_takes_the_role_again(fresh_connection):
    fresh_connection.set_schema(NORTHGATE)
    assert who(fresh_connection) == (NORTHGATE, NORTHGATE)
    fresh_connection.close()
    assert who(fresh_connection) == (NORTHGATE, NORTHGATE)
    fresh_connection.connection.close()
    fresh_connection.connection = None
    assert who(fresh_connection) == (NORTHGATE, NORTHGATE)


def test_a_server_side_cursor_works_under_the_role_too(fresh_connection):
    fresh_connection.set_schema(NORTHGATE)
    with transaction.atomic(), fresh_connection.chunked_cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (NORTHGATE,)


def test_the_role_is_set_once_and_not_with_every_query(northgate, django_assert_num_queries):
    Membership.objects.count()
    with django_assert_num_queries(2):
        Membership.objects.count()
        Membership.objects.count()


def test_the_login_role_alone_may_do_nothing(db):
    parameters = connection.get_connection_params()
    names = {"dbname", "user", "host", "port", "password"}
    with psycopg.connect(**{name: value for name, value in parameters.items() if name in names}) as raw:
        for table in ("public.tenants_user", "t_northgate.django_migrations"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), raw.transaction():
                raw.execute(f"SELECT * FROM {table}")


def test_the_tests_themselves_run_without_the_owners_rights():
    assert settings.DATABASES["default"]["TENANT_ROLES"]
