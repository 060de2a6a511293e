"""Labelled sets come in, classifiers come out of them. Each change writes its audit entry in the same transaction."""

import hashlib
from collections.abc import Sequence

import numpy as np
import rfc8785
from django.db import transaction

from apps.audit.entries import record
from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.inference import artefacts
from apps.inference.local.classifier import Artefact
from apps.inference.local.encoder import Encoder
from apps.inference.local.training import fit
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

TAGS = ("case_type", "urgency", "sentiment")
SPLITS = ((60, LabelledCase.Split.TRAIN), (80, LabelledCase.Split.CALIBRATION), (100, LabelledCase.Split.HOLDOUT))


@transaction.atomic
def create_labelled_set(*, actor: Actor, workflow: Workflow, name: str, cases: Sequence[Labelled]) -> LabelledSet:
    """Store a set, split 60/20/20 by the hash of each id. The same content gives the set that is there."""
    content = [
        {"submission": each.submission.model_dump(mode="json"), "expected": each.expected.model_dump(mode="json")}
        for each in cases
    ]
    sha256 = hashlib.sha256(rfc8785.dumps(content)).hexdigest()
    existing = LabelledSet.objects.filter(workflow=workflow, sha256=sha256).first()
    if existing:
        return existing
    made = LabelledSet.objects.create(workflow=workflow, name=name, sha256=sha256)
    LabelledCase.objects.bulk_create(
        LabelledCase(
            labelled_set=made,
            external_id=each.submission.external_id,
            split=split_of(each.submission.external_id),
            submission=row["submission"],
            expected=row["expected"],
        )
        for each, row in zip(cases, content, strict=True)
    )
    record(
        actor=actor,
        action="labelled_set.created",
        object=f"labelled_set:{made.pk}",
        workflow=workflow.slug,
        after={"name": name, "sha256": sha256, "cases": len(cases)},
    )
    return made


def train_classifiers(*, actor: Actor, labelled_set: LabelledSet, encoder: Encoder) -> dict[str, Artefact]:
    """Train one classifier per tag on everything but the holdout, and store them. Returns them by tag."""
    rows = labelled_set.cases.exclude(split=LabelledCase.Split.HOLDOUT).order_by("external_id")
    expected = [Expected.model_validate(row.expected) for row in rows]
    texts = [f"{row.submission['subject']}\n{row.submission['text']}".strip() for row in rows]
    vectors = encoder.encode(texts)
    trained = {
        tag: fit(texts, np.asarray(vectors), [getattr(each, tag) for each in expected], encoder=encoder.fingerprint)
        for tag in TAGS
    }
    with transaction.atomic():
        for tag, artefact in trained.items():
            sha256 = artefacts.store("classifier", artefact.to_bytes())
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
                },
            )
    return trained


def split_of(external_id: str) -> str:
    """The same id falls into the same part in every version of a set, so that nothing learnt leaks into a holdout."""
    place = int.from_bytes(hashlib.sha256(external_id.encode()).digest()[:4]) % 100
    return next(split for below, split in SPLITS if place < below)
