"""Looks for texts that would make a measurement lie: twice in a set, learnt from already, or standing in a prompt."""

import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

import numpy as np
import rfc8785
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from numpy.typing import NDArray

from apps.audit.entries import record
from apps.evaluations.labelled_sets import TRAINABLE, earlier_splits, text_of
from apps.evaluations.models import LabelledCase, LabelledSet, Leak
from apps.evaluations.splits import plan_splits
from apps.inference.local.encoder import default_encoder
from apps.inference.local.model_folder import ModelNotBuilt
from apps.prompts.models import PromptVersion
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.capabilities import Capability, capabilities_of

NEAR = 0.95  # cosine of two sentence vectors, from which on two texts say the same
IN_A_PROMPT = 40  # characters: a shorter text may stand in a prompt by chance
HERE, PROMPT = "in this set", "a prompt"
Split = LabelledCase.Split


class TextEncoder(Protocol):
    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class LeakNotAccepted(ValueError):
    """The message says why."""


@dataclass(frozen=True)
class Text:
    external_id: str
    split: str
    where: str  # HERE, or which version has trained on it
    words: str  # normalised
    original: str


def splits_planned(labelled_set: LabelledSet) -> dict[str, str]:
    """External id → split: as frozen, or as the draft would be frozen now."""
    cases = labelled_set.cases.values_list("external_id", "split", "expected__case_type")
    if labelled_set.state == LabelledSet.State.FROZEN:
        return {external_id: split for external_id, split, _ in cases}
    return plan_splits(
        {external_id: case_type or "" for external_id, _, case_type in cases}, earlier_splits(labelled_set.workflow)
    )


def content_sha256(labelled_set: LabelledSet) -> str:
    """Of everything that the search depends on in the set itself: texts and splits."""
    splits = splits_planned(labelled_set)
    rows = [[case.external_id, splits[case.external_id], text_of(case)] for case in labelled_set.cases.all()]
    return hashlib.sha256(rfc8785.dumps(rows)).hexdigest()


def is_checked(labelled_set: LabelledSet) -> bool:
    """Whether the last search looked at exactly these texts in these splits."""
    return bool(labelled_set.checked_at) and labelled_set.checked_sha256 == content_sha256(labelled_set)


@transaction.atomic
def ask_for_check(*, actor: Actor, labelled_set: LabelledSet) -> None:
    """Say that the search is to run. Whoever asks also sends the task."""
    labelled_set.check_asked_at, labelled_set.check_problem = timezone.now(), ""
    labelled_set.save(update_fields=["check_asked_at", "check_problem"])
    record(actor=actor, action="labelled_set.check_asked", object=f"labelled_set:{labelled_set.pk}")


def check(*, labelled_set: LabelledSet, encoder: TextEncoder, actor: Actor = SYSTEM) -> list[Leak]:
    """Search, and keep what was found. An acceptance stays where both texts are still the same."""
    sha256 = content_sha256(labelled_set)
    found = find_leaks(labelled_set, encoder)
    with transaction.atomic():
        held = LabelledSet.objects.select_for_update().get(pk=labelled_set.pk)
        known = {(leak.external_id, leak.other, leak.where): leak for leak in held.leaks.all()}
        for leak in found:
            _keep_acceptance(leak, known.get((leak.external_id, leak.other, leak.where)))
        held.leaks.all().delete()
        Leak.objects.bulk_create(found)
        held.checked_at, held.checked_sha256, held.check_asked_at = timezone.now(), sha256, None
        held.save(update_fields=["checked_at", "checked_sha256", "check_asked_at"])
        record(
            actor=actor,
            action="labelled_set.checked",
            object=f"labelled_set:{held.pk}",
            after={"texts": sha256, "leaks": len(found), "near": f"{NEAR:.2f}"},
        )
    return found


@transaction.atomic
def accept_leak(*, actor: Actor, leak: Leak, reason: str) -> None:
    """Live with a leak. Only a decision owner may, and says why. Raises LeakNotAccepted."""
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise LeakNotAccepted("Only a decision owner accepts a leak.")
    if not reason.strip():
        raise LeakNotAccepted("Say why the measurement can be trusted all the same.")
    leak.accepted_at, leak.accepted_by, leak.accepted_name = timezone.now(), actor.id, actor.name
    leak.accepted_reason = reason.strip()
    leak.save()
    record(
        actor=actor,
        action="leak.accepted",
        object=f"labelled_set:{leak.labelled_set_id}",
        reason=leak.accepted_reason,
        after={"case": leak.external_id, "other": leak.other, "where": leak.where, "cosine": str(leak.cosine)},
    )


