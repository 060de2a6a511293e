"""What a warrant is good for, asked by the database: one release in the place of one other, until a breach."""

from django.db import migrations

MAY_TAKE = """
CREATE FUNCTION workflows_may_take(schema name, wanted text, instead_of text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE found boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.workflows_warrant AS given WHERE release_id = $1'
                   ' AND incumbent_id IS NOT DISTINCT FROM $2'
                   ' AND (expires_at IS NULL OR expires_at > clock_timestamp())'
                   ' AND NOT EXISTS (SELECT FROM %1$I.workflows_notice AS told WHERE told.kind = ''breach'''
                   ' AND told.release_id = given.release_id AND told.created_at > given.created_at))', schema)
        INTO found USING wanted, instead_of;
    RETURN found;
END $$;
CREATE OR REPLACE FUNCTION workflows_refuse_unwarranted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE share jsonb; before text;
BEGIN
    IF TG_TABLE_NAME = 'workflows_workflow' THEN
        IF TG_OP = 'UPDATE' THEN before := OLD.production_id; END IF;
        IF NEW.production_id IS NULL OR NEW.production_id IS NOT DISTINCT FROM before
            OR workflows_may_take(TG_TABLE_SCHEMA, NEW.production_id, before) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'release % has no valid warrant for production', NEW.production_id
            USING ERRCODE = 'restrict_violation';
    END IF;
    FOR share IN SELECT * FROM jsonb_array_elements(NEW.shares) LOOP
        IF share->>'mode' <> 'shadow'
            AND NOT workflows_may_take(TG_TABLE_SCHEMA, share->>'release', NEW.incumbent_id) THEN
            RAISE EXCEPTION 'release % has no valid warrant for a slice', share->>'release'
                USING ERRCODE = 'restrict_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;
DROP FUNCTION workflows_warranted(name, text);
"""
ISSUED = """
CREATE FUNCTION workflows_refuse_warrant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE production text; problem text; leads_back boolean;
BEGIN
    EXECUTE format('SELECT production_id FROM %1$I.workflows_workflow AS workflow JOIN %1$I.workflows_release AS wanted'
                   ' ON wanted.workflow_id = workflow.id WHERE fingerprint = $1', TG_TABLE_SCHEMA)
        INTO production USING NEW.release_id;
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.workflows_trafficplan WHERE incumbent_id = $1)'
                   ' AND EXISTS (SELECT FROM %1$I.workflows_warrant AS given WHERE release_id = $1'
                   ' AND kind <> ''rollback'' AND (expires_at IS NULL OR expires_at > clock_timestamp())'
                   ' AND NOT EXISTS (SELECT FROM %1$I.workflows_notice AS told WHERE told.kind = ''breach'''
                   ' AND told.release_id = given.release_id AND told.created_at > given.created_at))', TG_TABLE_SCHEMA)
        INTO leads_back USING NEW.release_id;
    problem := CASE
        WHEN NEW.incumbent_id IS DISTINCT FROM production
            THEN 'A warrant is for taking the place of the release in production, and names another.'
        WHEN NEW.kind = 'first' AND production IS NOT NULL
            THEN 'A release is in production: the next one goes through the gate.'
        WHEN NEW.kind = 'override' AND NEW.expires_at > clock_timestamp() + interval '14 days 1 minute'
            THEN 'An override ends within 14 days.'
        WHEN NEW.kind = 'rollback' AND NOT leads_back
            THEN 'Nothing leads back to a release that never took all of the traffic, or whose proof does not hold.'
        END;
    IF problem IS NOT NULL THEN RAISE EXCEPTION '%', problem USING ERRCODE = 'restrict_violation'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER issued_rightly BEFORE INSERT ON workflows_warrant
    FOR EACH ROW EXECUTE FUNCTION workflows_refuse_warrant();
ALTER TABLE workflows_warrant ENABLE ALWAYS TRIGGER issued_rightly;
"""
# A breach bars a release for as long as its notice stands, so nobody takes the notice away.
NOTICES = """
CREATE FUNCTION workflows_keep_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a notice is only ever seen' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER kept BEFORE DELETE OR UPDATE OF workflow_id, kind, release_id, text, evidence, created_at
    ON workflows_notice FOR EACH ROW EXECUTE FUNCTION workflows_keep_notice();
ALTER TABLE workflows_notice ENABLE ALWAYS TRIGGER kept;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0002_traffic'),
    ]

    operations = [migrations.RunSQL(MAY_TAKE), migrations.RunSQL(ISSUED), migrations.RunSQL(NOTICES)]
