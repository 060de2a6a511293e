import django.db.models.deletion
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):

    dependencies = [
        ('engagements', '0002_board'),
    ]

    operations = [
        migrations.CreateModel(
            name='MinedLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('content', models.JSONField()),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='mined_logs', to='engagements.engagement')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='MapVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(choices=[('today', 'Today'), ('target', 'Target')], max_length=6)),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField()),
                ('agreed', models.BooleanField()),
                ('note', models.CharField(max_length=400)),
                ('created_at', models.DateTimeField()),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='map_versions', to='engagements.engagement')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('engagement', 'side', 'number'), name='map_version_once')],
            },
        ),
        *insert_only("engagements_mapversion"),
        *insert_only("engagements_minedlog"),
    ]