def find_leaks(labelled_set: LabelledSet, encoder: TextEncoder) -> list[Leak]:
    splits = splits_planned(labelled_set)
    own = [_text(case, splits[case.external_id], HERE) for case in labelled_set.cases.filter(erased_at=None)]
    texts = own + _trained_on(labelled_set, {text.external_id for text in own})
    if not own:
        return []
    vectors = np.asarray(encoder.encode([text.original for text in texts]))
    leaks = [_leak(labelled_set, one, other, cosine) for one, other, cosine in _pairs(texts, len(own), vectors)]
    return [*leaks, *_in_prompts(labelled_set, own)]


def _trained_on(labelled_set: LabelledSet, own: set[str]) -> list[Text]:
    """What classifiers may have learnt from in other versions and that this one does not hold under the same id."""
    rows = (
        LabelledCase.objects.filter(
            labelled_set__workflow=labelled_set.workflow_id,
            labelled_set__state=LabelledSet.State.FROZEN,
            split__in=TRAINABLE,
        )
        .exclude(labelled_set=labelled_set)
        .exclude(external_id__in=own)
        .select_related("labelled_set")
        .order_by("labelled_set__version")
    )
    newest = {row.external_id: row for row in rows}
    return [_text(row, row.split, f"trained on in version {row.labelled_set.version}") for row in newest.values()]


def _pairs(texts: Sequence[Text], own: int, vectors: NDArray[Any]) -> Iterator[tuple[Text, Text, float]]:
    """Pairs that must not be, the set's own text first, each once."""
    cosines = vectors[:own] @ vectors.T
    words = np.unique([text.words for text in texts], return_inverse=True)[1]
    alike = (cosines >= NEAR) | (words[:own, None] == words[None, :])
    for row, column in zip(*np.nonzero(alike), strict=True):
        one, other = texts[row], texts[column]
        if row < column and _matters(one, other):
            yield one, other, 1.0 if one.words == other.words else float(min(cosines[row, column], 0.999))


def _matters(one: Text, other: Text) -> bool:
    """The same text twice always does; nearly the same only where the one is measured on and the other learnt from."""
    if other.where != HERE:
        return one.split == Split.HOLDOUT
    return one.words == other.words or one.split != other.split


def _in_prompts(labelled_set: LabelledSet, own: Sequence[Text]) -> Iterator[Leak]:
    prompts = [(f"{each.slug}, version {each.version}", normalised(each.text)) for each in PromptVersion.objects.all()]
    for text in own:
        if text.split != Split.TRAIN and len(text.words) >= IN_A_PROMPT:
            for name, words in prompts:
                if text.words in words:
                    yield _made(labelled_set, Leak.Kind.PROMPT, text, Text(name, "", PROMPT, words, words), 1.0)


def _leak(labelled_set: LabelledSet, one: Text, other: Text, cosine: float) -> Leak:
    kind = Leak.Kind.EXACT if one.words == other.words else Leak.Kind.NEAR
    return _made(labelled_set, kind, one, other, cosine)


def _made(labelled_set: LabelledSet, kind: Leak.Kind, one: Text, other: Text, cosine: float) -> Leak:
    both = hashlib.sha256(rfc8785.dumps([one.original, other.original, one.split, other.split])).hexdigest()
    return Leak(
        labelled_set=labelled_set,
        kind=kind,
        external_id=one.external_id,
        other=other.external_id,
        where=other.where,
        cosine=Decimal(f"{cosine:.3f}"),
        texts_sha256=both,
    )


def _keep_acceptance(leak: Leak, before: Leak | None) -> None:
    if before and before.accepted_at and before.texts_sha256 == leak.texts_sha256:
        leak.accepted_at, leak.accepted_by = before.accepted_at, before.accepted_by
        leak.accepted_name, leak.accepted_reason = before.accepted_name, before.accepted_reason


def _text(case: LabelledCase, split: str, where: str) -> Text:
    original = text_of(case)
    return Text(case.external_id, split, where, normalised(original), original)


def normalised(text: str) -> str:
    """Letters and digits only, in one case and one Unicode form, words apart by one blank."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(each if each.isalnum() else " " for each in folded).split())


def run_asked_check(labelled_set_id: int) -> None:
    """The search as a worker runs it. Without a text encoder it says so on the set instead."""
    labelled_set = LabelledSet.objects.select_related("workflow").filter(pk=labelled_set_id).first()
    if labelled_set is None or labelled_set.check_asked_at is None:
        return
    try:
        check(labelled_set=labelled_set, encoder=default_encoder(settings.MODEL_DIR))
    except ModelNotBuilt as error:
        _say_problem(labelled_set, str(error))


@transaction.atomic
def _say_problem(labelled_set: LabelledSet, problem: str) -> None:
    labelled_set.check_asked_at, labelled_set.check_problem = None, problem
    labelled_set.save(update_fields=["check_asked_at", "check_problem"])
    record(actor=SYSTEM, action="labelled_set.check_failed", object=f"labelled_set:{labelled_set.pk}", reason=problem)
