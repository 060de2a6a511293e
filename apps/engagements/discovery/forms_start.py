"""What is asked before an engagement starts: publicly, where one's workspace is; there, for which workflow and when."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.text import slugify

from apps.audit.canonical import Json
from apps.planning.sprint import content
from apps.reviews import calendars
from apps.tenants.capabilities import Role
from apps.tenants.models import Membership
from apps.workflows.models import Workflow

SHORT_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
FARTHEST: Final = timedelta(days=730)  # of the first day from today
NEW: Final = ""  # instead of the id of a workflow


class WorkspaceForm(forms.Form):
    """Whether there is such a workspace is not looked up: nobody learns here who is a client."""

    workspace = forms.CharField(
        label="Your workspace", max_length=120, help_text="Its short name, or the host name you sign in at.",
        widget=forms.TextInput(attrs={"autocomplete": "organization", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip

    def clean_workspace(self) -> str:
        typed = self.cleaned_data["workspace"].strip().lower()
        host = typed.removeprefix("https://").removeprefix("http://").partition("/")[0].partition(":")[0]
        name: str = host.removesuffix(f".{settings.BASE_DOMAIN}")
        if not SHORT_NAME.fullmatch(name):
            raise forms.ValidationError(
                f"Write its short name, such as “example”, or its host name, “example.{settings.BASE_DOMAIN}”."
            )
        return name


class StartForm(forms.Form):
    workflow = forms.ChoiceField(label="Workflow", required=False)
    title = forms.CharField(label="Title of the new workflow", max_length=120, required=False)
    owner = forms.ChoiceField(label="Decision owner", required=False, help_text="Of the new workflow.")
    kpi = forms.CharField(label="What shall get better", max_length=200, required=False)
    volume = forms.IntegerField(label="Cases a month", min_value=1, max_value=10_000_000, required=False)
    discovery_on = forms.DateField(
        label="First day of Discovery", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, data: QueryDict | None, answers: Mapping[str, Mapping[str, Json]]) -> None:
        super().__init__(data, initial=_first_values(answers))
        free = Workflow.objects.filter(engagement=None)
        new = [(NEW, "A new one, as below")]
        self.fields["workflow"].choices = [(str(each.pk), each.title) for each in free] + new  # type: ignore[attr-defined]
        owners = Membership.objects.filter(active=True, role=Role.DECISION_OWNER).select_related("user")
        self.fields["owner"].choices = [(each.user.email, each.user.name) for each in owners]  # type: ignore[attr-defined]

    def clean_discovery_on(self) -> date:
        first: date = self.cleaned_data["discovery_on"]
        if abs(first - calendars.today()) > FARTHEST:
            raise forms.ValidationError("Choose a day within two years of today.")
        return first

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("workflow") == NEW:
            if not said.get("title"):
                self.add_error("title", "Give the new workflow a title, or choose one that is there.")
            elif not self.slug or Workflow.objects.filter(slug=self.slug).exists():
                self.add_error("title", "There is a workflow of this name already, or the name has no letters.")
            if not said.get("owner"):
                self.add_error("owner", "A workflow needs a decision owner. A tenant administrator adds one to People.")
        return said

    @property
    def slug(self) -> str:
        return str(slugify(self.cleaned_data.get("title", "")))[:50]


def _first_values(answers: Mapping[str, Mapping[str, Json]]) -> dict[str, Any]:
    """From what was answered in the public tools."""
    sprint, volume = answers.get("sprint", {}), 0
    for given in answers.values():
        said = str(given.get("volume", ""))
        volume = volume or (int(float(said)) if re.fullmatch(r"\d{1,8}(\.\d{1,3})?", said) else 0)
    case, kpi = content().use_cases.get(str(sprint.get("use_case"))), content().kpis.get(str(sprint.get("kpi")))
    today = calendars.today()
    return {
        "title": case.title if case else "",
        "kpi": kpi.title if kpi else "",
        "volume": volume or None,
        "discovery_on": today + timedelta(days=7 - today.weekday()),
    }
