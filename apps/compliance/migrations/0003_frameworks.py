"""Gaps, signatures and disclosures."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compliance", "0002_erasure")]

    operations: list = []
