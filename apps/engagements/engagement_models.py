"""An engagement: one workflow's way from the first question to its routine. Part of `models`."""

from datetime import date
from typing import ClassVar

from django.db import models

from apps.workflows.models import Workflow


class Engagement(models.Model):
    """Discovery, Build, Run, each from a day on; one for a workflow.

    `answers` holds what was put into the public tools, by tool: {"roi": {"volume": "6200", …}, …}.
    """

    class Phase(models.TextChoices):
        DISCOVERY = "discovery", "Discovery"
        BUILD = "build", "Build"
        RUN = "run", "Run"
        ENDED = "ended", "Ended"  # walked away, or handed over

    workflow = models.OneToOneField(Workflow, on_delete=models.PROTECT, related_name="engagement")
    phase = models.CharField(max_length=10, choices=Phase, default=Phase.DISCOVERY)
    discovery_on = models.DateField()  # the first of its ten working days
    build_on = models.DateField(null=True)
    run_on = models.DateField(null=True)
    ended_on = models.DateField(null=True)
    answers = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=64)
    created_name = models.CharField(max_length=200)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.workflow}: {self.get_phase_display()}"

    @property
    def phase_on(self) -> date | None:
        """The first day of the phase it is in."""
        return {
            self.Phase.DISCOVERY: self.discovery_on,
            self.Phase.BUILD: self.build_on,
            self.Phase.RUN: self.run_on,
            self.Phase.ENDED: self.ended_on,
        }[self.Phase(self.phase)]
