"""The queue's own table, kept by the database; who holds a case, what a person is given, bulk deeds, saved filters."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import uuid6
from django.db import migrations, models

# Whatever writes a case's state, the queue follows in the same transaction. Places before assignments, as everybody
# locks them, so that two writers cannot wait for each other.
FORWARD = """
CREATE FUNCTION reviews_keep_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gate text;
BEGIN
    IF NEW.state <> 'review' THEN
        DELETE FROM reviews_place WHERE case_id = NEW.id;
        DELETE FROM reviews_assignment WHERE case_id = NEW.id;
        RETURN NULL;
    END IF;
    SELECT result->>'rule' INTO gate FROM cases_step
        WHERE case_id = NEW.id AND layer = 'review' AND revision = NEW.revision;
    INSERT INTO reviews_place (case_id, workflow_id, since, case_type, language, customer, lane, band, urgency, rule,
        reason, awaits, risk)
    VALUES (NEW.id, NEW.workflow_id, coalesce(NEW.in_review_since, now()), NEW.case_type, NEW.language, NEW.customer,
        NEW.lane, NEW.band, NEW.urgency, left(coalesce(gate, ''), 40),
        CASE WHEN NEW.escalated_to <> '' THEN 'escalated' WHEN NEW.layer <> 'review' THEN 'machine'
             ELSE left(coalesce(gate, ''), 40) END,
        CASE WHEN NEW.escalated_to <> '' THEN NEW.escalated_to WHEN NEW.reserved THEN 'reserved' ELSE '' END,
        CASE NEW.urgency WHEN 'high' THEN 3 WHEN 'low' THEN 1 ELSE 2 END * CASE NEW.impact WHEN 'high' THEN 2 ELSE 1 END)
    ON CONFLICT (case_id) DO UPDATE SET since = EXCLUDED.since, case_type = EXCLUDED.case_type, lane = EXCLUDED.lane,
        band = EXCLUDED.band, urgency = EXCLUDED.urgency, rule = EXCLUDED.rule, reason = EXCLUDED.reason,
        awaits = EXCLUDED.awaits, risk = EXCLUDED.risk;
    RETURN NULL;
END $$;
CREATE TRIGGER came_to_a_person AFTER INSERT ON cases_case
    FOR EACH ROW WHEN (NEW.state = 'review') EXECUTE FUNCTION reviews_keep_place();
CREATE TRIGGER keep_place AFTER UPDATE ON cases_case
    FOR EACH ROW WHEN (NEW.state = 'review' OR OLD.state = 'review') EXECUTE FUNCTION reviews_keep_place();
UPDATE cases_case SET state = state WHERE state = 'review';
"""
BACKWARD = """
DROP TRIGGER keep_place ON cases_case;
DROP TRIGGER came_to_a_person ON cases_case;
DROP FUNCTION reviews_keep_place();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0004_fewer_indexes'),
        ('reviews', '0002_decided_again'),
        ('workflows', '0002_traffic'),
    ]

    operations = [
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('case', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='assignment', serialize=False, to='cases.case')),
                ('holder_id', models.UUIDField()),
                ('holder_name', models.CharField(max_length=120)),
                ('source', models.CharField(choices=[('next', 'Handed out as the next one'), ('opened', 'Opened'), ('reassigned', 'Given by somebody else'), ('taken_over', 'Taken over')], max_length=10)),
                ('taken_over_from', models.CharField(blank=True, max_length=120)),
                ('turn', models.IntegerField(default=1)),
                ('since', models.DateTimeField()),
                ('lease_until', models.DateTimeField(null=True)),
                ('beaten_at', models.DateTimeField()),
                ('active_ms', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name='BulkAction',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('reassign', 'Reassigned'), ('share_out', 'Shared out'), ('escalate', 'Escalated'), ('approve', 'Approved'), ('snooze', 'Snoozed')], max_length=10)),
                ('actor_id', models.UUIDField()),
                ('actor_name', models.CharField(max_length=120)),
                ('selection', models.CharField(blank=True, max_length=2000)),
                ('said', models.TextField(blank=True)),
                ('done', models.JSONField(default=list)),
                ('refused', models.JSONField(default=list)),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('undone_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.CreateModel(
            name='Place',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='place', serialize=False, to='cases.case')),
                ('since', models.DateTimeField()),
                ('case_type', models.CharField(blank=True, max_length=60)),
                ('language', models.CharField(blank=True, max_length=12)),
                ('customer', models.CharField(blank=True, max_length=200)),
                ('lane', models.CharField(blank=True, max_length=10)),
                ('band', models.CharField(blank=True, max_length=10)),
                ('urgency', models.CharField(blank=True, max_length=10)),
                ('rule', models.CharField(blank=True, max_length=40)),
                ('reason', models.CharField(blank=True, max_length=40)),
                ('awaits', models.CharField(blank=True, max_length=40)),
                ('risk', models.SmallIntegerField()),
                ('pressure', models.SmallIntegerField(choices=[(1, 'in time'), (2, 'due soon'), (4, 'overdue')], db_default=1, default=1)),
                ('weight', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(models.F('risk'), '*', models.F('pressure')), output_field=models.SmallIntegerField())),
                ('away', models.CharField(blank=True, choices=[('', 'In the queue'), ('snoozed', 'Snoozed'), ('sent_back', 'Sent back to the sender')], db_default='', default='', max_length=10)),
            ],
        ),
        migrations.CreateModel(
            name='Reviewer',
            fields=[
                ('person_id', models.UUIDField(primary_key=True, serialize=False)),
                ('case_types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('languages', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=12), blank=True, default=list, size=None)),
                ('workflows', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, default=list, size=None)),
                ('conflicts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=200), blank=True, default=list, size=None)),
                ('most_held', models.SmallIntegerField(blank=True, null=True)),
                ('most_a_day', models.SmallIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SavedFilter',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('owner_id', models.UUIDField()),
                ('owner_name', models.CharField(max_length=120)),
                ('name', models.CharField(max_length=60)),
                ('address', models.CharField(max_length=2000)),
                ('shared', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.AddField(
            model_name='disposition',
            name='active_ms',
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name='disposition',
            index=models.Index(fields=['reviewer_id', '-created_at'], name='disposition_of_reviewer'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['holder_id', 'lease_until'], name='assignment_of_holder'),
        ),
        migrations.AddIndex(
            model_name='bulkaction',
            index=models.Index(fields=['actor_id', '-at'], name='bulk_of_actor'),
        ),
        migrations.AddField(
            model_name='place',
            name='workflow',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='workflows.workflow'),
        ),
        migrations.AddConstraint(
            model_name='savedfilter',
            constraint=models.UniqueConstraint(fields=('owner_id', 'name'), name='one_filter_per_name'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', '')), fields=['weight', 'since', 'case'], name='place_in_order'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', '')), fields=['awaits', 'weight', 'since', 'case'], name='place_for_whom'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', '')), fields=['case_type', 'weight', 'since', 'case'], name='place_of_type'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', ''), _negated=True), fields=['away', 'since'], name='place_away'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', '')), fields=['since'], name='place_oldest'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', ''), ('urgency', 'high')), fields=['case'], name='place_urgent'),
        ),
        migrations.AddIndex(
            model_name='place',
            index=models.Index(condition=models.Q(('away', ''), ('band', 'low')), fields=['case'], name='place_unsure'),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
