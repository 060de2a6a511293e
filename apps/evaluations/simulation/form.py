"""What is to be simulated, as typed."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.evaluations.models import Simulation
from apps.evaluations.simulation.months import WEEKS


class SimulationForm(forms.Form):
    source = forms.ChoiceField(label="Replay", choices=Simulation.Source.choices)
    minutes = forms.DecimalField(
        label="Minutes a case", required=False, min_value=Decimal("0.1"), max_value=240, decimal_places=2
    )
    volume = forms.IntegerField(label=f"Cases in {WEEKS} weeks", required=False, min_value=1, max_value=100_000)

    def asked(self) -> dict[str, Any]:
        """Of a valid form: what the service takes."""
        return {
            "source": self.cleaned_data["source"],
            "minutes": self.cleaned_data["minutes"],
            "volume": self.cleaned_data["volume"] or 0,
        }
