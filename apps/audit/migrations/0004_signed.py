import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from apps.audit.insert_only import insert_only


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_subtrees")]
    operations = [
        migrations.CreateModel(
            name="LogKey",
            fields=[
                ("encoded", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="SignedCheckpoint",
            fields=[
                ("tree_size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.TextField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={"db_table": "audit_signed_checkpoint"},
        ),
        migrations.CreateModel(
            name="Cosignature",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("witness", models.CharField(max_length=300)),
                ("line", models.TextField()),
                ("seen_at", models.DateTimeField()),
                ("received_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cosignatures",
                        to="audit.signedcheckpoint",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("checkpoint", "witness"), name="audit_one_cosignature_per_witness"
                    )
                ],
            },
        ),
        *insert_only("audit_logkey"),
        *insert_only("audit_signed_checkpoint"),
        *insert_only("audit_cosignature"),
    ]
