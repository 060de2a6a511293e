"""The roles and the database that the application expects of any PostgreSQL, made as superuser. May run again.

Who they are: `app_owner` owns the schemas and runs migrations; `app_login` is what processes connect as, with no rights
of its own; it takes on `app_public`, or one role per tenant, all members of `app_tenant`. Table grants belong to the
migrations.
"""

import psycopg
from psycopg import sql

from embedded import schema_watch

ROLES = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_owner') THEN CREATE ROLE app_owner LOGIN CREATEROLE; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_login') THEN CREATE ROLE app_login LOGIN NOINHERIT; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_tenant') THEN CREATE ROLE app_tenant; END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app_public') THEN CREATE ROLE app_public; END IF;
END $$;
GRANT app_public TO app_login WITH INHERIT FALSE, SET TRUE;
GRANT app_tenant TO app_owner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
GRANT app_login TO app_owner WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
"""

SCHEMAS = """
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT ALL ON SCHEMA public TO app_owner;
CREATE SCHEMA IF NOT EXISTS extensions;
CREATE EXTENSION IF NOT EXISTS vector SCHEMA extensions;
GRANT USAGE ON SCHEMA public, extensions TO app_tenant, app_public;
GRANT USAGE ON SCHEMA extensions TO app_owner;
"""


def prepare_cluster(url: str, database: str) -> None:
    """Make the roles and `database`, owned by app_owner. `url` is a superuser's, to any database of the cluster."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(ROLES)
        if connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).rowcount == 0:
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER app_owner").format(sql.Identifier(database)))


def prepare_database(url: str) -> None:
    """Make the schemas and the extension in the database of `url`, a superuser's, and say who may use them."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('prepare_database'))")
        connection.execute(schema_watch.INSTALL)
        connection.execute(SCHEMAS)
    grant_database(url)


def grant_database(url: str) -> None:
    """Say who may connect to the database of `url`. A copy of a database does not take these rights along."""
    with psycopg.connect(url) as connection:
        database = sql.Identifier(connection.info.dbname)
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO app_login").format(database))
        connection.execute(sql.SQL("GRANT TEMPORARY ON DATABASE {} TO app_tenant").format(database))
