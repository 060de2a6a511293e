"""Who read what, and who changed the schema."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0006_search")]

    operations: list = []
