"""A warrant of the gate rests on a verdict that passed: the database looks the verdict up, whoever writes the warrant."""

from django.db import migrations

PROVED = """
CREATE FUNCTION evaluations_refuse_unproved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE verdict record; problem text;
BEGIN
    EXECUTE format('SELECT judged.passed, judged.candidate_id, judged.incumbent_id, judged.created_by,'
                   ' judged.created_at, proof.state, proof.signed_off_at,'
                   ' EXISTS (SELECT FROM %1$I.evaluations_gateverdict AS later'
                   '   WHERE later.candidate_id = judged.candidate_id AND later.created_at > judged.created_at'
                   '   AND later.incumbent_id IS NOT DISTINCT FROM judged.incumbent_id) AS superseded,'
                   ' EXISTS (SELECT FROM %1$I.workflows_notice AS told WHERE told.kind = ''breach'''
                   '   AND told.release_id = judged.candidate_id'
                   '   AND told.created_at > proof.signed_off_at) AS refuted'
                   ' FROM %1$I.evaluations_gateverdict AS judged'
                   ' JOIN %1$I.evaluations_labelledset AS proof ON proof.id = judged.labelled_set_id'
                   ' WHERE judged.id::text = $1', TG_TABLE_SCHEMA)
        INTO verdict USING NEW.evidence->>'verdict';
    problem := CASE
        WHEN verdict IS NULL OR verdict.candidate_id IS NULL THEN 'The warrant names no verdict of the gate.'
        WHEN NOT verdict.passed THEN 'The release did not pass the gate.'
        WHEN verdict.candidate_id <> NEW.release_id THEN 'The verdict is on another release.'
        WHEN verdict.incumbent_id IS DISTINCT FROM NEW.incumbent_id
            THEN 'The verdict is against another release than the one in production.'
        WHEN verdict.state <> 'frozen' OR verdict.signed_off_at IS NULL
            THEN 'The labelled set of the verdict is not frozen and signed.'
        WHEN verdict.superseded THEN 'There is a newer verdict.'
        WHEN verdict.refuted
            THEN 'The release breached a stop condition after the labelled set of the verdict was signed.'
        WHEN verdict.created_by <> NEW.proposed_by THEN 'Whoever asked for the verdict is the one who proposes.'
        END;
    IF problem IS NOT NULL THEN RAISE EXCEPTION '%', problem USING ERRCODE = 'restrict_violation'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER proved BEFORE INSERT ON workflows_warrant
    FOR EACH ROW WHEN (NEW.kind = 'gate') EXECUTE FUNCTION evaluations_refuse_unproved();
ALTER TABLE workflows_warrant ENABLE ALWAYS TRIGGER proved;
"""
UNPROVED = """
DROP TRIGGER proved ON workflows_warrant;
DROP FUNCTION evaluations_refuse_unproved();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0003_runs'),
        ('workflows', '0003_warrants_hold'),
    ]

    operations = [migrations.RunSQL(PROVED, UNPROVED)]
