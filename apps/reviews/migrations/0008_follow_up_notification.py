from typing import ClassVar

from django.db import migrations, models

KINDS = [
    ("given", "A case was given to me"),
    ("escalated", "A case was escalated to my role"),
    ("check", "An approval needs a second person"),
    ("checked", "My approval was checked, or changed"),
    ("answered", "My question was answered"),
    ("returned", "A case that I snoozed is back"),
    ("due_soon", "A case of mine is due soon"),
    ("overdue", "A case of mine is overdue"),
    ("ritual", "A ritual of the cadence is overdue"),
    ("follow_up", "A ritual gave me something to do"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("reviews", "0007_ritual_notification")]

    operations: ClassVar = [
        migrations.AlterField("notification", "kind", models.CharField(max_length=10, choices=KINDS)),
        migrations.AlterField("notificationchoice", "kind", models.CharField(max_length=10, choices=KINDS)),
    ]
