"""What a published snapshot holds cannot be changed, nor removed unless its corpus is scratch.

A document's `valid` range may end, because that only says which later snapshots it is not part of.
"""

from django.db import migrations

FORWARD = """
-- Bits do not compress. Embeddings are read in bulk, so they stay in the row.
ALTER TABLE corpora_passage ALTER token_vectors SET STORAGE EXTERNAL, ALTER embedding SET STORAGE PLAIN;

CREATE FUNCTION corpora_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'what a snapshot holds is never changed' USING ERRCODE = 'restrict_violation'; END $$;

CREATE FUNCTION corpora_refuse_removal() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE home corpora_corpus;
BEGIN
    SELECT * INTO home FROM corpora_corpus WHERE id = OLD.corpus_id;
    IF home.scratch OR (TG_TABLE_NAME = 'corpora_document' AND lower((to_jsonb(OLD)->>'valid')::int4range) > home.latest) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'what a snapshot holds is never removed' USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER fixed BEFORE UPDATE OF corpus_id, slug, title, version, owner, regions, requires_consent, audience, effective,
    supersedes, text, sha256, encoder, passage_count ON corpora_document
    FOR EACH ROW EXECUTE FUNCTION corpora_refuse_change();
CREATE TRIGGER kept BEFORE DELETE ON corpora_document FOR EACH ROW EXECUTE FUNCTION corpora_refuse_removal();
CREATE TRIGGER fixed BEFORE UPDATE ON corpora_passage FOR EACH ROW EXECUTE FUNCTION corpora_refuse_change();
CREATE TRIGGER fixed BEFORE UPDATE OF corpus_id, version, sha256, encoder, analyser, documents, passages, average_length,
    created_at, created_by ON corpora_snapshot FOR EACH ROW EXECUTE FUNCTION corpora_refuse_change();
CREATE TRIGGER signed_once BEFORE UPDATE ON corpora_snapshot
    FOR EACH ROW WHEN (OLD.signed_off_at IS NOT NULL) EXECUTE FUNCTION corpora_refuse_change();
CREATE TRIGGER kept BEFORE DELETE ON corpora_snapshot FOR EACH ROW EXECUTE FUNCTION corpora_refuse_removal();
"""
BACKWARD = """
DROP TRIGGER kept ON corpora_snapshot;
DROP TRIGGER signed_once ON corpora_snapshot;
DROP TRIGGER fixed ON corpora_snapshot;
DROP TRIGGER fixed ON corpora_passage;
DROP TRIGGER kept ON corpora_document;
DROP TRIGGER fixed ON corpora_document;
DROP FUNCTION corpora_refuse_removal();
DROP FUNCTION corpora_refuse_change();
ALTER TABLE corpora_passage ALTER token_vectors SET STORAGE EXTENDED, ALTER embedding SET STORAGE EXTERNAL;
"""


class Migration(migrations.Migration):
    dependencies = [("corpora", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
