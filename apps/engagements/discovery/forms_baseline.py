"""What is asked of a baseline. Shares are typed in per cent, and the rest in the unit of the measure."""

from datetime import timedelta
from typing import Any

from django import forms
from django.http import QueryDict

from apps.evaluations.coverage import taxonomy_for
from apps.insights.baselines import Measured
from apps.insights.measures import MEASURES
from apps.reviews import calendars
from apps.workflows.models import Workflow


class BaselineForm(forms.Form):
    measure = forms.ChoiceField(
        label="Measure",
        choices=[(each.name, each.asked) for each in MEASURES.values()],
    )
    case_type = forms.ChoiceField(label="Case type", required=False)
    value = forms.FloatField(label="Value", min_value=0, help_text="In the unit beside the measure; a share in %.")
    low = forms.FloatField(
        label="95 % interval, from", min_value=0, required=False, help_text="Where it was sampled, not counted."
    )
    high = forms.FloatField(label="95 % interval, to", min_value=0, required=False)
    n = forms.IntegerField(
        label="Measured on (n)", min_value=1, max_value=2_000_000_000, help_text="Cases; hours for a throughput."
    )
    begin = forms.DateField(
        label="First day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )  # fmt: skip
    end = forms.DateField(label="Last day", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    source = forms.CharField(
        label="Source", max_length=200, help_text="Which system’s export, or whose count, and from when."
    )
    note = forms.CharField(
        label="Note", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text="How it was counted, so that it is counted alike afterwards.",
    )  # fmt: skip

    def __init__(self, data: QueryDict | None, workflow: Workflow, given: QueryDict) -> None:
        today = calendars.today()
        first = {"begin": today - timedelta(days=28), "end": today - timedelta(days=1)}
        super().__init__(data, initial={**first, **{name: given[name] for name in given if name in self.base_fields}})
        taxonomy = taxonomy_for(workflow)
        types = [(each.slug, each.title) for each in taxonomy.case_types] if taxonomy else []
        self.fields["case_type"].choices = [("", "All of them"), *types]  # type: ignore[attr-defined]

    def measured(self) -> Measured:
        """Of a valid form."""
        said: dict[str, Any] = dict(self.cleaned_data)
        if MEASURES[said["measure"]].share:
            for name in ("value", "low", "high"):
                said[name] = None if said[name] is None else said[name] / 100
        return Measured(**said)
