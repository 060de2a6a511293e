"""Reads labelled sets for people: versions of each workflow, and the cases of one as far as somebody may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from urllib.parse import urlencode

from django.db.models import Count, Q, QuerySet
from django.db.models.fields.json import KT

from apps.evaluations.coverage import LEAST
from apps.evaluations.looks import is_closed, worn
from apps.evaluations.models import Label, LabelledCase, LabelledSet
from apps.tenants.actors import Actor
from apps.workflows.models import Workflow

STATES = {"open": "To be labelled", "disputed": "Labels disagree", "answered": "Answered"}


@dataclass(frozen=True)
class Version:
    of: LabelledSet
    cases: int
    answered: int
    disputed: int
    looks: int

    @property
    def to_go(self) -> int:
        return max(0, LEAST - self.answered)


@dataclass(frozen=True)
class Card:
    """A workflow's versions, newest first, with the draft before them."""

    workflow: Workflow
    draft: Version | None
    frozen: list[Version]


def cards() -> list[Card]:
    counted = LabelledSet.objects.select_related("workflow").annotate(
        count=Count("cases"),
        answered=Count("cases", filter=~Q(cases__expected={})),
        disputed=Count("cases", filter=Q(cases__disputed=True)),
    )
    versions: dict[int, list[Version]] = {}
    for each in counted.order_by("-version", "-created_at"):
        looks = worn(each)[0]
        versions.setdefault(each.workflow_id, []).append(Version(each, each.count, each.answered, each.disputed, looks))
    made = []
    for workflow in Workflow.objects.all():
        own = versions.get(workflow.pk, [])
        draft = next((each for each in own if each.of.state == LabelledSet.State.DRAFT), None)
        made.append(Card(workflow, draft, [each for each in own if each.of.state == LabelledSet.State.FROZEN]))
    return made


@dataclass(frozen=True)
class Row:
    """A case in a list. `text` and `case_type` are "" where this person is not (yet) to see them."""

    case: LabelledCase
    text: str
    case_type: str
    labels: int
    closed: bool  # a holdout case, shown only to those who say that they want to look


@dataclass(frozen=True)
class CaseFilter:
    """Which cases of a set are asked for. Empty means all. Travels in the address."""

    q: str = ""
    split: str = ""
    case_type: str = ""
    state: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "CaseFilter":
        return cls(**{each.name: query.get(each.name, "").replace("\x00", "").strip()[:200] for each in fields(cls)})

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def rows(self, cases: Sequence[LabelledCase], actor: Actor) -> list[Row]:
        mine = set(
            Label.objects.filter(labelled_case__in=cases, labeller_id=actor.id)
            .exclude(completed_at=None)
            .values_list("labelled_case_id", flat=True)
        )
        return [_row(case, seen=case.given or case.pk in mine or _frozen(case)) for case in cases]


def found_cases(labelled_set: LabelledSet, asked: CaseFilter) -> QuerySet[LabelledCase]:
    """By id. Words are looked for in ids and in the texts that are open; a holdout case's words are not told by it."""
    cases = labelled_set.cases.select_related("labelled_set").annotate(
        count=Count("labels", filter=Q(labels__completed_at__isnull=False)), words=KT("submission__text")
    )
    if asked.q:
        in_text = Q(words__icontains=asked.q) & ~Q(split=LabelledCase.Split.HOLDOUT)
        cases = cases.filter(Q(external_id__icontains=asked.q) | in_text)
    if asked.split in LabelledCase.Split.values:
        cases = cases.filter(split=asked.split)
    if asked.case_type:
        told = Q() if labelled_set.state == LabelledSet.State.FROZEN else Q(given=True)  # nor what one person said
        cases = cases.filter(told, expected__case_type=asked.case_type)
    states = {
        "open": Q(expected={}, disputed=False, erased_at=None),
        "disputed": Q(disputed=True),
        "answered": ~Q(expected={}),
    }
    return cases.filter(states.get(asked.state, Q())).order_by("external_id")


def beginning(case: LabelledCase) -> str:
    return str(case.submission.get("subject") or case.submission.get("text", ""))[:140]


def _frozen(case: LabelledCase) -> bool:
    return case.labelled_set.state == LabelledSet.State.FROZEN


def _row(case: LabelledCase, *, seen: bool) -> Row:
    closed = is_closed(case)
    return Row(
        case=case,
        text="" if closed else "Erased: its person was forgotten" if case.erased_at else beginning(case),
        case_type=case.expected.get("case_type", "").replace("_", " ") if seen else "",
        labels=getattr(case, "count", 0),
        closed=closed,
    )
