"""Labelled sets come in, classifiers come out of them. Each change writes its audit entry in the same transaction."""

from collections.abc import Sequence

import numpy as np
from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.evaluations.held_out import keep_answers
from apps.evaluations.labelled_sets import earlier_splits, last_frozen, sha256_of, training_examples
from apps.evaluations.labels import Labelled
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.evaluations.splits import plan_splits
from apps.inference import artefacts
from apps.inference.local.classifier import Artefact
from apps.inference.local.encoder import Encoder
from apps.inference.local.training import fit_and_hold_out
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

TAGS = ("case_type", "urgency", "sentiment")


@transaction.atomic
def create_labelled_set(*, actor: Actor, workflow: Workflow, name: str, cases: Sequence[Labelled]) -> LabelledSet:
    """Store cases as a new frozen version, not signed off yet. The same content gives the version that is there."""
    Workflow.objects.select_for_update().get(pk=workflow.pk)
    splits = plan_splits(
        {each.submission.external_id: each.expected.case_type for each in cases}, earlier_splits(workflow)
    )
    rows = [
        LabelledCase(
            external_id=each.submission.external_id,
            split=splits[each.submission.external_id],
            submission=each.submission.model_dump(mode="json"),
            expected=each.expected.model_dump(mode="json"),
        )
        for each in cases
    ]
    sha256 = sha256_of(rows)
    existing = workflow.labelled_sets.filter(state=LabelledSet.State.FROZEN, sha256=sha256).first()
    if existing:
        return existing
    made = LabelledSet.objects.create(workflow=workflow, name=name)
    for row in rows:
        row.labelled_set = made
    LabelledCase.objects.bulk_create(rows)
    set_frozen(made, sha256)
    record(
        actor=actor,
        action="labelled_set.created",
        object=f"labelled_set:{made.pk}",
        workflow=workflow.slug,
        after={"name": name, "version": made.version, "sha256": sha256, "cases": len(cases)},
    )
    return made


def train_classifiers(*, actor: Actor, labelled_set: LabelledSet, encoder: Encoder) -> dict[str, Artefact]:
    """Train one classifier per tag on everything but the holdout, and store them. Returns them by tag."""
    examples = training_examples(labelled_set)
    texts = [each.text for each in examples]
    vectors = encoder.encode(texts)
    truth = {tag: [getattr(each.expected, tag) for each in examples] for tag in TAGS}
    trained = {
        tag: fit_and_hold_out(texts, np.asarray(vectors), labels, encoder=encoder.fingerprint)
        for tag, labels in truth.items()
    }
    with transaction.atomic():
        for tag, (artefact, held_out) in trained.items():
            sha256 = artefacts.store("classifier", artefact.to_bytes())
            answers = keep_answers(
                classifier=sha256,
                labelled_set=labelled_set.sha256,
                examples=examples,
                truth=truth[tag],
                held_out=held_out,
            )
            record(
                actor=actor,
                action="classifier.trained",
                object=f"artefact:{sha256}",
                workflow=labelled_set.workflow.slug,
                after={
                    "tag": tag,
                    "labelled_set": labelled_set.sha256,
                    "examples": artefact.examples,
                    "encoder": encoder.fingerprint,
                    "held_out": {name: f"{value:.4f}" for name, value in artefact.held_out.items()},
                    "answers": answers,
                },
            )
    return {tag: artefact for tag, (artefact, _) in trained.items()}


def set_frozen(labelled_set: LabelledSet, sha256: str) -> None:
    """Make the draft the next version. From here on the database refuses any change. The caller holds the workflow."""
    last = last_frozen(labelled_set.workflow)
    labelled_set.version = last.version + 1 if last and last.version else 1
    labelled_set.state, labelled_set.sha256, labelled_set.frozen_at = LabelledSet.State.FROZEN, sha256, timezone.now()
    labelled_set.save(update_fields=["version", "state", "sha256", "frozen_at"])
