"""Forgetting: a case is blanked, a person's key destroyed, and the log says that it was done and nothing of whom.

What goes and what stays is in the inventory. Everything happens in one transaction, or nothing does.
"""

from collections.abc import Collection
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from apps.audit.commitments import destroy_key
from apps.audit.entries import record, timestamp
from apps.audit.models import SubjectKey
from apps.cases.models import Case, Subject
from apps.compliance.inventory import PLACES, Fate, Of, Place
from apps.compliance.models import DataRequest, ErasedCase, LegalHold
from apps.compliance.references import clear_references, count_references
from apps.connectors.models import Effect
from apps.evaluations.erasure import erase_from_sets, labelled_about
from apps.tenants.actors import Actor

FORGOTTEN = "forgotten:"  # how the reference of somebody begins who has been forgotten
UNSETTLED = (Effect.State.PLANNED, Effect.State.SENT, Effect.State.UNKNOWN)
Ids = Collection[UUID]


class Stays(ValueError):
    """Nothing was erased. `obstacles` are sentences that say what stands in the way, and what to do about it."""

    def __init__(self, obstacles: list[str]) -> None:
        super().__init__(" ".join(obstacles))
        self.obstacles = obstacles


class Line(TypedDict):
    title: str
    fate: str
    rows: int


class Certificate(TypedDict):
    subject: str
    at: str
    entry: str  # id of the log's entry
    leaf: str  # its hash, hex
    key: str  # when it was destroyed, or "" where there never was one
    gone: list[Line]


def is_forgotten(subject: Subject) -> bool:
    return subject.reference.startswith(FORGOTTEN)


def obstacles(subject: Subject) -> list[str]:
    """Why the person cannot be forgotten now; empty when they can."""
    if is_forgotten(subject):
        return ["This person has been forgotten already."]
    holds = LegalHold.objects.filter(subject=subject, lifted_at=None)
    found = [
        f"A legal hold stands for “{hold.matter}”, placed by {hold.placed_name} on {hold.placed_at:%d %b %Y}. "
        "It is lifted first, or the request is refused."
        for hold in holds
    ]
    waiting = Case.objects.filter(subject=subject).exclude(state=Case.State.CLOSED).order_by("number")
    found += [f"{case.number} is still in work. It is decided first, or rejected." for case in waiting[:5]]
    unsettled = Effect.objects.filter(subject_id=subject.pk, state__in=UNSETTLED)
    found += [f"“{effect.summary}” has not been settled in {effect.system_id}." for effect in unsettled[:5]]
    return found


def preview(subject: Subject) -> list[Line]:
    """What would go, place by place, with how many rows each has now."""
    cases = _cases(subject)
    elsewhere = count_references(subject.reference, subject.pk) | {
        "evaluations.LabelledCase": labelled_about(subject.pk).count(),
        "audit.SubjectKey": SubjectKey.objects.filter(pk=subject.pk, wrapped__isnull=False).count(),
        "cases.Subject": int(not is_forgotten(subject)),
    }
    counted = {
        place: place.rows(cases if place.of is Of.CASE else [subject.pk]).count() for place in PLACES if place.by
    }
    return _lines(counted | {place: elsewhere.get(place.model, 0) for place in PLACES if place.fate is Fate.ELSEWHERE})


def staying() -> list[Place]:
    """What stays of anybody, with the reason."""
    return [place for place in PLACES if place.fate is Fate.STAYS and place.title]


@transaction.atomic
def erase_cases(
    *, actor: Actor, cases: Ids, reason: str, request: DataRequest | None = None, key_goes: bool = False
) -> dict[Place, int]:
    """Blank closed cases. Returns the rows that changed, by place. Raises IntegrityError where a hold stands.

    `reason` goes into the log, so it speaks of no one. What is sealed stays, unreadable, if the key goes as well.
    """
    ErasedCase.objects.bulk_create(
        [ErasedCase(case_id=case, reason=reason, request=request) for case in sorted(cases)], ignore_conflicts=True
    )
    changed = _empty(Of.CASE, cases) | _let_go_of_exchanges(cases, key_goes=key_goes)
    for case, subject in Case.objects.filter(pk__in=cases).order_by("pk").values_list("pk", "subject"):
        record(
            actor=actor,
            action="case.erased",
            object=f"case:{case}",
            case=case,
            subject=str(subject),
            reason=reason,
        )
    return changed


@transaction.atomic
def forget_person(*, actor: Actor, subject: Subject, reason: str, request: DataRequest | None = None) -> Certificate:
    """Blank all of a person's cases, take them out of everything else and destroy their key. Raises Stays."""
    subject = Subject.objects.select_for_update().get(pk=subject.pk)
    if found := obstacles(subject):
        raise Stays(found)
    changed = erase_cases(actor=actor, cases=_cases(subject), reason=reason, request=request, key_goes=True)
    changed |= _empty(Of.PERSON, [subject.pk])
    elsewhere = clear_references(subject.reference, subject.pk)
    elsewhere["evaluations.LabelledCase"] = erase_from_sets(actor=actor, subject=subject.pk, reason=reason)
    subject.reference = f"{FORGOTTEN}{subject.pk}"
    subject.save(update_fields=["reference"])
    elsewhere["cases.Subject"] = 1
    elsewhere["audit.SubjectKey"] = int(destroy_key(actor=actor, subject=subject.pk, reason=reason))
    changed |= {place: elsewhere.get(place.model, 0) for place in PLACES if place.fate is Fate.ELSEWHERE}
    lines = _lines(changed)
    entry = record(
        actor=actor,
        action="person.forgotten",
        object=f"subject:{subject.pk}",
        subject=str(subject.pk),
        reason=reason,
        after={line["title"]: line["rows"] for line in lines},
    )
    destroyed = SubjectKey.objects.filter(pk=subject.pk).values_list("destroyed_at", flat=True).first()
    return {
        "subject": str(subject.pk),
        "at": timestamp(entry.at),
        "entry": str(entry.id),
        "leaf": entry.leaf.hex(),
        "key": timestamp(destroyed) if destroyed else "",
        "gone": lines,
    }


def _cases(subject: Subject) -> list[UUID]:
    return list(Case.objects.filter(subject=subject).order_by("pk").values_list("pk", flat=True))


def _empty(of: Of, ids: Ids) -> dict[Place, int]:
    """Empty or remove what the inventory says, in the caller's transaction, which records it."""
    changed: dict[Place, int] = {}
    for place in PLACES:
        if place.of is of and place.fate is Fate.REMOVED:
            changed[place] = place.rows(ids).delete()[0]
        elif place.of is of and place.fate is Fate.EMPTIED:
            changed[place] = place.rows(ids).update(**place.empty())
    return changed


def _let_go_of_exchanges(cases: Ids, *, key_goes: bool) -> dict[Place, int]:
    """Exchanges of the cases, gone or about to be unreadable, in the caller's transaction, which records it."""
    place = next(place for place in PLACES if place.fate is Fate.UNREADABLE)
    rows = place.rows(cases)
    count = rows.count()
    (rows.filter(person=None) if key_goes else rows).delete()
    return {place: count}


def _lines(rows: dict[Place, int]) -> list[Line]:
    """In the inventory's order, by title; a place without one is counted with the place before it."""
    lines: list[Line] = []
    for place in PLACES:
        if place in rows and place.title:
            lines.append({"title": place.title, "fate": place.fate.value, "rows": rows[place]})
        elif place in rows:
            lines[-1]["rows"] += rows[place]
    return [line for line in lines if line["rows"]]
