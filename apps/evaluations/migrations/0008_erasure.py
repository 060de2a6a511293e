"""A forgotten person's case in a frozen set may be blanked, once; its labels may then be deleted. Nothing else changes."""

from django.db import migrations, models

BLANKABLE = """
CREATE OR REPLACE FUNCTION evaluations_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    held boolean;
    blanked text[] := ARRAY['submission', 'expected', 'disputed', 'adjudication_note', 'erased_at'];
BEGIN
    IF TG_TABLE_NAME = 'evaluations_labelledset' THEN
        held := true;
    ELSIF TG_TABLE_NAME = 'evaluations_labelledcase' THEN
        IF TG_OP = 'UPDATE' AND old_row->>'erased_at' IS NULL AND new_row->>'erased_at' IS NOT NULL
            AND (old_row - blanked) = (new_row - blanked) AND new_row->'expected' = '{}'::jsonb
            AND new_row->'submission'->>'text' = '' AND new_row->'submission'->>'customer' = '' THEN
            RETURN NEW;
        END IF;
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.evaluations_labelledset WHERE state = $1 AND id IN ($2, $3))',
            TG_TABLE_SCHEMA) INTO held
            USING 'frozen', (old_row->>'labelled_set_id')::bigint, (new_row->>'labelled_set_id')::bigint;
    ELSE
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.evaluations_labelledset s JOIN %I.evaluations_labelledcase c'
            ' ON c.labelled_set_id = s.id WHERE s.state = $1 AND c.id IN ($2, $3)'
            ' AND ($4 <> $5 OR c.erased_at IS NULL))',
            TG_TABLE_SCHEMA, TG_TABLE_SCHEMA) INTO held
            USING 'frozen', (old_row->>'labelled_case_id')::bigint, (new_row->>'labelled_case_id')::bigint,
            TG_OP, 'DELETE';
    END IF;
    IF held THEN
        RAISE EXCEPTION 'a frozen labelled set is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
FIXED = """
CREATE OR REPLACE FUNCTION evaluations_refuse_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    held boolean;
BEGIN
    IF TG_TABLE_NAME = 'evaluations_labelledset' THEN
        held := true;
    ELSIF TG_TABLE_NAME = 'evaluations_labelledcase' THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.evaluations_labelledset WHERE state = $1 AND id IN ($2, $3))',
            TG_TABLE_SCHEMA) INTO held
            USING 'frozen', (old_row->>'labelled_set_id')::bigint, (new_row->>'labelled_set_id')::bigint;
    ELSE
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.evaluations_labelledset s JOIN %I.evaluations_labelledcase c'
            ' ON c.labelled_set_id = s.id WHERE s.state = $1 AND c.id IN ($2, $3))',
            TG_TABLE_SCHEMA, TG_TABLE_SCHEMA) INTO held
            USING 'frozen', (old_row->>'labelled_case_id')::bigint, (new_row->>'labelled_case_id')::bigint;
    END IF;
    IF held THEN
        RAISE EXCEPTION 'a frozen labelled set is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('evaluations', '0007_assurance'),
    ]

    operations = [
        migrations.AddField(
            model_name='labelledcase',
            name='erased_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='remembered',
            name='question',
            field=models.UUIDField(null=True),
        ),
        migrations.AddIndex(
            model_name='remembered',
            index=models.Index(fields=['question'], name='remembered_by_question'),
        ),
        migrations.RunSQL(BLANKABLE, FIXED),
    ]
