"""A draft becomes a version: complete, checked for leaks, split, hashed, and signed by the decision owner."""

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.evaluations.coverage import LEAST
from apps.evaluations.drafts import locked
from apps.evaluations.judgement import LEAST_CASES
from apps.evaluations.labelled_sets import sha256_of
from apps.evaluations.leakage import is_checked, splits_planned
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.evaluations.services import set_frozen
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of
from apps.workflows.models import Workflow


class FreezeRefused(ValueError):
    """The set was not frozen or signed. The message says what stands in the way."""


def obstacles(labelled_set: LabelledSet) -> list[str]:
    """What must be done before the set can be frozen and signed, in words. Empty when nothing is in the way."""
    cases = labelled_set.cases.filter(erased_at=None)
    unanswered = cases.filter(expected={}, disputed=False).count()
    disputed = cases.filter(disputed=True).count()
    leaks = labelled_set.leaks.filter(accepted_at=None).count()
    said = {
        "There are no cases in it.": not cases.exists(),
        f"{_cases(unanswered)} without a complete label.": bool(unanswered),
        f"{_cases(disputed)} on which labels disagree: adjudicate them.": bool(disputed),
        "It was not searched for duplicates and leaks since it last changed.": not is_checked(labelled_set),
        f"{leaks} duplicate{'s' if leaks > 1 else ''} or leak{'s' if leaks > 1 else ''} that nobody accepted.": bool(
            leaks
        ),
    }
    return [words for words, applies in said.items() if applies]


def warnings(labelled_set: LabelledSet) -> list[str]:
    """What should give the owner pause and does not stop them, in words."""
    answered = labelled_set.cases.exclude(expected={}).count()
    held_out = sum(split == LabelledCase.Split.HOLDOUT for split in splits_planned(labelled_set).values())
    said = {
        f"Only {_cases(answered)} of the {LEAST} that a set should have: the intervals of whatever is measured on it "
        f"will be wide.": answered < LEAST,
        f"{_cases(held_out)} held out, and the gate gives no verdict on fewer than {LEAST_CASES}: no release can be "
        f"promoted by this version.": held_out < LEAST_CASES,
    }
    return [words for words, applies in said.items() if applies]


@transaction.atomic
def freeze(*, actor: Actor, draft: LabelledSet, note: str = "") -> LabelledSet:
    """Make the draft the next version, split and signed by the decision owner. Raises FreezeRefused, DraftRefused."""
    _require_owner(actor)
    Workflow.objects.select_for_update().get(pk=draft.workflow_id)
    draft = locked(draft)
    _require_ready(draft)
    splits = splits_planned(draft)
    cases = list(draft.cases.all())
    for case in cases:
        case.split = splits[case.external_id]
    LabelledCase.objects.bulk_update(cases, ["split"])
    sha256 = sha256_of(cases)
    same = draft.workflow.labelled_sets.filter(state=LabelledSet.State.FROZEN, sha256=sha256).first()
    if same:
        raise FreezeRefused(f"It says what version {same.version} says already. There is nothing to freeze.")
    warned = warnings(draft)
    set_frozen(draft, sha256)
    record(
        actor=actor,
        action="labelled_set.frozen",
        object=f"labelled_set:{draft.pk}",
        workflow=draft.workflow.slug,
        after={"name": draft.name, "version": draft.version, "sha256": sha256, "cases": len(cases), "warned": warned},
    )
    return _signed(actor, draft, note)


@transaction.atomic
def sign_off(*, actor: Actor, labelled_set: LabelledSet, note: str = "") -> LabelledSet:
    """Sign a version that came frozen, as an import does: releases are measured on it from now on.

    Raises FreezeRefused.
    """
    _require_owner(actor)
    held = LabelledSet.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=labelled_set.pk)
    if held.state != LabelledSet.State.FROZEN or held.signed_off_at:
        raise FreezeRefused("Only a frozen version is signed, and only once.")
    _require_ready(held)
    return _signed(actor, held, note)


def _signed(actor: Actor, labelled_set: LabelledSet, note: str) -> LabelledSet:
    labelled_set.signed_off_at, labelled_set.signed_off_by = timezone.now(), actor.id
    labelled_set.signed_off_name, labelled_set.signed_off_note = actor.name, note.strip()
    labelled_set.save(update_fields=["signed_off_at", "signed_off_by", "signed_off_name", "signed_off_note"])
    record(
        actor=actor,
        action="labelled_set.signed_off",
        object=f"labelled_set:{labelled_set.pk}",
        workflow=labelled_set.workflow.slug,
        reason=labelled_set.signed_off_note,
        after={"version": labelled_set.version, "sha256": labelled_set.sha256},
    )
    return labelled_set


def _require_owner(actor: Actor) -> None:
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise FreezeRefused("Only a decision owner freezes and signs a labelled set.")


def _require_ready(labelled_set: LabelledSet) -> None:
    in_the_way = obstacles(labelled_set)
    if in_the_way:
        raise FreezeRefused(" ".join(in_the_way))


def _cases(count: int) -> str:
    return f"{count} case{'' if count == 1 else 's'}"
