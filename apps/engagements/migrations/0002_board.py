import django.db.models.deletion
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0004_readiness'),
        ('engagements', '0001_engagements'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayTen',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('decision', models.CharField(choices=[('commit', 'Commit'), ('conditions', 'Commit with conditions'), ('walk_away', 'Walk away')], max_length=10)),
                ('recommended', models.CharField(choices=[('commit', 'Commit'), ('conditions', 'Commit with conditions'), ('walk_away', 'Walk away')], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('conditions', models.TextField(blank=True)),
                ('evidence', models.JSONField()),
                ('build_on', models.DateField(null=True)),
                ('engagement', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='day_ten', to='engagements.engagement')),
                ('signature', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compliance.signature')),
            ],
        ),
        migrations.CreateModel(
            name='Shadowing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=120)),
                ('place', models.CharField(max_length=120)),
                ('began_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('by', models.CharField(max_length=64)),
                ('by_name', models.CharField(max_length=200)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shadowings', to='engagements.engagement')),
            ],
            options={
                'ordering': ['-began_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='ShadowedStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=120)),
                ('system', models.CharField(blank=True, max_length=120)),
                ('kind', models.CharField(choices=[('normal', 'Normal'), ('exception', 'Exception')], default='normal', max_length=9)),
                ('note', models.TextField(blank=True)),
                ('started_at', models.DateTimeField()),
                ('stopped_at', models.DateTimeField(null=True)),
                ('shadowing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='steps', to='engagements.shadowing')),
            ],
            options={
                'ordering': ['started_at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('stopped_at', None), ('stopped_at__gte', models.F('started_at')), _connector='OR'), name='step_stops_after_it_starts'), models.UniqueConstraint(condition=models.Q(('stopped_at', None)), fields=('shadowing',), name='one_step_runs_in_a_sitting')],
            },
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.PositiveSmallIntegerField()),
                ('position', models.PositiveSmallIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('output', models.CharField(blank=True, max_length=200)),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('due_on', models.DateField()),
                ('state', models.CharField(choices=[('todo', 'To do'), ('doing', 'In work'), ('blocked', 'Blocked'), ('done', 'Done')], default='todo', max_length=8)),
                ('note', models.TextField(blank=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('done_by', models.CharField(blank=True, max_length=64)),
                ('done_name', models.CharField(blank=True, max_length=200)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='engagements.engagement')),
            ],
            options={
                'ordering': ['day', 'position', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(('day__gte', 1), ('day__lte', 10)), name='task_on_one_of_ten_days'), models.CheckConstraint(condition=models.Q(models.Q(('done_at__isnull', False), ('state', 'done')), models.Q(models.Q(('state', 'done'), _negated=True), ('done_at', None)), _connector='OR'), name='task_done_by_somebody')],
            },
        ),
        *insert_only("engagements_dayten"),
    ]
