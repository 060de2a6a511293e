from typing import ClassVar

from django.db import migrations


class Migration(migrations.Migration):
    dependencies: ClassVar = [("engagements", "0001_engagements")]
    operations: ClassVar = []
