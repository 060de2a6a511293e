"""Rights and row-level security on the public schema.

Roles: `app_public` serves requests without a tenant; `app_tenant` is the group of all tenants' roles. Under a tenant's
role only the tenant's own row, domains, members, keys and sessions exist. New public tables are open to `app_public`
and closed to tenants until a migration opens them.
"""

from django.db import migrations

GRANTS = """
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO app_public;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO app_public;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO app_public;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO app_public;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM app_public;
REVOKE DELETE ON tenants_user, tenants_membership, tenants_apikey, tenants_tenant FROM app_public;

GRANT SELECT ON tenants_tenant, tenants_domain, tenants_user, account_emailaddress TO app_tenant;
GRANT UPDATE (last_login, password) ON tenants_user TO app_tenant;
GRANT SELECT, INSERT ON tenants_membership, tenants_apikey TO app_tenant;
GRANT UPDATE (role, active) ON tenants_membership TO app_tenant;
GRANT UPDATE (revoked_at) ON tenants_apikey TO app_tenant;
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO app_tenant;
"""

# A session belongs to the role that made it, so that a cookie carried to another tenant's host finds nothing there.
SESSIONS = """
ALTER TABLE django_session ADD COLUMN role name NOT NULL DEFAULT current_user;
ALTER TABLE django_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE django_session FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON django_session USING (role = current_user) WITH CHECK (role = current_user);
"""

MEMBER = "EXISTS (SELECT FROM tenants_membership m WHERE m.user_id = {} AND m.tenant_id = current_user)"
# What a tenant's role sees. People who left stay visible: their names are in the record of what they did.
POLICIES = {
    "tenants_tenant": "schema_name = current_user",
    "tenants_domain": "tenant_id = current_user",
    "tenants_membership": "tenant_id = current_user",
    "tenants_apikey": "tenant_id = current_user",
    "tenants_user": MEMBER.format("tenants_user.id"),
    "account_emailaddress": MEMBER.format("account_emailaddress.user_id"),
}


def policies(table: str, condition: str) -> str:
    return f"""
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
    CREATE POLICY platform ON {table} TO app_owner, app_public USING (true) WITH CHECK (true);
    CREATE POLICY tenant ON {table} TO app_tenant USING ({condition}) WITH CHECK ({condition});
    """


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("sessions", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]
    operations = [
        migrations.RunSQL(GRANTS),
        migrations.RunSQL(SESSIONS),
        *[migrations.RunSQL(policies(table, condition)) for table, condition in POLICIES.items()],
    ]
