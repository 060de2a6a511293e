"""What has been read lately, and which changes of the schema are in the log."""

from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_search")]

    operations = [
        migrations.AddIndex(
            model_name="entry",
            index=models.Index(fields=["object"], condition=models.Q(action="case.read"), name="audit_read_of_case"),
        ),
        migrations.CreateModel(
            name="Read",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "actor", "object", "purpose", "since", blank=True, editable=False,
                        primary_key=True, serialize=False,
                    ),
                ),
                ("actor", models.CharField(max_length=120)),
                ("object", models.CharField(max_length=200)),
                ("purpose", models.CharField(max_length=16)),
                ("since", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="SchemaChange",
            fields=[
                ("change", models.BigIntegerField(primary_key=True, serialize=False)),
                ("entry_id", models.UUIDField()),
                ("expected", models.BooleanField()),
            ],
            options={"db_table": "audit_schema_change"},
        ),
        migrations.AddIndex(
            model_name="schemachange",
            index=models.Index(
                fields=["-change"], condition=models.Q(expected=False), name="audit_schema_unexpected"
            ),
        ),
        *insert_only("audit_schema_change"),
    ]
