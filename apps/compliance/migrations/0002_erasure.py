"""Requests of the people whose data it is, holds and retention."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("compliance", "0001_exports")]

    operations: list = []
