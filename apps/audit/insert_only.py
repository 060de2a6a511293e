"""Migration operations for tables whose rows are written once. Any app may use them for tables of its own.

Two locks: the roles that are not the owner lose the privileges that a schema's defaults gave them, and a trigger that
fires even in replication mode refuses the owner too.
"""

from django.db.migrations import RunSQL

REFUSE = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows are written once', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER refuse_change;
"""
WITHDRAW = """
DO $do$
DECLARE grantee text;
BEGIN
    FOR grantee IN
        SELECT DISTINCT CASE given.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(given.grantee)) END
        FROM pg_class, aclexplode(relacl) AS given
        WHERE pg_class.oid = '{table}'::regclass AND given.grantee <> relowner
    LOOP
        EXECUTE 'REVOKE {privileges} ON {table} FROM ' || grantee;
    END LOOP;
END $do$;
"""


def withdraw(table: str, privileges: str) -> RunSQL:
    """Take privileges on `table` from every role but its owner."""
    return RunSQL(WITHDRAW.format(table=table, privileges=privileges), RunSQL.noop)


def insert_only(table: str) -> list[RunSQL]:
    """Refuse UPDATE, DELETE and TRUNCATE on `table` to everyone."""
    undo = f"DROP TRIGGER IF EXISTS refuse_change ON {table}"
    return [RunSQL(REFUSE.format(table=table), undo), withdraw(table, "UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER")]
