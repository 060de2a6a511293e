"""A small labelled set for the shop of `tests.cases.world`, and other releases of it. Rules alone decide the type."""

import json
from typing import Any

from django.utils import timezone

from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.models import LabelledSet
from apps.evaluations.services import create_labelled_set
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import create_version
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from tests.cases.world import TAXONOMY, submission
from tests.charters import actor

ASKED = {
    "refund": "Where is my refund for order 88-10001? It has been a week, number {number}.",
    "return": "I want to send back my boots, number {number}.",
    "complaint": "I must complain about the tent, number {number}.",
}
DECIDED = {"refund": "refund", "return": "explain", "complaint": "explain"}


def labelled(number: int, case_type: str, text: str = "") -> Labelled:
    asked = (text or ASKED[case_type]).format(number=number)
    expected = Expected(
        case_type=case_type,
        passages=("returns#refunds",) if DECIDED[case_type] == "refund" else ("returns#return-window",),
        decision=DECIDED[case_type],
        must=("say that the refund takes 5 working days",) if case_type == "refund" else (),
        must_not=("promise a voucher",),
    )
    return Labelled(submission(number, text=asked), expected, ())


def small_set(workflow: Workflow, each: int = 120) -> LabelledSet:
    """`each` cases of every type, a fifth of them held out."""
    cases = [
        labelled(1000 * place + number, case_type)
        for place, case_type in enumerate(ASKED)
        for number in range(1, each + 1)
    ]
    made = create_labelled_set(actor=SYSTEM, workflow=workflow, name="Small set", cases=cases)
    return sign(made)


def sign(labelled_set: LabelledSet) -> LabelledSet:
    if labelled_set.signed_off_at:
        return labelled_set
    owner = actor("decision_owner")
    labelled_set.signed_off_at, labelled_set.signed_off_by = timezone.now(), owner.id
    labelled_set.signed_off_name = owner.name
    labelled_set.save(update_fields=["signed_off_at", "signed_off_by", "signed_off_name"])
    return labelled_set


def release_with(workflow: Workflow, note: str = "", **parts: dict[str, Any]) -> Release:
    """Production's release with some fields of its parts changed: intake={"high": "0.5"}."""
    assert workflow.production
    manifest = manifest_of(workflow.production)
    changed = {name: getattr(manifest, name).model_copy(update=fields) for name, fields in parts.items()}
    return create_release(
        actor=actor("consultant"), workflow=workflow, manifest=manifest.model_copy(update=changed), note=note
    )


def release_with_rules(workflow: Workflow, rules: list[dict[str, Any]], note: str = "") -> Release:
    """Production's release with other rules for the case type."""
    number = TaxonomyVersion.objects.filter(workflow=workflow.slug).count() + 1
    content = json.loads(json.dumps(TAXONOMY)) | {"rules": rules, "version": number}
    version = create_version(actor=SYSTEM, workflow=workflow.slug, taxonomy=Taxonomy.model_validate(content))
    assert workflow.production
    manifest = manifest_of(workflow.production).model_copy(
        update={"taxonomy": version.sha256, "taxonomy_version": version.version}
    )
    return create_release(actor=actor("consultant"), workflow=workflow, manifest=manifest, note=note)
