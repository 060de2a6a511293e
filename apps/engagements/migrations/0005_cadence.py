import django.db.models.deletion
import uuid6
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):

    dependencies = [
        ("compliance", "0004_readiness"),
        ("engagements", "0004_sow"),
    ]

    operations = [
        migrations.CreateModel(
            name='CadenceBegin',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField()),
                ('reason', models.TextField()),
                ('said_at', models.DateTimeField()),
                ('said_by', models.CharField(max_length=64)),
                ('said_name', models.CharField(max_length=200)),
                ('engagement', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='cadence_begin', to='engagements.engagement')),
            ],
        ),
        migrations.CreateModel(
            name='HandOverStatement',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('item', models.CharField(max_length=20)),
                ('holds', models.BooleanField()),
                ('says', models.TextField()),
                ('at', models.DateTimeField()),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statements', to='engagements.engagement')),
                ('signature', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='hand_over', to='compliance.signature')),
            ],
            options={
                'ordering': ['-at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='RitualRecord',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('ritual', models.CharField(choices=[('metrics', 'Metric review'), ('refresh', 'Prompt and retrieval refresh'), ('calibration', 'Calibration audit'), ('retrospective', 'Architecture retrospective')], max_length=13)),
                ('outcome', models.CharField(choices=[('held', 'Held'), ('skipped', 'Skipped')], max_length=7)),
                ('day', models.DateField()),
                ('due_on', models.DateField()),
                ('held_on', models.DateField()),
                ('figures', models.JSONField(default=list)),
                ('taken_at', models.DateTimeField(null=True)),
                ('notes', models.JSONField(default=dict)),
                ('decisions', models.JSONField(default=list)),
                ('reason', models.TextField(blank=True)),
                ('words', models.TextField()),
                ('by_id', models.CharField(max_length=64)),
                ('by_name', models.CharField(max_length=200)),
                ('by_role', models.CharField(max_length=32)),
                ('at', models.DateTimeField()),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rituals', to='engagements.engagement')),
                ('signature', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ritual', to='compliance.signature')),
            ],
            options={
                'ordering': ['-day', '-at'],
            },
        ),
        migrations.CreateModel(
            name='FollowUp',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('what', models.CharField(max_length=400)),
                ('owner_id', models.UUIDField()),
                ('owner_name', models.CharField(max_length=200)),
                ('due_on', models.DateField()),
                ('outcome', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('done_by', models.CharField(blank=True, max_length=64)),
                ('done_name', models.CharField(blank=True, max_length=200)),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_ups', to='engagements.ritualrecord')),
            ],
            options={
                'ordering': ['due_on', 'id'],
            },
        ),
        migrations.CreateModel(
            name='OverdueTold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ritual', models.CharField(choices=[('metrics', 'Metric review'), ('refresh', 'Prompt and retrieval refresh'), ('calibration', 'Calibration audit'), ('retrospective', 'Architecture retrospective')], max_length=13)),
                ('day', models.DateField()),
                ('told_at', models.DateTimeField()),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='engagements.engagement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('engagement', 'ritual', 'day'), name='told_once_of_a_ritual')],
            },
        ),
        migrations.CreateModel(
            name='RitualDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ritual', models.CharField(choices=[('metrics', 'Metric review'), ('refresh', 'Prompt and retrieval refresh'), ('calibration', 'Calibration audit'), ('retrospective', 'Architecture retrospective')], max_length=13)),
                ('day', models.DateField()),
                ('figures', models.JSONField()),
                ('taken_at', models.DateTimeField()),
                ('notes', models.JSONField(default=dict)),
                ('decisions', models.JSONField(default=list)),
                ('saved_at', models.DateTimeField()),
                ('saved_by', models.CharField(max_length=64)),
                ('saved_name', models.CharField(max_length=200)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ritual_drafts', to='engagements.engagement')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('engagement', 'ritual', 'day'), name='one_draft_of_a_ritual')],
            },
        ),
        migrations.AddConstraint(
            model_name='ritualrecord',
            constraint=models.UniqueConstraint(fields=('engagement', 'ritual', 'day'), name='one_record_of_a_ritual'),
        ),
        migrations.AddConstraint(
            model_name='ritualrecord',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', 'held'), ('signature__isnull', False), ('taken_at__isnull', False)), models.Q(('outcome', 'skipped'), ('signature', None), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='held_and_signed_or_skipped_for_a_reason'),
        ),
        migrations.AddIndex(
            model_name='followup',
            index=models.Index(condition=models.Q(('done_at', None)), fields=['due_on'], name='follow_up_open'),
        ),
        *insert_only("engagements_cadencebegin"),
        *insert_only("engagements_ritualrecord"),
        *insert_only("engagements_overduetold"),
        *insert_only("engagements_handoverstatement"),
    ]
