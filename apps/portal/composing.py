"""A candidate release, composed on a form from the parts that are there."""

from decimal import Decimal
from typing import Any

from django import forms

from apps.corpora.models import Snapshot
from apps.prompts.models import PromptVersion
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.actors import Actor
from apps.workflows.composition import Parts, compose
from apps.workflows.manifest import Manifest
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release

ROUTE = r"^anthropic:[A-Za-z0-9._-]{1,80}$"


class CandidateForm(forms.Form):
    taxonomy = forms.ModelChoiceField(queryset=TaxonomyVersion.objects.none())
    snapshot = forms.ModelChoiceField(queryset=Snapshot.objects.none(), label="Documents")
    classifiers = forms.ModelChoiceField(
        queryset=Release.objects.none(),
        required=False,
        empty_label="none: rules and people decide",
        help_text="As that release has them: trained together, on one set of labelled cases.",
    )
    high = forms.DecimalField(
        label="Intake decides alone from", min_value=Decimal(0), max_value=Decimal(1), decimal_places=6
    )
    medium = forms.DecimalField(
        label="Intake asks a person below", min_value=Decimal(0), max_value=Decimal(1), decimal_places=6
    )
    per_type = forms.ModelChoiceField(
        queryset=Release.objects.none(),
        required=False,
        label="Thresholds by case type",
        empty_label="none: the two above hold for all types",
    )
    intake_prompt = forms.ModelChoiceField(queryset=PromptVersion.objects.none(), required=False, empty_label="none")
    intake_route = forms.RegexField(
        regex=ROUTE,
        required=False,
        help_text="Who is asked about doubtful cases: anthropic:<model>, or empty for nobody.",
    )
    action_prompt = forms.ModelChoiceField(queryset=PromptVersion.objects.none(), required=False, empty_label="none")
    action_route = forms.RegexField(
        regex=rf"^local:extractive$|{ROUTE}", help_text="Who drafts: local:extractive or anthropic:<model>."
    )
    amount_limit = forms.DecimalField(
        label="A person decides above this amount", min_value=Decimal(0), max_digits=12, decimal_places=2
    )
    note = forms.CharField(
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What it changes, and why it should be better.",
    )

    def __init__(self, workflow: Workflow, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        prompts = PromptVersion.objects.all()
        with_own = [release.pk for release in workflow.releases.all() if manifest_of(release).intake.per_type]
        choices = {
            "taxonomy": TaxonomyVersion.objects.filter(workflow=workflow.slug),
            "snapshot": Snapshot.objects.filter(corpus__scratch=False).select_related("corpus"),
            "classifiers": workflow.releases.all(),
            "per_type": workflow.releases.filter(pk__in=with_own),
            "intake_prompt": prompts.filter(purpose=PromptVersion.Purpose.INTAKE),
            "action_prompt": prompts.filter(purpose=PromptVersion.Purpose.ACTION),
        }
        for name, queryset in choices.items():
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"high", "medium"} <= cleaned.keys() and cleaned["medium"] > cleaned["high"]:
            self.add_error("medium", "What a person is asked about ends where intake decides alone: not above it.")
        for layer in ("intake", "action"):
            route, prompt = cleaned.get(f"{layer}_route", ""), cleaned.get(f"{layer}_prompt")
            if route.startswith("anthropic:") and prompt is None:
                self.add_error(f"{layer}_prompt", "A model that is asked needs a prompt.")
        return cleaned

    def parts(self) -> Parts:
        given = self.cleaned_data
        prompts = {layer: given[f"{layer}_prompt"] for layer in ("intake", "action") if given[f"{layer}_prompt"]}
        return Parts(
            taxonomy=given["taxonomy"],
            snapshot=given["snapshot"],
            prompts=prompts,
            classifiers=manifest_of(given["classifiers"]).intake.classifiers if given["classifiers"] else {},
            high=float(given["high"]),
            medium=float(given["medium"]),
            amount_limit=given["amount_limit"],
            per_type=manifest_of(given["per_type"]).intake.per_type if given["per_type"] else {},
            intake_route=given["intake_route"],
            action_route=given["action_route"],
        )


def compose_candidate(*, actor: Actor, workflow: Workflow, form: CandidateForm) -> tuple[Release, bool]:
    """The release of the form's parts, and whether it is new. Raises PartsDoNotFit."""
    manifest = compose(workflow, form.parts())
    known = Release.objects.filter(pk=manifest.fingerprint).exists()
    release = create_release(actor=actor, workflow=workflow, manifest=manifest, note=form.cleaned_data["note"])
    return release, not known


def starting_from(release: Release) -> dict[str, object]:
    """The form filled with a release's own parts; parts that are no longer here are left open."""
    manifest = manifest_of(release)
    return {
        "taxonomy": TaxonomyVersion.objects.filter(workflow=manifest.workflow, sha256=manifest.taxonomy).first(),
        "snapshot": _snapshot(manifest),
        "classifiers": release if manifest.intake.classifiers else None,
        "high": manifest.intake.high,
        "medium": manifest.intake.medium,
        "per_type": release if manifest.intake.per_type else None,
        "intake_prompt": PromptVersion.objects.filter(sha256=manifest.intake.prompt).first(),
        "intake_route": manifest.intake.route,
        "action_prompt": PromptVersion.objects.filter(sha256=manifest.action.prompt).first(),
        "action_route": manifest.action.route,
        "amount_limit": manifest.action.amount_limit,
    }


def _snapshot(manifest: Manifest) -> Snapshot | None:
    context = manifest.context
    return Snapshot.objects.filter(corpus__slug=context.corpus, version=context.snapshot).first()
