from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("insights", "0002_reports")]
    operations: ClassVar = []
