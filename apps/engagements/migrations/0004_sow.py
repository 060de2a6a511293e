import django.db.models.deletion
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):

    dependencies = [
        ('compliance', '0004_readiness'),
        ('engagements', '0003_maps'),
    ]

    operations = [
        migrations.CreateModel(
            name='SowComment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('section', models.CharField(max_length=40)),
                ('number', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=64)),
                ('by_name', models.CharField(max_length=200)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('resolved_name', models.CharField(blank=True, max_length=200)),
                ('resolution', models.TextField(blank=True)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sow_comments', to='engagements.engagement')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SowVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('sha256', models.CharField(max_length=64)),
                ('note', models.CharField(max_length=400)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sow_versions', to='engagements.engagement')),
            ],
            options={
                'ordering': ['-number'],
            },
        ),
        migrations.CreateModel(
            name='SowMove',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('offered', 'Offered'), ('withdrawn', 'Withdrawn'), ('accepted', 'Accepted'), ('declined', 'Declined')], max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('by', models.CharField(max_length=64)),
                ('by_name', models.CharField(max_length=200)),
                ('signature', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compliance.signature')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='moves', to='engagements.sowversion')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddConstraint(
            model_name='sowversion',
            constraint=models.UniqueConstraint(fields=('engagement', 'number'), name='sow_version_once'),
        ),
        migrations.AddConstraint(
            model_name='sowmove',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'accepted'), ('signature__isnull', False)), models.Q(models.Q(('kind', 'accepted'), _negated=True), ('signature', None)), _connector='OR'), name='sow_accepted_with_signature'),
        ),
        *insert_only("engagements_sowversion"),
        *insert_only("engagements_sowmove"),
    ]
