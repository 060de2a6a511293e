"""Requests of the people whose data it is, holds, retention, and the one way in which what is written once may go."""

import django.db.models.deletion
import uuid6
from django.db import migrations, models

from apps.audit.insert_only import insert_only, withdraw

# What the layers found, and what people said of it, is written once; only of a case that has been blanked may it go.
# A hold is looked at by the database itself, under the person's row, which whoever places a hold locks as well.
FORWARD = """
DO $install$
BEGIN
EXECUTE format($define$
CREATE FUNCTION compliance_erased(the_case uuid) RETURNS boolean LANGUAGE sql STABLE SET search_path = %1$I, pg_temp AS
$$ SELECT EXISTS (SELECT FROM compliance_erased_case WHERE case_id = the_case) $$;

CREATE FUNCTION compliance_keep() RETURNS trigger LANGUAGE plpgsql SET search_path = %1$I, pg_temp AS $$
DECLARE gone jsonb := to_jsonb(OLD);
BEGIN
    IF compliance_erased(coalesce((gone->>'case_id')::uuid,
        (SELECT case_id FROM reviews_disposition WHERE id = (gone->>'disposition_id')::uuid))) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '%% of %% is refused: its case has not been erased', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION compliance_look_for_hold() RETURNS trigger LANGUAGE plpgsql SET search_path = %1$I, pg_temp AS $$
DECLARE whose uuid;
BEGIN
    SELECT subject_id INTO whose FROM cases_case WHERE id = NEW.case_id;
    PERFORM FROM cases_subject WHERE id = whose FOR UPDATE;
    IF EXISTS (SELECT FROM compliance_legal_hold WHERE subject_id = whose AND lifted_at IS NULL
               AND (case_id IS NULL OR case_id = NEW.case_id)) THEN
        RAISE EXCEPTION 'A legal hold stands, so the case is not erased' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

GRANT DELETE ON cases_step, cases_shadowrun, evaluations_labelproposal TO %1$I;
$define$, current_schema());
END $install$;

DROP TRIGGER refuse_change ON cases_step;
DROP TRIGGER refuse_change ON cases_shadowrun;
DROP TRIGGER refuse_change ON evaluations_labelproposal;
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON cases_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON cases_shadowrun
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR TRUNCATE ON evaluations_labelproposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER keep BEFORE DELETE ON cases_step FOR EACH ROW EXECUTE FUNCTION compliance_keep();
CREATE TRIGGER keep BEFORE DELETE ON cases_shadowrun FOR EACH ROW EXECUTE FUNCTION compliance_keep();
CREATE TRIGGER keep BEFORE DELETE ON evaluations_labelproposal FOR EACH ROW EXECUTE FUNCTION compliance_keep();
ALTER TABLE cases_step ENABLE ALWAYS TRIGGER refuse_change, ENABLE ALWAYS TRIGGER keep;
ALTER TABLE cases_shadowrun ENABLE ALWAYS TRIGGER refuse_change, ENABLE ALWAYS TRIGGER keep;
ALTER TABLE evaluations_labelproposal ENABLE ALWAYS TRIGGER refuse_change, ENABLE ALWAYS TRIGGER keep;

CREATE TRIGGER look_for_hold BEFORE INSERT ON compliance_erased_case
    FOR EACH ROW EXECUTE FUNCTION compliance_look_for_hold();
ALTER TABLE compliance_erased_case ENABLE ALWAYS TRIGGER look_for_hold;

-- What a person decided is not changed afterwards, except that the words of an erased case go.
DROP TRIGGER guard_disposition ON reviews_disposition;
CREATE TRIGGER guard_disposition BEFORE INSERT ON reviews_disposition
    FOR EACH ROW EXECUTE FUNCTION reviews_guard_disposition();
CREATE TRIGGER guard_decided BEFORE UPDATE ON reviews_disposition FOR EACH ROW
    WHEN ((NEW.id, NEW.case_id, NEW.revision, NEW.turn, NEW.kind, NEW.reviewer_id, NEW.checks_id, NEW.undone_at)
          IS DISTINCT FROM
          (OLD.id, OLD.case_id, OLD.revision, OLD.turn, OLD.kind, OLD.reviewer_id, OLD.checks_id, OLD.undone_at)
          OR NEW.claims <> '[]'::jsonb OR NOT compliance_erased(OLD.case_id))
    EXECUTE FUNCTION reviews_guard_disposition();
"""
BACKWARD = """
DROP TRIGGER guard_decided ON reviews_disposition;
DROP TRIGGER guard_disposition ON reviews_disposition;
CREATE TRIGGER guard_disposition BEFORE INSERT OR UPDATE ON reviews_disposition
    FOR EACH ROW EXECUTE FUNCTION reviews_guard_disposition();
DROP TRIGGER look_for_hold ON compliance_erased_case;
DROP TRIGGER keep ON cases_step;
DROP TRIGGER keep ON cases_shadowrun;
DROP TRIGGER keep ON evaluations_labelproposal;
DROP TRIGGER refuse_change ON cases_step;
DROP TRIGGER refuse_change ON cases_shadowrun;
DROP TRIGGER refuse_change ON evaluations_labelproposal;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_step
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON cases_shadowrun
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON evaluations_labelproposal
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE cases_step ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE cases_shadowrun ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE evaluations_labelproposal ENABLE ALWAYS TRIGGER refuse_change;
DROP FUNCTION compliance_look_for_hold();
DROP FUNCTION compliance_keep();
DROP FUNCTION compliance_erased(uuid);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0001_exports"),
        ("cases", "0006_complaints"),
        ("evaluations", "0008_erasure"),
        ("reviews", "0006_quality"),
        ("workflows", "0005_no_way_back_by_override"),
    ]

    operations = [
        migrations.CreateModel(
            name='DataRequest',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('access', 'A copy of their data (GDPR 15)'), ('erasure', 'To be forgotten (GDPR 17)'), ('restriction', 'No processing but keeping (GDPR 18)'), ('contest', "A person's look at a decision (GDPR 22)")], max_length=12)),
                ('received_on', models.DateField()),
                ('due_on', models.DateField()),
                ('wishes', models.TextField(blank=True)),
                ('extended_because', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('open', 'In work'), ('done', 'Done'), ('refused', 'Refused')], default='open', max_length=8)),
                ('ground', models.CharField(blank=True, choices=[('17-3-a', 'Freedom of expression and information (GDPR 17(3)(a))'), ('17-3-b', 'A legal duty to keep it (GDPR 17(3)(b))'), ('17-3-c', 'Public health (GDPR 17(3)(c))'), ('17-3-d', 'Archiving, research or statistics (GDPR 17(3)(d))'), ('17-3-e', 'Legal claims, made or defended (GDPR 17(3)(e))'), ('12-5-b', 'Manifestly unfounded or excessive (GDPR 12(5)(b))'), ('12-6', 'Who asks could not be identified (GDPR 12(6))'), ('15-4', 'It would harm the rights of others (GDPR 15(4))')], max_length=8)),
                ('answer', models.TextField(blank=True)),
                ('certificate', models.JSONField(default=dict)),
                ('opened_by', models.CharField(max_length=64)),
                ('opened_name', models.CharField(max_length=200)),
                ('opened_at', models.DateTimeField(auto_now_add=True)),
                ('closed_by', models.CharField(blank=True, max_length=64)),
                ('closed_name', models.CharField(blank=True, max_length=200)),
                ('closed_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='cases.case')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='cases.subject')),
            ],
            options={
                'db_table': 'compliance_data_request',
                'ordering': ['due_on', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ErasedCase',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='erased', serialize=False, to='cases.case')),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('request', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='compliance.datarequest')),
            ],
            options={
                'db_table': 'compliance_erased_case',
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('matter', models.CharField(max_length=120)),
                ('reason', models.TextField()),
                ('placed_by', models.CharField(max_length=64)),
                ('placed_name', models.CharField(max_length=200)),
                ('placed_at', models.DateTimeField(auto_now_add=True)),
                ('lifted_by', models.CharField(blank=True, max_length=64)),
                ('lifted_name', models.CharField(blank=True, max_length=200)),
                ('lifted_because', models.TextField(blank=True)),
                ('lifted_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='cases.case')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='cases.subject')),
            ],
            options={
                'db_table': 'compliance_legal_hold',
                'ordering': ['-placed_at'],
            },
        ),
        migrations.CreateModel(
            name='Restriction',
            fields=[
                ('subject', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='restriction', serialize=False, to='cases.subject')),
                ('since', models.DateTimeField(auto_now_add=True)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compliance.datarequest')),
            ],
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('data', models.CharField(choices=[('cases', 'What people wrote and what was found, of closed cases'), ('exchanges', 'Requests to models and their answers, of closed cases'), ('imports', 'Rows of files that were not taken'), ('notifications', 'Notifications to people who work here'), ('memory', 'What evaluations remember, to be quicker the next time')], max_length=16)),
                ('days', models.PositiveIntegerField()),
                ('source', models.CharField(max_length=300)),
                ('made_name', models.CharField(max_length=200)),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('ended_name', models.CharField(blank=True, max_length=200)),
                ('ended_at', models.DateTimeField(null=True)),
                ('workflow', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='workflows.workflow')),
            ],
            options={
                'db_table': 'compliance_retention_rule',
                'ordering': ['data', '-days', 'id'],
            },
        ),
        migrations.AddConstraint(
            model_name='datarequest',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'open'), models.Q(('kind', 'contest'), _negated=True)), fields=('subject', 'kind'), name='one_open_request_of_a_kind'),
        ),
        migrations.AddConstraint(
            model_name='datarequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'erasure'), ('state', 'done'), _negated=True), models.Q(('closed_by', models.F('opened_by')), _negated=True), _connector='OR'), name='erasure_by_two_people'),
        ),
        migrations.AddIndex(
            model_name='legalhold',
            index=models.Index(condition=models.Q(('lifted_at', None)), fields=['subject'], name='hold_in_force'),
        ),
        *insert_only("compliance_erased_case"),
        withdraw("compliance_data_request", "DELETE, TRUNCATE, REFERENCES, TRIGGER"),
        withdraw("compliance_legal_hold", "DELETE, TRUNCATE, REFERENCES, TRIGGER"),
        withdraw("compliance_retention_rule", "DELETE, TRUNCATE, REFERENCES, TRIGGER"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
