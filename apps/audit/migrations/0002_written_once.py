from django.db import migrations

from apps.audit.insert_only import insert_only, withdraw

LEAF = r"ALTER TABLE audit_entry ADD CONSTRAINT audit_entry_leaf_is_hash CHECK (leaf = sha256('\x00'::bytea || bytes))"

# As the owner, so that the role that writes entries cannot write here itself, and with the schema's name spelled out, so that the
# search path of whoever inserts cannot lead the row elsewhere.
PENDING = """
DO $do$ BEGIN
    EXECUTE format($create$
        CREATE FUNCTION %1$I.await_sequence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
        BEGIN
            INSERT INTO %1$I.audit_pending (entry_id, leaf) VALUES (NEW.id, NEW.leaf);
            RETURN NULL;
        END $$ $create$, current_schema());
END $do$;
CREATE TRIGGER await_sequence AFTER INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION await_sequence();
ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER await_sequence;
"""

DESTROY_ONLY = """
CREATE FUNCTION destroy_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.wrapped IS NULL AND NEW.subject = OLD.subject AND OLD.wrapped IS NOT NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% of the key of subject % is refused: a key can only be destroyed', TG_OP, OLD.subject
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER destroy_only BEFORE UPDATE OR DELETE ON audit_subject_key FOR EACH ROW EXECUTE FUNCTION destroy_only();
ALTER TABLE audit_subject_key ENABLE ALWAYS TRIGGER destroy_only;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [
        migrations.RunSQL(LEAF),
        migrations.RunSQL(PENDING),
        *insert_only("audit_entry"),
        *insert_only("audit_leaf"),
        *insert_only("audit_checkpoint"),
        withdraw("audit_pending", "INSERT, UPDATE, TRUNCATE, REFERENCES, TRIGGER"),
        migrations.RunSQL(DESTROY_ONLY),
        withdraw("audit_subject_key", "DELETE, TRUNCATE, REFERENCES, TRIGGER"),
    ]
