"""Simulations of a month under a candidate, before it takes traffic. Part of `models`."""

from typing import ClassVar

from django.db import models

from apps.cases.models import Case
from apps.evaluations.leased_run import LeasedRun
from apps.workflows.models import Release


class Simulation(LeasedRun):
    """What a month would have been with `release` beside `incumbent`. `report` is simulation.report.report_of."""

    NOUN = "simulation"

    class Source(models.TextChoices):
        TRAFFIC = "traffic", "The cases that came in"
        LABELLED = "labelled", "The labelled set, resampled"

    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="simulations")
    incumbent = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    labelled_set = models.ForeignKey(
        "evaluations.LabelledSet", null=True, on_delete=models.PROTECT, related_name="simulations"
    )  # on whose holdout errors are measured, and which is resampled where the source says so
    source = models.CharField(max_length=8, choices=Source)
    begin = models.DateTimeField()  # the four weeks that are replayed, or whose hours the resampled cases come in
    end = models.DateTimeField()
    volume = models.PositiveIntegerField()  # cases in these weeks
    minutes = models.DecimalField(max_digits=5, decimal_places=2, null=True)  # a case, as stated; None: as measured

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.release_id[:6]} beside {self.incumbent_id[:6]}, {self.source}"


class SimulatedCase(models.Model):
    """One distinct case, of the traffic or of the labelled set, and what either release makes of it.

    `incumbent` and `candidate` are simulation.outcomes.Outcome.
    """

    simulation = models.ForeignKey(Simulation, on_delete=models.CASCADE, related_name="cases")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    labelled_case = models.ForeignKey("evaluations.LabelledCase", null=True, on_delete=models.PROTECT, related_name="+")
    incumbent = models.JSONField(null=True)  # None: not worked on yet
    candidate = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["simulation", "case"], name="simulated_case_once"),
            models.UniqueConstraint(fields=["simulation", "labelled_case"], name="simulated_label_once"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id or self.labelled_case_id} in {self.simulation_id}"
