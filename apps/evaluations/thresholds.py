"""A release's thresholds held against a promise, and new ones as a candidate release.

What counts is the automatic lane: answers in scope, of a type that the release lets through by itself, that no rule
has decided before. Rules need no threshold, and types in other lanes reach a person whatever the confidence.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from django.db import transaction

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.evaluations.held_out import Answer, answers_of
from apps.evaluations.labelled_sets import text_of
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.evaluations.risk import DIGITS, Finding, Promise, Tested, curve, find_threshold
from apps.inference import artefacts
from apps.inference.local.classifier import Artefact
from apps.inference.local.isotonic import Calibration
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.rules import match_case_type
from apps.tenants.actors import Actor
from apps.workflows.manifest import IntakePart, Manifest, TypeThresholds
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release

Scope = Literal["overall", "per_type"]


class CannotStudy(ValueError):
    """The release has no answers to judge thresholds by. The message says why."""


class NothingToPropose(ValueError):
    """The cases do not support the promise, or the thresholds are what the release has."""


@dataclass(frozen=True)
class Counted:
    """What some thresholds would have decided alone, and how often wrongly."""

    taken: int
    wrong: int


@dataclass(frozen=True)
class TypeStudy:
    slug: str
    title: str
    threshold: float  # the release's own
    now: Counted
    finding: Finding
    overall: Counted  # with the threshold found for all types together

    @property
    def own(self) -> Counted:
        chosen = self.finding.chosen
        return Counted(chosen.taken, chosen.wrong) if chosen else Counted(0, 0)


@dataclass(frozen=True)
class Study:
    release: Release
    promise: Promise
    labelled_set: LabelledSet
    cases: int  # with a held-out answer
    by_rule: Counted  # those that a rule decides alone, in the automatic lane
    now: Counted
    finding: Finding  # of all types together
    points: list[Tested]  # the risk-coverage curve
    types: list[TypeStudy]

    @property
    def asked(self) -> int:
        """Cases in the automatic lane whose type the classifier decides."""
        return self.finding.cases

    @cached_property
    def per_type(self) -> Counted:
        """With a threshold for each type that supports the promise, and a person for the others."""
        return Counted(sum(each.own.taken for each in self.types), sum(each.own.wrong for each in self.types))

    @property
    def supported(self) -> list[TypeStudy]:
        return [each for each in self.types if each.finding.chosen]


def study(release: Release, promise: Promise) -> Study:
    """Raises CannotStudy."""
    manifest = manifest_of(release)
    classifier = manifest.intake.classifiers.get("case_type")
    if not classifier:
        raise CannotStudy(
            "This release has no classifier of case types: rules alone decide, and they need no threshold."
        )
    kept = answers_of(classifier)
    if kept is None:
        raise CannotStudy("The classifier of this release was trained before its held-out answers were kept.")
    labelled_set = LabelledSet.objects.filter(workflow=release.workflow, sha256=kept.labelled_set).first()
    if labelled_set is None:
        raise CannotStudy("The labelled set that this release's classifier learnt from belongs to another workflow.")
    taxonomy = TaxonomyVersion.objects.get(sha256=manifest.taxonomy).taxonomy()
    titles = {kind.slug: kind.title for kind in taxonomy.case_types if kind.lane == "automatic"}
    ruled = _decided_by_rule(taxonomy, labelled_set)
    spoken = [each for each in kept.answers if each.external_id not in ruled and each.in_scope and each.label in titles]
    by_rule = [each for each in kept.answers if ruled.get(each.external_id) in titles]
    finding = find_threshold(*_columns(spoken), promise)
    types = [
        _of_type(slug, title, [each for each in spoken if each.label == slug], manifest.intake, finding)
        for slug, title in titles.items()
    ]
    return Study(
        release=release,
        promise=promise,
        labelled_set=labelled_set,
        cases=len(kept.answers),
        by_rule=Counted(len(by_rule), sum(ruled[each.external_id] != each.truth for each in by_rule)),
        now=Counted(sum(each.now.taken for each in types), sum(each.now.wrong for each in types)),
        finding=finding,
        points=curve(*_columns(spoken), promise),
        types=types,
    )


def calibration_of(release: Release) -> Calibration | None:
    """How the classifier of case types was calibrated, and against what; None where there was no choice yet."""
    data = artefacts.find(manifest_of(release).intake.classifiers.get("case_type", ""))
    return Artefact.from_bytes(data).calibration if data else None


@transaction.atomic
def propose_thresholds(*, actor: Actor, release: Release, promise: Promise, scope: Scope) -> Release:
    """A candidate that differs from `release` in its thresholds alone. Raises CannotStudy and NothingToPropose."""
    found = study(release, promise)
    intake = with_thresholds(manifest_of(release).intake, found, scope)
    manifest = manifest_of(release).model_copy(update={"intake": intake})
    if manifest.fingerprint == release.pk:
        raise NothingToPropose("These are the thresholds that the release has already.")
    candidate = create_release(actor=actor, workflow=release.workflow, manifest=manifest, note=_note(found, scope))
    record(
        actor=actor,
        action="thresholds.proposed",
        object=f"release:{candidate.pk}",
        workflow=release.workflow.slug,
        after=_evidence(found, scope, manifest),
    )
    return candidate


def _decided_by_rule(taxonomy: Taxonomy, labelled_set: LabelledSet) -> Mapping[str, str]:
    """External id → the type that a rule says; "" where rules say several, so that a person is asked."""
    decided = {}
    for case in labelled_set.cases.filter(erased_at=None).exclude(split=LabelledCase.Split.HOLDOUT):
        rule = match_case_type(taxonomy, text_of(case))
        if rule:
            decided[case.external_id] = "" if rule.also else rule.case_type
    return decided


def _of_type(slug: str, title: str, answers: list[Answer], intake: IntakePart, overall: Finding) -> TypeStudy:
    own = intake.per_type.get(slug)
    threshold = float(own.high if own else intake.high)
    return TypeStudy(
        slug=slug,
        title=title,
        threshold=threshold,
        now=_count(answers, threshold),
        finding=find_threshold(*_columns(answers), overall.promise),
        overall=_count(answers, overall.threshold),
    )


def _count(answers: list[Answer], threshold: float) -> Counted:
    taken = [each for each in answers if each.probability >= threshold]
    return Counted(len(taken), sum(each.label != each.truth for each in taken))


def _columns(answers: list[Answer]) -> tuple[np.ndarray, np.ndarray]:
    return (
        np.array([each.probability for each in answers], float),
        np.array([each.label == each.truth for each in answers], bool),
    )


def with_thresholds(intake: IntakePart, found: Study, scope: Scope) -> IntakePart:
    """Types that cannot vouch for the promise go to a person when each type has its own threshold."""
    if not (found.finding.chosen if scope == "overall" else found.supported):
        raise NothingToPropose(
            f"{found.asked} cases do not support “{found.promise}”{' for any type' if scope == 'per_type' else ''}."
        )
    if scope == "overall":
        high = found.finding.threshold
        return intake.model_copy(update={"high": _stored(high), "medium": _medium(high), "per_type": {}})
    own = {
        each.slug: TypeThresholds(high=_stored(each.finding.threshold), medium=_medium(each.finding.threshold))
        for each in found.types
    }
    return intake.model_copy(update={"per_type": own})


def _stored(threshold: float) -> str:
    return f"{threshold:.{DIGITS}f}"


def _medium(high: float) -> str:
    """Below one half, a calibrated answer is likelier wrong than right."""
    return _stored(min(0.5, high))


def _note(found: Study, scope: Scope) -> str:
    which = "one threshold for all types" if scope == "overall" else "a threshold for each type"
    return f"Thresholds of {found.release.label} for {found.promise} in the automatic lane: {which}."


def _evidence(found: Study, scope: Scope, manifest: Manifest) -> dict[str, Json]:
    proposed = found.finding.chosen if scope == "overall" else None
    counted = Counted(proposed.taken, proposed.wrong) if proposed else found.per_type
    return {
        "instead_of": found.release.pk,
        "risk": str(found.promise.risk),
        "confidence": str(found.promise.confidence),
        "labelled_set": found.labelled_set.sha256,
        "cases": found.asked,
        "taken": counted.taken,
        "wrong": counted.wrong,
        "high": manifest.intake.high,
        "per_type": {slug: own.high for slug, own in manifest.intake.per_type.items()},
    }
