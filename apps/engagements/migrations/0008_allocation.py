import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagements', '0007_scope'),
    ]

    operations = [
        migrations.CreateModel(
            name='Allocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('person', models.UUIDField()),
                ('phase', models.CharField(choices=[('discovery', 'Discovery'), ('build', 'Build'), ('run', 'Run'), ('ended', 'Ended')], max_length=10)),
                ('hours', models.PositiveSmallIntegerField()),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='allocations', to='engagements.engagement')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [models.UniqueConstraint(fields=('engagement', 'person', 'phase'), name='one_allocation_per_phase'), models.CheckConstraint(condition=models.Q(('hours__lte', 168)), name='allocation_within_a_week')],
            },
        ),
    ]
