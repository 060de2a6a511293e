"""A release whose classifier left answers: most of them right, all those below a probability wrong."""

from typing import Any

from apps.cases.submission import Submission
from apps.evaluations.held_out import Answer, HeldOutAnswers, kind_of
from apps.evaluations.labels import Expected, Labelled
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.evaluations.services import create_labelled_set
from apps.inference import artefacts
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.services import create_version
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from tests.cases.world import TAXONOMY, case_type

CLASSIFIER = "c" * 64
TYPES = [case_type("refund", "automatic"), case_type("return", "automatic"), case_type("complaint", "reserved")]
RULE_SAYS = "I want my refund, number {}."  # the rule for refunds decides this
NO_RULE = "Parcel number {}."


def labelled_set(workflow: Workflow, refunds: int, returns: int, by_rule: int = 0) -> LabelledSet:
    types = ["refund"] * refunds + ["return"] * returns + ["refund"] * by_rule
    cases = [
        Labelled(
            Submission(
                external_id=f"H-{number}",
                text=(RULE_SAYS if number >= refunds + returns else NO_RULE).format(number),
            ),
            Expected(case_type=slug),
            (),
        )
        for number, slug in enumerate(types)
    ]
    return create_labelled_set(actor=SYSTEM, workflow=workflow, name="Held out", cases=cases)


def measured_release(
    workflow: Workflow,
    kept: LabelledSet,
    *,
    wrong_below: dict[str, float],
    classifier: str = CLASSIFIER,
    **intake: Any,
) -> Release:
    """Each type's answers fall evenly from 0.99 to 0.40; those below its `wrong_below` are wrong."""
    rows = list(kept.cases.exclude(split=LabelledCase.Split.HOLDOUT))
    answers = [
        answer
        for slug in ("refund", "return")
        for answer in _answers(slug, [row for row in rows if row.expected["case_type"] == slug], wrong_below)
    ]
    stored = HeldOutAnswers(classifier=classifier, labelled_set=kept.sha256, answers=tuple(answers))
    artefacts.store(kind_of(classifier), stored.model_dump_json().encode())
    content = TAXONOMY | {"case_types": TYPES, "version": 2}
    version = create_version(actor=SYSTEM, workflow=workflow.slug, taxonomy=Taxonomy.model_validate(content))
    assert workflow.production
    manifest = manifest_of(workflow.production)
    part = manifest.intake.model_copy(update={"classifiers": {"case_type": classifier}, **intake})
    changed = {"intake": part, "taxonomy": version.sha256, "taxonomy_version": version.version}
    return create_release(actor=SYSTEM, workflow=workflow, manifest=manifest.model_copy(update=changed))


def _answers(slug: str, rows: list[LabelledCase], wrong_below: dict[str, float]) -> list[Answer]:
    fall = 0.59 / max(1, len(rows) - 1)
    probabilities = [round(0.99 - place * fall, 6) for place in range(len(rows))]
    return [
        Answer(
            external_id=row.external_id,
            truth=slug if probability >= wrong_below[slug] else "complaint",
            label=slug,
            probability=probability,
            in_scope=True,
        )
        for row, probability in zip(rows, probabilities, strict=True)
    ]
