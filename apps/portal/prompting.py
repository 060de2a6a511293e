"""A new version of a prompt, as its author types it, and which releases use the versions that are there."""

from collections import defaultdict
from typing import Any

from django import forms

from apps.prompts.content import Prompt
from apps.prompts.models import PromptVersion
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of


class PromptForm(forms.Form):
    slug = forms.RegexField(
        regex=r"^[a-z0-9][a-z0-9-]{0,49}$", label="Name", help_text="Small letters, digits and hyphens: draft-reply."
    )
    purpose = forms.ChoiceField(choices=PromptVersion.Purpose, help_text="The layer that it instructs.")
    model = forms.CharField(max_length=100, help_text="The model that it was written for.")
    text = forms.CharField(max_length=50_000, label="What the model is told", widget=forms.Textarea(attrs={"rows": 18}))

    def __init__(self, last: PromptVersion | None, posted: Any = None) -> None:
        """With `last` it is for the next version, whose name and purpose stay."""
        began = {name: getattr(last, name) for name in ("slug", "purpose", "model", "text")} if last else None
        super().__init__(posted, initial=began)
        self.last = last
        for name in ("slug", "purpose") if last else ():
            self.fields[name].disabled = True

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if self.last is None and PromptVersion.objects.filter(slug=slug).exists():
            raise forms.ValidationError("There is a prompt of this name: write its next version instead.")
        return slug

    def clean_text(self) -> str:
        """Browsers send line ends as CR LF; a prompt's fingerprint must not depend on that."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()

    def prompt(self) -> Prompt:
        return Prompt(**self.cleaned_data, version=self.last.version + 1 if self.last else 1)


def used_by() -> dict[str, list[Release]]:
    """SHA-256 of a prompt version → the releases that pin it, newest first."""
    found: dict[str, list[Release]] = defaultdict(list)
    for release in Release.objects.all()[:200]:
        manifest = manifest_of(release)
        for sha256 in {manifest.intake.prompt, manifest.action.prompt} - {""}:
            found[sha256].append(release)
    return found
