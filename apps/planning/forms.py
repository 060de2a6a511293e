"""What the public tools ask. Answers travel in the address: a page can be shared, printed and read by programs."""

from collections.abc import Mapping
from typing import Any

from django import forms

from apps.planning import sprint
from apps.planning.assumptions import COMPLEXITIES, GEOGRAPHIES, INDUSTRIES
from apps.planning.build_or_buy import FACTORS, HEAVIEST, LEVELS, Weighed
from apps.planning.roi import Business
from apps.planning.sprint import Idea

MOST_SYSTEMS = 12
EXAMPLE = {"sensitivity": 4, "integration": 4, "time": 4, "capacity": 2, "scrutiny": 4}  # 3 for the others


def _titled(choices: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(key, each.title) for key, each in choices.items()]


class RoiForm(forms.Form):
    volume = forms.FloatField(label="Cases a month", min_value=1, max_value=10_000_000, initial=3_000)
    minutes = forms.FloatField(label="Minutes of work, a case", min_value=0.1, max_value=2_400, initial=12)
    unit_cost = forms.FloatField(
        label="Cost of a case, USD", min_value=0.01, max_value=100_000, required=False,
        help_text="Leave it empty to take the minutes at the geography’s rate.",
    )  # fmt: skip
    routine = forms.FloatField(label="Routine share, %", min_value=0, max_value=100, initial=65)
    complexity = forms.ChoiceField(label="Complexity", choices=_titled(COMPLEXITIES), initial="typical")
    geography = forms.ChoiceField(label="Where the work is done", choices=_titled(GEOGRAPHIES), initial="us")
    industry = forms.ChoiceField(label="Industry", choices=_titled(INDUSTRIES), initial="insurance")
    error_rate = forms.FloatField(label="Cases with an error, %", min_value=0, max_value=100, initial=4)
    error_cost = forms.FloatField(label="Cost of an error, USD", min_value=0, max_value=1_000_000, initial=40)
    cycle_days = forms.FloatField(
        label="Days until a case is done", min_value=0, max_value=365, initial=2, required=False
    )
    day_value = forms.FloatField(
        label="Worth of a day earlier, USD a case", min_value=0, max_value=100_000, initial=0, required=False,
        help_text="0 unless you know it: most of what is said about speed is not money.",
    )  # fmt: skip

    def business(self) -> Business:
        """Of a valid form."""
        said = self.cleaned_data
        shares = {name: said[name] / 100 for name in ("routine", "error_rate")}
        return Business(
            **{**said, **shares, "cycle_days": said["cycle_days"] or 0.0, "day_value": said["day_value"] or 0.0}
        )


class SprintForm(forms.Form):
    industry = forms.ChoiceField(label="Industry", choices=_titled(INDUSTRIES), initial="insurance")
    use_case = forms.ChoiceField(label="Workflow", choices=_titled(sprint.content().use_cases), initial="claims")
    kpi = forms.ChoiceField(label="What shall get better", choices=_titled(sprint.content().kpis), initial="cycle")
    volume = forms.IntegerField(label="Cases a month", min_value=1, max_value=10_000_000, initial=2_400)
    systems = forms.CharField(
        label="Systems", required=False, max_length=400, initial="Claims system, document store",
        help_text=f"Separated by commas, at most {MOST_SYSTEMS}.",
    )  # fmt: skip
    regulations = forms.MultipleChoiceField(
        label="Regulation", required=False, choices=_titled(sprint.content().regulations),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def clean_systems(self) -> tuple[str, ...]:
        named = tuple(dict.fromkeys(part.strip() for part in self.cleaned_data["systems"].split(",") if part.strip()))
        if len(named) > MOST_SYSTEMS:
            raise forms.ValidationError(f"Name the {MOST_SYSTEMS} that matter most.")
        return named

    def idea(self) -> Idea:
        """Of a valid form."""
        return Idea(**{**self.cleaned_data, "regulations": tuple(self.cleaned_data["regulations"])})


class BuildOrBuyForm(forms.Form):
    """For each factor its level, and under `weight-<factor>` its weight."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, factor in FACTORS.items():
            self.fields[name] = forms.TypedChoiceField(
                label=factor.title, coerce=int, choices=[(level, self._named(level, factor.ends)) for level in LEVELS],
                initial=EXAMPLE.get(name, 3), help_text=factor.why,
            )  # fmt: skip
            self.fields[f"weight-{name}"] = forms.IntegerField(
                label=f"Weight of {factor.title.lower()}", min_value=0, max_value=HEAVIEST, initial=factor.weight
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[name], self[f"weight-{name}"]) for name in FACTORS]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and not any(said[f"weight-{name}"] for name in FACTORS):
            raise forms.ValidationError("Give at least one factor a weight above 0.")
        return said

    def weighed(self) -> Weighed:
        """Of a valid form."""
        said = self.cleaned_data
        return Weighed({name: said[name] for name in FACTORS}, {name: said[f"weight-{name}"] for name in FACTORS})

    @staticmethod
    def _named(level: int, ends: tuple[str, str]) -> str:
        return {LEVELS[0]: f"{level} · {ends[0]}", LEVELS[-1]: f"{level} · {ends[1]}"}.get(level, str(level))
