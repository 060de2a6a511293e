import django.db.models.deletion
import django.db.models.functions.datetime
import uuid6
from django.db import migrations, models

from apps.audit.insert_only import withdraw


class Migration(migrations.Migration):
    dependencies = [("audit", "0004_signed")]
    operations = [
        migrations.CreateModel(
            name="Destination",
            fields=[
                ("id", models.UUIDField(default=uuid6.uuid7, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("mail", "E-mail"),
                            ("webhook", "Webhook"),
                            ("witness", "Witness"),
                            ("object", "Object storage"),
                            ("folder", "Folder"),
                        ],
                        max_length=8,
                    ),
                ),
                ("address", models.CharField(max_length=300)),
                ("key", models.CharField(blank=True, max_length=300)),
                ("every_hours", models.SmallIntegerField(default=24)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("stopped_at", models.DateTimeField(null=True)),
            ],
            options={"ordering": ["created_at"]},
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("attempts", models.SmallIntegerField(default=0)),
                ("next_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("delivered_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=400)),
                (
                    "destination",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deliveries", to="audit.destination"
                    ),
                ),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="audit.signedcheckpoint",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("destination", "checkpoint"), name="audit_one_delivery_per_checkpoint"
                    )
                ],
            },
        ),
        withdraw("audit_destination", "DELETE, TRUNCATE, REFERENCES, TRIGGER"),
        withdraw("audit_delivery", "DELETE, TRUNCATE, REFERENCES, TRIGGER"),
    ]
