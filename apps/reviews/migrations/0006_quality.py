"""Cases that are looked at once more, blind."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0006_complaints"),
        ("reviews", "0005_keymap"),
        ("workflows", "0005_no_way_back_by_override"),
    ]

    operations = [
        migrations.CreateModel(
            name="BlindReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("sample", "Cleared automatically"),
                            ("second", "Decided by somebody else"),
                            ("known", "Known answer"),
                        ],
                        max_length=6,
                    ),
                ),
                ("not_by", models.UUIDField(null=True)),
                ("expected", models.JSONField(default=dict)),
                ("drawn_at", models.DateTimeField()),
                ("holder_id", models.UUIDField(null=True)),
                ("holder_name", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("approve", "Send it as it is"), ("edit", "Change it first"), ("reject", "Reject it")],
                        max_length=8,
                    ),
                ),
                ("reason_code", models.CharField(blank=True, max_length=40)),
                ("rationale", models.TextField(blank=True)),
                ("reviewer_id", models.UUIDField(null=True)),
                ("reviewer_name", models.CharField(blank=True, max_length=120)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="blind_reviews", to="cases.case"
                    ),
                ),
                (
                    "first",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="reviews.disposition",
                    ),
                ),
                (
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workflows.workflow"
                    ),
                ),
            ],
            options={
                "ordering": ["-decided_at", "id"],
                "indexes": [
                    models.Index(condition=models.Q(("verdict", "")), fields=["id"], name="blind_review_open"),
                    models.Index(
                        condition=models.Q(("verdict", ""), _negated=True),
                        fields=["kind", "decided_at"],
                        name="blind_review_decided",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("case", "kind"), name="one_blind_review_per_case_and_kind"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("not_by", None),
                            ("reviewer_id", None),
                            models.Q(("reviewer_id", models.F("not_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="second_opinion_of_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("reviewer_id", None), ("verdict", "")),
                            models.Q(
                                models.Q(("verdict", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("reviewer_id__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="blind_verdict_has_its_person",
                    ),
                ],
            },
        ),
    ]
