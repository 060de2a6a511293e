"""An index of what the entries say, for searching."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_published")]

    operations = [
        migrations.CreateModel(
            name="Indexed",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                (
                    "terms",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(db_collation="C"), size=None
                    ),
                ),
            ],
            options={
                "db_table": "audit_indexed",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fastupdate=False, fields=["terms"], name="audit_indexed_terms"
                    ),
                    models.Index(fields=["at"], name="audit_indexed_at"),
                ],
            },
        ),
    ]
