"""Requests and answers under their person's key.

The keys are out of a migration's reach (docs/adr/0020): rows from before stay as they are, without a person, until
`manage.py seal_exchanges` seals them. No new row gets in without one.
"""

from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models
from django.db.models import Q

PROBLEM = "ALTER TABLE inference_exchange ALTER COLUMN problem TYPE bytea USING convert_to(problem, 'UTF8')"
PROBLEM_BACK = """
ALTER TABLE inference_exchange ALTER COLUMN problem TYPE varchar(400) USING convert_from(problem, 'UTF8')
"""
DIGEST = models.CharField(max_length=80)


class Migration(migrations.Migration):
    dependencies = [("inference", "0001_initial")]

    operations = [
        migrations.RemoveConstraint("exchange", "one_answer_per_request"),
        migrations.RenameField("exchange", "request_sha256", "request_digest"),
        migrations.RenameField("exchange", "response_sha256", "response_digest"),
        migrations.AlterField("exchange", "request_digest", DIGEST),
        migrations.AlterField("exchange", "response_digest", DIGEST),
        migrations.AlterField("exchange", "response", models.BinaryField()),
        migrations.AlterField(
            "exchange",
            "outcome",
            models.CharField(
                choices=[
                    ("answered", "Answered"),
                    ("unusable", "Answered, but not in the form asked for"),
                    ("failed", "No answer"),
                    ("surplus", "Answered twice at once; the other answer counts"),
                    ("rerun", "Asked again, to compare"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField("exchange", "person", models.UUIDField(null=True)),
        migrations.RunSQL(
            PROBLEM, PROBLEM_BACK, [migrations.AlterField("exchange", "problem", models.BinaryField())]
        ),
        migrations.AddConstraint(
            "exchange",
            models.UniqueConstraint(
                fields=["case_id", "purpose", "request_digest"],
                condition=Q(outcome__in=["answered", "unusable"]),
                name="one_answer_per_request",
            ),
        ),
        AddConstraintNotValid(
            "exchange", models.CheckConstraint(condition=Q(person__isnull=False), name="exchange_is_sealed")
        ),
    ]
