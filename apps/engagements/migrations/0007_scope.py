import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('engagements', '0006_build'),
    ]

    operations = [
        migrations.CreateModel(
            name='ScopeItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(max_length=120)),
                ('operations', models.CharField(max_length=400)),
                ('direction', models.CharField(choices=[('read', 'reads'), ('write', 'writes'), ('both', 'reads and writes')], default='read', max_length=5)),
                ('authentication', models.CharField(blank=True, max_length=120)),
                ('data', models.CharField(choices=[('public', 'Public'), ('internal', 'Internal'), ('personal', 'Personal'), ('special', 'Special category or health')], default='personal', max_length=8)),
                ('owner', models.CharField(blank=True, max_length=120)),
                ('risk', models.CharField(choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High')], default='medium', max_length=6)),
                ('note', models.CharField(blank=True, max_length=400)),
                ('state', models.CharField(choices=[('named', 'Named'), ('asked', 'Access asked for'), ('granted', 'Access granted'), ('tested', 'One read tried')], default='named', max_length=8)),
                ('removed_at', models.DateTimeField(null=True)),
                ('engagement', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scope_items', to='engagements.engagement')),
            ],
            options={
                'ordering': ['system', 'id'],
            },
        ),
    ]
