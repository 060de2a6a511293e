"""Records who changes which object of the tenants' schemas and of the public one, beyond the reach of their owner.

A pair of event triggers, in a schema that belongs to the superuser: whoever owns the product's schemas can switch the
locks of the audit log off, and cannot hide it. Only a superuser can.
"""

INSTALL = r"""
-- What we do ourselves with each start is no news.
SET LOCAL thinslice.run = 'prepare_database';
CREATE SCHEMA IF NOT EXISTS watch;
REVOKE ALL ON SCHEMA watch FROM PUBLIC;
GRANT USAGE ON SCHEMA watch TO app_tenant;

CREATE TABLE IF NOT EXISTS watch.schema_change (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    login text NOT NULL,      -- who connected
    role text NOT NULL,       -- and as whom they acted, "none" for themselves
    tag text NOT NULL,        -- ALTER TABLE, DROP TRIGGER, GRANT
    kind text NOT NULL,       -- table, trigger, function
    schema_name text,         -- NULL where PostgreSQL does not tell: every tenant sees it then
    object text NOT NULL,
    statement text NOT NULL,  -- other tenants' names in it are blotted out
    run text NOT NULL         -- the migration run that it says it belongs to: a claim
);
ALTER TABLE watch.schema_change ENABLE ROW LEVEL SECURITY;
REVOKE ALL ON watch.schema_change FROM PUBLIC;
GRANT SELECT ON watch.schema_change TO app_tenant;
DROP POLICY IF EXISTS own ON watch.schema_change;
CREATE POLICY own ON watch.schema_change FOR SELECT TO app_tenant
    USING (schema_name IS NULL OR schema_name IN ('public', current_user));

CREATE OR REPLACE FUNCTION watch.keep(tag text, kind text, place text, object text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    run text := coalesce(current_setting('thinslice.run', true), '');
    said text := left(coalesce(current_query(), ''), 2000);
    home text;
    places text[];
BEGIN
    IF run = 'prepare_database' AND (SELECT rolsuper FROM pg_roles WHERE rolname = session_user) THEN
        RETURN;
    END IF;
    home := coalesce(place, (regexp_match(object, '\m(t_[a-z0-9]{1,40}|public)\M'))[1]);
    IF home IS NULL THEN  -- a grant: PostgreSQL does not say on what, so it belongs to whom its words name
        SELECT array_agg(DISTINCT name[1]) INTO places
        FROM regexp_matches(said, '\m(t_[a-z0-9]{1,40}|public)\M', 'g') AS name
        WHERE EXISTS (SELECT FROM pg_namespace WHERE nspname = name[1]);
    ELSIF home <> 'public' AND home !~ '^t_[a-z0-9]{1,40}$' THEN
        RETURN;
    END IF;
    INSERT INTO watch.schema_change (login, role, tag, kind, schema_name, object, statement, run)
    SELECT session_user, current_setting('role'), keep.tag, keep.kind, owner.name, left(coalesce(keep.object, ''), 300),
        regexp_replace(said, '\mt_(?!' || coalesce(substr(owner.name, 3), '') || '\M)[a-z0-9]{1,40}\M', 't_…', 'g'), run
    FROM unnest(coalesce(places, ARRAY[home])) AS owner (name);
END $$;

CREATE OR REPLACE FUNCTION watch.note_command() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM watch.keep(done.command_tag, done.object_type, coalesce(done.schema_name,
        CASE WHEN done.object_type = 'schema' THEN done.object_identity END), done.object_identity)
    FROM pg_event_trigger_ddl_commands() AS done WHERE done.schema_name IS DISTINCT FROM 'pg_temp';
END $$;

CREATE OR REPLACE FUNCTION watch.note_drop() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM watch.keep(tg_tag, gone.object_type, coalesce(gone.schema_name,
        CASE WHEN gone.object_type = 'schema' THEN gone.object_identity END), gone.object_identity)
    FROM pg_event_trigger_dropped_objects() AS gone WHERE gone.original AND NOT gone.is_temporary;
END $$;

-- Whether a migration of the public schema was kept between two moments: tenants may not read which.
CREATE OR REPLACE FUNCTION watch.public_migrated(first timestamptz, last timestamptz) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN EXISTS (SELECT FROM public.django_migrations WHERE applied BETWEEN first AND last);
END $$;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA watch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION watch.public_migrated TO app_tenant;

DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_event_trigger WHERE evtname = 'watch_commands') THEN
        CREATE EVENT TRIGGER watch_commands ON ddl_command_end EXECUTE FUNCTION watch.note_command();
        CREATE EVENT TRIGGER watch_drops ON sql_drop EXECUTE FUNCTION watch.note_drop();
    END IF;
END $$;
ALTER EVENT TRIGGER watch_commands ENABLE ALWAYS;
ALTER EVENT TRIGGER watch_drops ENABLE ALWAYS;
"""
