"""What has been read lately, and which changes of the schema are in the log."""

from django.db import migrations, models


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
    ]
