"""Readiness assessments."""

import uuid6
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):
    dependencies = [('compliance', '0003_frameworks')]

    operations = [
        migrations.CreateModel(
            name='Readiness',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('questions', models.PositiveSmallIntegerField()),
                ('answers', models.JSONField()),
                ('result', models.JSONField()),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        *insert_only("compliance_readiness"),
    ]
