"""An override is no proof: it ends by itself, and nothing leads back to what was only there by one."""

from django.db import migrations

ISSUED = """
CREATE OR REPLACE FUNCTION workflows_refuse_warrant() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE production text; problem text; leads_back boolean;
BEGIN
    EXECUTE format('SELECT production_id FROM %1$I.workflows_workflow AS workflow JOIN %1$I.workflows_release AS wanted'
                   ' ON wanted.workflow_id = workflow.id WHERE fingerprint = $1', TG_TABLE_SCHEMA)
        INTO production USING NEW.release_id;
    EXECUTE format('SELECT EXISTS (SELECT FROM %1$I.workflows_trafficplan WHERE incumbent_id = $1)'
                   ' AND EXISTS (SELECT FROM %1$I.workflows_warrant AS given WHERE release_id = $1'
                   ' AND kind NOT IN (''rollback'', ''override'')'
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
"""


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0004_notice_of_assurance'),
    ]

    operations = [migrations.RunSQL(ISSUED)]
