"""Readiness assessments and log reviews."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_frameworks")]

    operations: list = []
