"""Exports of proof."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_published")]

    operations: list = []
