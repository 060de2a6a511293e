"""One row of a case three times: without a history, and as each of the peers would have it kept."""

import pghistory
from auditlog.registry import auditlog
from django.db import models

FACTS = {
    "action": "case.approved",
    "lane": "reviewed",
    "release": "returns@12",
    "confidence": "0.9731",
    "reason": "The parcel came back within the time that the shop promises.",
}


class Row(models.Model):
    number = models.BigIntegerField()
    action = models.CharField(max_length=80)
    lane = models.CharField(max_length=10)
    release = models.CharField(max_length=64)
    confidence = models.CharField(max_length=10)
    reason = models.CharField(max_length=400)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.number)


class Plain(Row):
    pass


class Logged(Row):
    pass


@pghistory.track()
class Tracked(Row):
    pass


auditlog.register(Logged)
