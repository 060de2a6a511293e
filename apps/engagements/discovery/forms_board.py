"""What the board asks."""

from django import forms

from apps.engagements.discovery.board import TaskText
from apps.engagements.engagements import DAYS


class TaskForm(forms.Form):
    title = forms.CharField(label="What is to be done", max_length=200)
    output = forms.CharField(label="What comes out of it", max_length=200, required=False)
    owner = forms.CharField(label="Who", max_length=120, required=False, help_text="A name, or a role for now.")
    day = forms.TypedChoiceField(
        label="Day", coerce=int, choices=[(number, f"Day {number}") for number in range(1, DAYS + 1)]
    )
    due_on = forms.DateField(
        label="Due", required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="Left empty, it is due on its day.",
    )  # fmt: skip
    note = forms.CharField(label="Note", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))

    def text(self) -> TaskText:
        """Of a valid form."""
        return TaskText(**self.cleaned_data)
