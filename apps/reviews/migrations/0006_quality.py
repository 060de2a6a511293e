"""Samples, second opinions and planted cases."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reviews", "0005_keymap")]

    operations: list = []
