"""Calendar, policy, clocks, pauses, absences, notifications; and two people where the policy wants them, by trigger."""

import django.contrib.postgres.fields
import django.db.models.deletion
import uuid6
from django.db import migrations, models

from apps.audit.insert_only import insert_only

# The functions name their schema themselves: under another search path, or with temporary tables of the same name in
# the way, they still read the tenant's own. The policy that the product ships with stands where none has been written.
FORWARD = """
DO $install$
BEGIN
EXECUTE format($define$
CREATE FUNCTION reviews_needs_two(the_workflow bigint, the_impact text, the_type text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = %1$I, pg_temp AS $$
    SELECT coalesce(
        (SELECT content->'two_people'->'impacts' ? the_impact OR content->'two_people'->'case_types' ? the_type
         FROM reviews_policyversion WHERE workflow_id = the_workflow ORDER BY version DESC LIMIT 1),
        the_impact = 'high')
$$;

CREATE FUNCTION reviews_guard_disposition() RETURNS trigger LANGUAGE plpgsql SET search_path = %1$I, pg_temp AS $$
DECLARE maker uuid;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (NEW.id, NEW.case_id, NEW.revision, NEW.turn, NEW.kind, NEW.reviewer_id, NEW.claims, NEW.checks_id)
            IS DISTINCT FROM
           (OLD.id, OLD.case_id, OLD.revision, OLD.turn, OLD.kind, OLD.reviewer_id, OLD.claims, OLD.checks_id)
            OR (OLD.undone_at IS NOT NULL AND NEW.undone_at IS DISTINCT FROM OLD.undone_at) THEN
            RAISE EXCEPTION 'What a person decided is not changed afterwards' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.checks_id IS NOT NULL THEN
        SELECT reviewer_id INTO maker FROM reviews_disposition
            WHERE id = NEW.checks_id AND case_id = NEW.case_id AND revision = NEW.revision
                AND kind = 'propose' AND undone_at IS NULL;
        IF maker IS NULL THEN
            RAISE EXCEPTION 'It checks no approval that stands for this proposal' USING ERRCODE = 'check_violation';
        ELSIF maker = NEW.reviewer_id THEN
            RAISE EXCEPTION 'Whoever approved first cannot be the one who checks' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.kind IN ('approve', 'edit') AND (
        SELECT reviews_needs_two(workflow_id, impact, case_type) FROM cases_case WHERE id = NEW.case_id) THEN
        RAISE EXCEPTION 'This case needs the approval of two people' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION reviews_guard_case() RETURNS trigger LANGUAGE plpgsql SET search_path = %1$I, pg_temp AS $$
BEGIN
    IF NOT reviews_needs_two(OLD.workflow_id, OLD.impact, OLD.case_type) THEN
        RETURN NEW;
    END IF;
    IF NEW.state = 'review' THEN
        IF NOT reviews_needs_two(NEW.workflow_id, NEW.impact, NEW.case_type) THEN
            RAISE EXCEPTION 'A case under four eyes does not lose its weight while it waits'
                USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NOT EXISTS (
        SELECT FROM reviews_disposition WHERE case_id = OLD.id AND revision = OLD.revision AND turn = OLD.fence
            AND kind IN ('approve', 'edit') AND checks_id IS NOT NULL AND undone_at IS NULL) THEN
        RAISE EXCEPTION 'This case needs the approval of two people' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
$define$, current_schema());
END $install$;

CREATE TRIGGER guard_disposition BEFORE INSERT OR UPDATE ON reviews_disposition
    FOR EACH ROW EXECUTE FUNCTION reviews_guard_disposition();
CREATE TRIGGER guard_case BEFORE UPDATE ON cases_case FOR EACH ROW
    WHEN (OLD.state = 'review' AND (NEW.outcome IN ('approved', 'edited', 'automatic')
          OR (NEW.state = 'review' AND (NEW.impact, NEW.case_type) IS DISTINCT FROM (OLD.impact, OLD.case_type))))
    EXECUTE FUNCTION reviews_guard_case();
"""
BACKWARD = """
DROP TRIGGER guard_case ON cases_case;
DROP TRIGGER guard_disposition ON reviews_disposition;
DROP FUNCTION reviews_guard_case();
DROP FUNCTION reviews_guard_disposition();
DROP FUNCTION reviews_needs_two(bigint, text, text);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0005_vectors'),
        ('reviews', '0003_assignments'),
        ('workflows', '0003_warrants_hold'),
    ]

    operations = [
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('person_name', models.CharField(max_length=120)),
                ('first', models.DateField()),
                ('last', models.DateField()),
                ('stand_in_id', models.UUIDField(null=True)),
                ('stand_in_name', models.CharField(blank=True, max_length=120)),
            ],
            options={
                'ordering': ['first'],
            },
        ),
        migrations.CreateModel(
            name='CalendarVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('content', models.JSONField()),
                ('note', models.CharField(max_length=400)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['-version'],
            },
        ),
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='clock', serialize=False, to='cases.case')),
                ('terms', models.CharField(max_length=40)),
                ('started_at', models.DateTimeField()),
                ('allowed', models.DurationField(null=True)),
                ('warn_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField(null=True)),
                ('left', models.DurationField(null=True)),
                ('warned_at', models.DateTimeField(null=True)),
                ('breached_at', models.DateTimeField(null=True)),
                ('escalated_by', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('person_id', models.UUIDField()),
                ('kind', models.CharField(choices=[('given', 'A case was given to me'), ('escalated', 'A case was escalated to my role'), ('check', 'An approval needs a second person'), ('checked', 'My approval was checked, or changed'), ('answered', 'My question was answered'), ('returned', 'A case that I snoozed is back'), ('due_soon', 'A case of mine is due soon'), ('overdue', 'A case of mine is overdue')], max_length=10)),
                ('text', models.CharField(max_length=400)),
                ('link', models.CharField(max_length=200)),
                ('in_app', models.BooleanField()),
                ('by_mail', models.BooleanField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('seen_at', models.DateTimeField(null=True)),
                ('mailed_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='NotificationChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person_id', models.UUIDField()),
                ('kind', models.CharField(choices=[('given', 'A case was given to me'), ('escalated', 'A case was escalated to my role'), ('check', 'An approval needs a second person'), ('checked', 'My approval was checked, or changed'), ('answered', 'My question was answered'), ('returned', 'A case that I snoozed is back'), ('due_soon', 'A case of mine is due soon'), ('overdue', 'A case of mine is overdue')], max_length=10)),
                ('in_app', models.BooleanField()),
                ('by_mail', models.BooleanField()),
            ],
        ),
        migrations.CreateModel(
            name='Pause',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('snoozed', 'Snoozed'), ('sent_back', 'Sent back')], max_length=10)),
                ('note', models.TextField()),
                ('by_id', models.UUIDField()),
                ('by_name', models.CharField(max_length=120)),
                ('since', models.DateTimeField()),
                ('until', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('end', models.CharField(blank=True, choices=[('over', 'The time was over'), ('answered', 'Answered'), ('fetched', 'Fetched back'), ('unsent', 'The question could not be sent')], max_length=10)),
                ('ended_name', models.CharField(blank=True, max_length=120)),
                ('answer', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['since'],
            },
        ),
        migrations.CreateModel(
            name='PolicyVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('note', models.CharField(max_length=400)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['-version'],
            },
        ),
        migrations.AddField(
            model_name='disposition',
            name='checks',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='checked_by', to='reviews.disposition'),
        ),
        migrations.AlterField(
            model_name='disposition',
            name='kind',
            field=models.CharField(choices=[('approve', 'Approved'), ('edit', 'Edited and approved'), ('reject', 'Rejected'), ('escalate', 'Escalated'), ('propose', 'Approved by the first of two')], max_length=8),
        ),
        migrations.AddConstraint(
            model_name='disposition',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', 'propose'), ('undone_at', None)), fields=('case', 'revision'), name='one_first_of_two'),
        ),
        migrations.AddIndex(
            model_name='absence',
            index=models.Index(fields=['person_id', 'last'], name='absence_of_person'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('first__lte', models.F('last'))), name='absence_in_order'),
        ),
        migrations.AddConstraint(
            model_name='absence',
            constraint=models.CheckConstraint(condition=models.Q(('stand_in_id', models.F('person_id')), _negated=True), name='absence_by_somebody_else'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('warned_at', None)), fields=['warn_at'], name='clock_to_warn'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(condition=models.Q(('breached_at', None)), fields=['due_at'], name='clock_to_breach'),
        ),
        migrations.AddIndex(
            model_name='clock',
            index=models.Index(fields=['terms'], name='clock_terms'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(fields=['person_id', '-id'], name='notification_of_person'),
        ),
        migrations.AddIndex(
            model_name='notification',
            index=models.Index(condition=models.Q(('by_mail', True), ('mailed_at', None)), fields=['person_id'], name='notification_to_mail'),
        ),
        migrations.AddConstraint(
            model_name='notificationchoice',
            constraint=models.UniqueConstraint(fields=('person_id', 'kind'), name='one_choice_per_kind'),
        ),
        migrations.AddField(
            model_name='pause',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pauses', to='cases.case'),
        ),
        migrations.AddField(
            model_name='policyversion',
            name='workflow',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='policies', to='workflows.workflow'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('case',), name='one_pause_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='pause',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'sent_back'), ('until__isnull', False), _connector='OR'), name='a_snooze_ends'),
        ),
        migrations.AddConstraint(
            model_name='policyversion',
            constraint=models.UniqueConstraint(fields=('workflow', 'version'), name='policy_version_once'),
        ),
        *insert_only("reviews_calendarversion"),
        *insert_only("reviews_policyversion"),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
