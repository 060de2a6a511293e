"""Registers by case and person that examiners ask for: disclosures, interim versions, uses. Newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.models import Entry
from apps.audit.reads import CASE_READ
from apps.cases.models import Case, Step, Subject
from apps.compliance.evidence import Look
from apps.compliance.export_models import Export
from apps.connectors.models import Effect
from apps.reviews.models import Disposition
from apps.tenants.models import ApiKey

MOST = 500  # of one person


@dataclass(frozen=True)
class Disclosure:
    """Something about a person that left: when, to whom, and what."""

    at: datetime
    to: str
    what: str
    case: Case | None


@dataclass(frozen=True)
class Version:
    """A state that a case's answer once had, and that can be read still."""

    at: datetime
    what: str
    by: str
    case: Case
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Use:
    """One use of the system as EU AI Act article 12(3) asks: period, reference data, input, who verified."""

    case: Case
    begin: datetime
    end: datetime
    reference: str
    verified_by: str


def disclosures_of(subject: Subject) -> list[Disclosure]:
    """What was sent to systems of record and to the person, read by programs, and taken away in exports."""
    cases = {case.pk: case for case in Case.objects.filter(subject=subject).only("number", "subject_id")}
    found = [*_sent(subject, cases), *_read_by_programs(cases), *_exported(subject, cases)]
    return sorted(found, key=lambda each: each.at, reverse=True)[:MOST]


def _sent(subject: Subject, cases: Mapping[UUID, Case]) -> list[Disclosure]:
    sent = Effect.objects.filter(subject_id=subject.pk, sent_at__isnull=False).select_related("system")[:MOST]
    return [
        Disclosure(effect.sent_at, effect.system.title, effect.summary or effect.operation, cases.get(effect.case_id))
        for effect in sent
        if effect.sent_at is not None
    ]


def _read_by_programs(cases: Mapping[UUID, Case]) -> list[Disclosure]:
    """As the log has it: once for each case, part and quarter of an hour."""
    objects = {f"case:{case_id}": case for case_id, case in cases.items()}
    looks = Entry.objects.filter(action=CASE_READ, object__in=objects, actor__startswith="key:").order_by("-id")[:MOST]
    names = {f"key:{key.pk}": key.name for key in ApiKey.objects.all()}
    return [
        Disclosure(look.at, names.get(look.actor, look.actor), "Read by a program", objects[look.object])
        for look in looks
    ]


def _exported(subject: Subject, cases: Mapping[UUID, Case]) -> list[Disclosure]:
    """Exports of this person or of one of their cases that somebody downloaded. They hold digests and no words."""
    about = {str(subject.pk), *map(str, cases)}
    taken = Export.objects.filter(downloads__gt=0, scope__id__in=about, finished_at__isnull=False)[:MOST]
    return [
        Disclosure(
            each.finished_at,
            each.created_name,
            f"Export of the log, downloaded {each.downloads} times",
            cases.get(UUID(each.scope["id"])),
        )
        for each in taken
        if each.finished_at is not None
    ]


def versions_of(case: Case) -> list[Version]:
    """Each draft that a layer made and each text that a person sent or took back, the oldest first."""
    drafts = [
        Version(
            step.started_at, f"Draft {step.revision}", "the action layer", case, _texts(step.result.get("claims", ()))
        )
        for step in Step.objects.filter(case=case, layer="action")
    ]
    decided = [
        Version(
            each.created_at,
            each.get_kind_display() + (", taken back" if each.undone_at else ""),
            each.reviewer_name,
            case,
            _texts(each.claims),
        )
        for each in Disposition.objects.filter(case=case)
    ]
    return sorted([*drafts, *decided], key=lambda each: each.at)


def changed_cases(look: Look) -> QuerySet[Case]:
    """Cases with more than the first draft: drafted again, edited, or with a decision that was taken back."""
    again = Step.objects.filter(layer="action", revision__gt=1, started_at__gte=look.begin, started_at__lt=look.end)
    decided = Disposition.objects.filter(created_at__gte=look.begin, created_at__lt=look.end)
    edited = decided.filter(kind=Disposition.Kind.EDIT) | decided.filter(undone_at__isnull=False)
    found = Case.objects.filter(pk__in=again.values("case")) | Case.objects.filter(pk__in=edited.values("case"))
    return found.order_by("-received_at", "-id")


def used_cases(look: Look) -> QuerySet[Case]:
    return Case.objects.filter(admitted_at__gte=look.begin, admitted_at__lt=look.end).order_by("-admitted_at", "-id")


def uses_of(cases: list[Case]) -> list[Use]:
    """In the order given. Two queries however many there are."""
    steps: dict[Any, list[Step]] = {}
    for step in Step.objects.filter(case__in=cases).defer("result").order_by("started_at"):
        steps.setdefault(step.case_id, []).append(step)
    verified = {
        each.case_id: f"{each.reviewer_name}, {each.get_kind_display().lower()}"
        for each in Disposition.objects.filter(case__in=cases, kind__in=Disposition.FINAL, undone_at=None)
    }
    return [_use(case, steps.get(case.pk, []), verified) for case in cases]


def _use(case: Case, steps: list[Step], verified: Mapping[Any, str]) -> Use:
    begin = steps[0].started_at if steps else case.admitted_at
    end = case.closed_at or (steps[-1].started_at if steps else case.admitted_at)
    alone = "nobody: cleared automatically" if case.outcome == Case.Outcome.AUTOMATIC else "nobody yet"
    return Use(case, begin, end, case.release.label, verified.get(case.pk, alone))


def _texts(claims: Any) -> tuple[str, ...]:
    return tuple(claim["text"] for claim in claims if isinstance(claim, dict) and "text" in claim)
