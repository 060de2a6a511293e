"""A prompt version cannot be changed or removed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION prompts_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a prompt version is never changed' USING ERRCODE = 'restrict_violation'; END $$;
CREATE TRIGGER fixed BEFORE DELETE OR UPDATE ON prompts_promptversion
    FOR EACH ROW EXECUTE FUNCTION prompts_refuse_change();
"""
BACKWARD = """
DROP TRIGGER fixed ON prompts_promptversion;
DROP FUNCTION prompts_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("prompts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
