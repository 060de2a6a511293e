from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_written_once")]
    operations = [
        migrations.CreateModel(
            name="Subtree",
            fields=[
                ("pk", models.CompositePrimaryKey("level", "place", blank=True, editable=False, primary_key=True, serialize=False)),
                ("level", models.SmallIntegerField()),
                ("place", models.BigIntegerField()),
                ("root", models.BinaryField()),
            ],
        ),
        *insert_only("audit_subtree"),
    ]
