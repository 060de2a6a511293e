"""A version's content cannot be changed or removed, and its sign-off is given once."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION taxonomies_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a taxonomy version is never changed' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER fixed BEFORE DELETE OR UPDATE OF workflow, version, sha256, content, created_at, created_by
    ON taxonomies_taxonomyversion FOR EACH ROW EXECUTE FUNCTION taxonomies_refuse_change();
CREATE TRIGGER signed_once BEFORE UPDATE ON taxonomies_taxonomyversion
    FOR EACH ROW WHEN (OLD.signed_off_at IS NOT NULL) EXECUTE FUNCTION taxonomies_refuse_change();
"""
BACKWARD = """
DROP TRIGGER signed_once ON taxonomies_taxonomyversion;
DROP TRIGGER fixed ON taxonomies_taxonomyversion;
DROP FUNCTION taxonomies_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("taxonomies", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
