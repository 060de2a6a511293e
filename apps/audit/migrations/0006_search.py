"""An index of what the entries say, for searching."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("audit", "0005_published")]

    operations: list = []
