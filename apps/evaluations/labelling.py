"""People label cases, each for themselves. Where they disagree, the decision owner adjudicates."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.audit.canonical import Json
from apps.audit.entries import record
from apps.evaluations.drafts import locked
from apps.evaluations.labels import Answers, Expected
from apps.evaluations.models import Label, LabelledCase, LabelledSet
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, capabilities_of

COMPARED = ("case_type", "urgency", "sentiment", "decision")  # what two people must agree on


class LabelRefused(ValueError):
    """The label was not kept. The message says why."""


class Outdated(LabelRefused):
    """A newer save of the same label is there already, from another window."""


@dataclass(frozen=True)
class Opinion:
    """What somebody, or the record that came with the case, says about it."""

    who: str
    expected: Expected


@transaction.atomic
def save_label(*, actor: Actor, case: LabelledCase, answers: Answers, revision: int, complete: bool) -> Label:
    """Keep what a person has said so far, and settle the case when they are done.

    `revision` is that of the save it builds on. Raises Outdated when that is not the newest, LabelRefused when a
    question is open although it should be complete, DraftRefused when the set is frozen.
    """
    locked(case.labelled_set)
    label, _ = Label.objects.select_for_update().get_or_create(
        labelled_case=case, labeller_id=actor.id, defaults={"labeller_name": actor.name}
    )
    if revision != label.revision:
        raise Outdated("This case was labelled by you in another window. Load it again to see what is there.")
    if complete and answers.missing():
        raise LabelRefused(f"Still open: {', '.join(answers.missing())}.")
    label.answers, label.revision = answers.model_dump(mode="json"), revision + 1
    label.completed_at = timezone.now() if complete else None
    label.save()
    record(
        actor=actor,
        action="label.completed" if complete else "label.saved",
        object=f"labelled_set:{case.labelled_set_id}/{case.external_id}",
        after=_in_clear(label.answers),
    )
    _settle(case)
    return label


@transaction.atomic
def adjudicate(*, actor: Actor, case: LabelledCase, expected: Expected, note: str) -> None:
    """Say what holds for a case that people disagree on. Only a decision owner may. Raises LabelRefused."""
    if Capability.RELEASES_PROMOTE not in capabilities_of(actor.role):
        raise LabelRefused("Only a decision owner decides between two labels.")
    if not note.strip():
        raise LabelRefused("Say why, in a sentence: it is what the next labeller learns from.")
    locked(case.labelled_set)
    case = LabelledCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    before = case.expected
    case.expected, case.disputed = expected.model_dump(mode="json"), False
    case.adjudicated_at, case.adjudicated_by, case.adjudicated_name = timezone.now(), actor.id, actor.name
    case.adjudication_note = note.strip()
    case.save()
    record(
        actor=actor,
        action="label.adjudicated",
        object=f"labelled_set:{case.labelled_set_id}/{case.external_id}",
        before=_in_clear(before),
        after=_in_clear(case.expected),
        reason=case.adjudication_note,
    )


def opinions_on(case: LabelledCase) -> list[Opinion]:
    """Completed labels in the order in which they were begun, after what came with the case."""
    came_with_it = (
        [Opinion("As it came", Expected.model_validate(case.expected))] if case.given and case.expected else []
    )
    labels = case.labels.exclude(completed_at=None)
    return came_with_it + [
        Opinion(label.labeller_name, Answers.model_validate(label.answers).expected()) for label in labels
    ]


def differences(opinions: Sequence[Opinion]) -> list[str]:
    """The questions on which the opinions are not one."""
    return [tag for tag in COMPARED if len({getattr(each.expected, tag) for each in opinions}) > 1]


def label_of(case: LabelledCase, actor: Actor) -> Label | None:
    return case.labels.filter(labeller_id=actor.id).first()


def may_see_answers(case: LabelledCase, actor: Actor) -> bool:
    """Nobody sees what others said before they have said it themselves; the owner sees what they must decide on."""
    frozen = case.labelled_set.state == LabelledSet.State.FROZEN
    adjudicating = case.disputed and Capability.RELEASES_PROMOTE in capabilities_of(actor.role)
    return frozen or adjudicating or case.labels.filter(labeller_id=actor.id).exclude(completed_at=None).exists()


def to_label(draft: LabelledSet, actor: Actor) -> QuerySet[LabelledCase]:
    """The draft's cases that this person is to label: those that nobody has, then those that one other person has.

    Cases that came with answers, or have two labels, need none.
    """
    mine = Label.objects.filter(labelled_case=OuterRef("pk"), labeller_id=actor.id, completed_at__isnull=False)
    labelled = draft.cases.annotate(count=Count("labels", filter=Q(labels__completed_at__isnull=False)))
    return labelled.filter(~Exists(mine), given=False, count__lt=2).order_by("count", "pk")


def _settle(case: LabelledCase) -> None:
    """The answer in force follows from the labels, unless it was adjudicated. The caller records the label."""
    case = LabelledCase.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if case.adjudicated_at:
        return
    opinions = opinions_on(case)
    case.disputed = bool(differences(opinions))
    if not case.given:
        agreed = opinions and not case.disputed
        case.expected = _together(opinions).model_dump(mode="json") if agreed else {}
    case.save(update_fields=["disputed", "expected"])


def _together(opinions: Sequence[Opinion]) -> Expected:
    """The first opinion, with the passages and points of all."""
    first = opinions[0].expected
    lists = {
        name: tuple(dict.fromkeys(item for each in opinions for item in getattr(each.expected, name)))
        for name in ("passages", "must", "must_not")
    }
    return first.model_copy(update=lists)


def _in_clear(answers: dict[str, Json]) -> dict[str, Json]:
    """What the log may hold: tags and anchors. Points are free text about a person, and only counted."""
    counted: dict[str, Json] = {name: len(answers.get(name) or ()) for name in ("must", "must_not")}  # type: ignore[arg-type]
    return {name: value for name, value in answers.items() if name not in counted} | counted
