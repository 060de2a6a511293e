"""A file of cases that comes in, and the rows of it that were kept aside."""

from dataclasses import asdict
from typing import ClassVar

from django.db import models
from uuid6 import uuid7

from apps.tenants.actors import Actor
from apps.workflows.models import Workflow


class ImportRun(models.Model):
    """One file on its way in. Its counts are committed with the cases that they count, so it can go on anywhere."""

    class State(models.TextChoices):
        UNCLEAR = "unclear", "Columns to be named"
        READY = "ready", "Waiting to start"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Stopped"

    id = models.UUIDField(primary_key=True, default=uuid7)
    workflow = models.ForeignKey(Workflow, on_delete=models.PROTECT, related_name="imports")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)  # of the file
    size = models.BigIntegerField()  # bytes
    stored = models.CharField(max_length=255, blank=True)  # where the file waits; empty when the sender still holds it
    encoding = models.CharField(max_length=40, blank=True)  # empty: told by its byte order mark, else UTF-8
    columns = models.JSONField()  # apps.cases.columns.Columns
    started_by = models.JSONField()  # apps.tenants.actors.Actor
    state = models.CharField(max_length=8, choices=State)
    problem = models.TextField(blank=True)  # why it stopped

    rows = models.IntegerField(default=0)  # of the file that have been dealt with
    admitted = models.IntegerField(default=0)
    repeats = models.IntegerField(default=0)  # cases that were there before this run
    duplicates = models.IntegerField(default=0)  # rows that this file holds more than once
    rejected = models.IntegerField(default=0)
    position = models.BigIntegerField(default=0)  # bytes read
    attempts = models.SmallIntegerField(default=0)  # since it last got on
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(auto_now=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-id"]

    def __str__(self) -> str:
        return self.file_name

    @property
    def actor(self) -> Actor:
        return Actor(**self.started_by)

    @actor.setter
    def actor(self, actor: Actor) -> None:
        self.started_by = asdict(actor)

    @property
    def resting(self) -> bool:
        return self.state in {self.State.UNCLEAR, self.State.DONE, self.State.FAILED}


class RejectedRow(models.Model):
    """A row that was not admitted: why, and all that it held."""

    id = models.BigAutoField(primary_key=True)
    run = models.ForeignKey(ImportRun, on_delete=models.CASCADE, related_name="rejected_rows")
    line = models.IntegerField()  # of the file, from 1
    problems = models.JSONField()  # field → messages; "row" where it is about no field
    row = models.TextField()  # JSON in ASCII: PostgreSQL takes no NUL, and JSON can say it

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"line {self.line} of {self.run_id}"
