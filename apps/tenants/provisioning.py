"""A new tenant: a schema, a role that may use it and nothing else, the tenant's row and host name, its tables."""

from django.core.management import call_command
from django.db import connection, transaction
from psycopg import sql

from apps.tenants.backend.owner import as_owner
from apps.tenants.models import Domain, Tenant
from apps.tenants.schemas import in_public, validate_schema_name

# Roles belong to the cluster, so another database may have made this one already, or be doing so now.
ROLE = """
DO $$ BEGIN CREATE ROLE {role} NOLOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
DO $$ BEGIN
    IF NOT pg_has_role({name}, 'app_tenant', 'USAGE') THEN GRANT app_tenant TO {role}; END IF;
    IF NOT pg_has_role('app_login', {name}, 'SET') THEN GRANT {role} TO app_login WITH INHERIT FALSE, SET TRUE; END IF;
END $$;
"""
# Default privileges, because later migrations make tables too. What must not be changed revokes that where it is made.
SCHEMA = """
CREATE SCHEMA IF NOT EXISTS {schema};
GRANT USAGE ON SCHEMA {schema} TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role};
"""
# What has been migrated is no business of the running product.
TABLES = "REVOKE INSERT, UPDATE, DELETE ON {schema}.django_migrations FROM {role}"


def create_tenant(*, schema: str, slug: str, name: str, region: str, domain: str, industry: str = "") -> Tenant:
    """Make a tenant, or finish one whose making was interrupted; running it again changes nothing.

    Connects as the owner, so it cannot run inside a transaction. `domain` is the host name without the port.
    """
    validate_schema_name(schema)
    with as_owner("create_tenant"), in_public():
        with transaction.atomic():
            _execute(ROLE + SCHEMA, schema)
            tenant: Tenant
            tenant, _ = Tenant.objects.get_or_create(
                schema_name=schema, defaults={"slug": slug, "name": name, "region": region, "industry": industry}
            )
            Domain.objects.get_or_create(domain=domain, defaults={"tenant": tenant})
        call_command("migrate_schemas", schema_name=schema, interactive=False, verbosity=0)
        _execute(TABLES, schema)
    return tenant


def _execute(statements: str, schema: str) -> None:
    text = sql.SQL(statements).format(
        role=sql.Identifier(schema), schema=sql.Identifier(schema), name=sql.Literal(schema)
    )
    with connection.cursor() as cursor:
        cursor.execute(text.as_string())
