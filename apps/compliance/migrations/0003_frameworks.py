"""Gaps, signatures, log reviews, protected attributes and the record of processing."""

import uuid6
import django.db.models.deletion
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):
    dependencies = [
        ('cases', '0006_complaints'),
        ('compliance', '0002_erasure'),
    ]

    operations = [
        migrations.CreateModel(
            name='ProcessingRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField(unique=True)),
                ('content', models.JSONField()),
                ('note', models.CharField(blank=True, max_length=400)),
                ('created_by', models.CharField(max_length=64)),
                ('created_name', models.CharField(max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'db_table': 'compliance_processing_record',
                'ordering': ['-version'],
            },
        ),
        migrations.CreateModel(
            name='ProtectedAttributes',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='cases.case')),
                ('person', models.UUIDField()),
                ('sealed', models.BinaryField()),
                ('supplied_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'db_table': 'compliance_protected_attributes',
            },
        ),
        migrations.CreateModel(
            name='Scope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('framework', models.CharField(max_length=40)),
                ('applies', models.BooleanField()),
                ('ground', models.TextField()),
                ('decided_by', models.CharField(max_length=64)),
                ('decided_name', models.CharField(max_length=200)),
                ('decided_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Signature',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('record', models.CharField(max_length=120)),
                ('content', models.TextField()),
                ('sha256', models.CharField(max_length=64)),
                ('meaning', models.CharField(max_length=200)),
                ('signer_id', models.CharField(max_length=64)),
                ('signer_name', models.CharField(max_length=200)),
                ('role', models.CharField(max_length=40)),
                ('components', models.PositiveSmallIntegerField()),
                ('signed_at', models.DateTimeField()),
                ('zone', models.CharField(max_length=60)),
            ],
            options={
                'ordering': ['-signed_at', '-id'],
                'indexes': [models.Index(fields=['record'], name='signature_of_record')],
            },
        ),
        migrations.CreateModel(
            name='LogReview',
            fields=[
                ('id', models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                ('begin', models.DateField(unique=True)),
                ('end', models.DateField()),
                ('entries', models.PositiveIntegerField()),
                ('tree_size', models.BigIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('findings', models.TextField()),
                ('signature', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='log_review', to='compliance.signature')),
            ],
            options={
                'ordering': ['-begin'],
            },
        ),
        migrations.CreateModel(
            name='Gap',
            fields=[
                ('row', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('open', 'Open'), ('working', 'In work'), ('closed', 'Closed with a signature'), ('na', 'Not applicable')], default='open', max_length=8)),
                ('owner_id', models.UUIDField(null=True)),
                ('owner_name', models.CharField(blank=True, max_length=200)),
                ('due_on', models.DateField(null=True)),
                ('note', models.TextField(blank=True)),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('changed_name', models.CharField(max_length=200)),
                ('signature', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='compliance.signature')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('signature__isnull', False), ('state', 'closed')), models.Q(models.Q(('state', 'closed'), _negated=True), ('signature', None)), _connector='OR'), name='gap_closed_with_signature')],
            },
        ),
        *insert_only("compliance_scope"),
        *insert_only("compliance_signature"),
        *insert_only("compliance_logreview"),
        *insert_only("compliance_processing_record"),
    ]
