"""Whoever owns the schemas can open the log's locks, and cannot hide it: the strongest insider short of a superuser."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import errors

from apps.audit.models import Entry, SchemaChange
from apps.audit.schema_changes import enter_schema_changes, guard
from apps.tenants.schemas import in_schema
from tests.cast import HARBOUR

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = timedelta(0)


@pytest.fixture
def insider(northgate: object) -> Iterator["psycopg.Connection[Any]"]:
    """The owner's own connection. What they do is committed."""
    with psycopg.connect(os.environ["DATABASE_OWNER_URL"], autocommit=True) as connection:
        yield connection


def told(action: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(each.bytes)) for each in Entry.objects.filter(action=action).order_by("at", "id")]


def test_what_migrations_made_is_expected_and_told_once_with_their_names(insider):
    assert enter_schema_changes(AT_ONCE) == 0
    assert enter_schema_changes(AT_ONCE) == 0
    runs = told("schema.migrated")
    assert {run["run"].partition("/")[0] for run in runs} == {"migrate_schemas", "create_tenant"}
    assert "audit.0001_initial" in [name for run in runs for name in run["after"]["migrations"]]
    assert sum(run["after"]["changes"] for run in runs) == SchemaChange.objects.count()
    assert (guard().watching, guard().unlocked, guard().unexpected) == (True, [], [])


def test_an_owner_who_opens_the_lock_changes_a_row_and_closes_it_again_is_in_the_log(insider, compliance_officer):
    enter_schema_changes(AT_ONCE)
    insider.execute("""
        ALTER TABLE t_northgate.audit_entry DISABLE TRIGGER refuse_change;
        UPDATE t_northgate.audit_entry SET action = action;
        ALTER TABLE t_northgate.audit_entry ENABLE ALWAYS TRIGGER refuse_change""")
    insider.execute("DROP TRIGGER refuse_change ON t_northgate.audit_leaf")
    insider.execute("GRANT UPDATE ON t_northgate.audit_entry TO t_northgate")
    insider.execute("ALTER TABLE public.tenants_membership DISABLE ROW LEVEL SECURITY")
    assert enter_schema_changes(AT_ONCE) == 5
    changes = told("schema.changed")
    assert [(each["after"]["command"], each["after"]["login"]) for each in changes] == [
        ("ALTER TABLE", "app_owner"), ("ALTER TABLE", "app_owner"), ("DROP TRIGGER", "app_owner"),
        ("GRANT", "app_owner"), ("ALTER TABLE", "app_owner"),
    ]  # fmt: skip
    assert "DISABLE TRIGGER refuse_change" in changes[0]["after"]["statement"]
    assert guard().unlocked == ["audit_entry", "audit_leaf"]
    page = compliance_officer.get("/log/").content.decode()
    assert "audit_leaf is not locked" in page
    assert "DROP TRIGGER" in page


def test_to_say_that_it_was_a_migration_is_not_enough(insider):
    enter_schema_changes(AT_ONCE)
    insider.execute("SELECT set_config('thinslice.run', 'migrate_schemas/2040', false)")
    insider.execute("UPDATE t_northgate.django_migrations SET applied = '2020-01-01'")
    insider.execute("ALTER TABLE t_northgate.audit_entry DISABLE TRIGGER refuse_change")
    assert enter_schema_changes(AT_ONCE) == 1
    assert told("schema.changed")[0]["run"] == "migrate_schemas/2040"


def test_another_tenants_changes_are_not_told_here_and_its_name_is_not_either(insider):
    enter_schema_changes(AT_ONCE)
    insider.execute("GRANT SELECT ON t_harbour.audit_entry, t_northgate.audit_entry TO app_public")
    insider.execute("ALTER TABLE t_harbour.audit_entry DISABLE TRIGGER refuse_change")
    assert enter_schema_changes(AT_ONCE) == 1
    (change,) = told("schema.changed")
    assert "t_northgate" in change["after"]["statement"]
    assert "harbour" not in json.dumps(change)
    with in_schema(HARBOUR):
        assert enter_schema_changes(AT_ONCE) == 2


UNREACHABLE = [
    "DELETE FROM watch.schema_change",
    "DROP TABLE watch.schema_change",
    "DROP SCHEMA watch CASCADE",
    "DROP EVENT TRIGGER watch_commands",
    "ALTER EVENT TRIGGER watch_drops DISABLE",
    "CREATE OR REPLACE FUNCTION watch.note_command() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "SET event_triggers = off",
    "SET session_replication_role = replica",
    "SET ROLE postgres",
    "GRANT postgres TO app_owner",
    "SELECT watch.keep('x', 'x', 'public', 'x')",
]


def test_the_owner_cannot_reach_the_watch(insider):
    for statement in UNREACHABLE:
        with pytest.raises(errors.InsufficientPrivilege):
            insider.execute(statement)
