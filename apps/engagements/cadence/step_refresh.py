"""Wednesday: what changed in the sources, which passages were turned down, labels that wait, and the gate's queue."""

from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from apps.cases.models import Case
from apps.cases.models import Step as LayerStep
from apps.corpora.models import Document, Snapshot
from apps.engagements.cadence.candidates import candidates
from apps.engagements.cadence.ritual_steps import Link, Occasion, Step, Table, told
from apps.evaluations import proposals
from apps.evaluations.labelled_sets import draft_of
from apps.evaluations.models import LabelProposal
from apps.prompts.models import PromptVersion
from apps.reviews.models import Disposition
from apps.reviews.reasons import CODES

OF_SOURCES = ("wrong_source", "wrong_facts")  # reasons that speak of what the draft was made from
SOON = timedelta(days=30)
OLD = timedelta(days=365)
MOST = 30  # rows of a table


def steps(occasion: Occasion) -> list[Step]:
    return [
        Step(
            "sources",
            "Sources",
            "What has to be renewed, withdrawn or asked for, and by whom?",
            [_changed(occasion), _stale(occasion), _prompts(occasion)],
            [Link("Corpus", reverse("corpus")), Link("Prompts", reverse("prompts"))],
        ),
        Step(
            "passages",
            "Passages that reviewers turned down",
            "Is it the passage that is wrong, or how it was found?",
            [_turned_down(occasion)],
            [Link("Corpus", reverse("corpus"))],
        ),
        Step(
            "labels",
            "Labels",
            "Which corrections become labels, and is the set due for a new version?",
            [_labels(occasion)],
            [Link("Labelled sets", reverse("labelled_sets"))],
        ),
        Step(
            "candidates",
            "Candidates for the gate",
            "Which candidate goes to the gate, and which is given up?",
            [_candidates(occasion)],
            [Link("Evaluations", reverse("runs")), Link("Releases", reverse("releases"))],
        ),
    ]


def _documents() -> QuerySet[Document]:
    return Document.objects.filter(corpus__scratch=False).defer("text")


def _changed(occasion: Occasion) -> Table:
    begin, end = occasion.week_before
    new = _documents().filter(created_at__gte=begin, created_at__lt=end).order_by("-created_at")
    rows = [
        [
            each.title,
            f"version {each.version}",
            f"{each.passage_count} passages",
            each.owner,
            f"{each.created_at:%d %b}",
        ]
        for each in new[:MOST]
    ]
    snapshots = Snapshot.objects.filter(corpus__scratch=False, created_at__lte=occasion.now).order_by("-created_at")
    newest = snapshots.select_related("corpus").first()
    pinned = f" The newest snapshot is {newest}, of {newest.created_at:%d %b %Y}." if newest else ""
    note = f"{new.count()} documents came or were renewed in the seven days before.{pinned}"
    return Table("Came or renewed", ("Document", "State", "Size", "Owner", "On"), rows, note)


def _stale(occasion: Occasion) -> Table:
    """Of those in the newest state of each corpus."""
    day, rows = occasion.day, []
    current = list(_documents().filter(valid__upper_inf=True, created_at__lte=occasion.now).order_by("title"))
    for each in current:
        ends, begins = each.effective.upper, each.effective.lower
        if ends is not None and ends <= day + SOON:
            rows.append([each.title, each.owner, f"{'ended' if ends <= day else 'ends'} on {ends:%d %b %Y}"])
        elif begins is not None and begins <= day - OLD:
            rows.append([each.title, each.owner, f"unchanged since {begins:%d %b %Y}"])
    note = (
        f"{len(rows)} of {len(current)} documents have ended, end within {SOON.days} days, or have been in force "
        f"unchanged for more than {OLD.days} days."
    )
    return Table("Stale, or soon", ("Document", "Owner", "Why"), rows[:MOST], note)


def _prompts(occasion: Occasion) -> Table:
    begin, end = occasion.week_before
    new = PromptVersion.objects.filter(created_at__gte=begin, created_at__lt=end).order_by("-created_at")
    rows = [[str(each), f"{each.created_at:%d %b}"] for each in new[:MOST]]
    return Table("New prompts", ("Prompt", "On"), rows, f"{new.count():,} versions in the seven days before.")


def _turned_down(occasion: Occasion) -> Table:
    """Documents that the drafts cited which people changed or rejected for their sources or facts."""
    begin, end = occasion.week_before
    decided = Disposition.objects.filter(
        case__workflow=occasion.workflow, created_at__gte=begin, created_at__lt=end, undone_at=None,
        kind__in=(Disposition.Kind.EDIT, Disposition.Kind.REJECT),
    )  # fmt: skip
    about = list(decided.filter(reason_code__in=OF_SOURCES).values_list("case", "revision", "reason_code"))
    cited = _cited((case, revision) for case, revision, _ in about)
    counts: dict[str, Counter[str]] = {}
    for case, revision, reason in about:
        for source in cited.get((case, revision), ()):
            counts.setdefault(source, Counter())[CODES[reason].lower()] += 1
    titles = dict(_documents().filter(slug__in=counts).values_list("slug", "title"))
    ranked = sorted(counts.items(), key=lambda each: (-each[1].total(), each[0]))
    rows = [[titles.get(slug, slug), told(reasons)] for slug, reasons in ranked[:MOST]]
    note = (
        f"{len(about)} of {decided.count()} changed or rejected drafts of the seven days before were so for their "
        "sources or facts; counted is each document that such a draft cites."
    )
    return Table("By document", ("Document", "Drafts that cite it"), rows, note)


def _cited(of: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], set[str]]:
    wanted = set(of)
    steps_ = LayerStep.objects.filter(case__in={case for case, _ in wanted}, layer=Case.Layer.ACTION)
    found = {}
    for case, revision, claims in steps_.values_list("case_id", "revision", "result__claims"):
        if (case, revision) in wanted:
            passages = (cited["passage"] for claim in claims or () for cited in claim.get("citations", ()))
            found[case, revision] = {each.partition("#")[0] for each in passages}
    return found


def _labels(occasion: Occasion) -> Table:
    begin, end = occasion.week_before
    decided = LabelProposal.objects.filter(
        disposition__case__workflow=occasion.workflow, decided_at__gte=begin, decided_at__lt=end
    )
    taken, declined = (decided.filter(accepted=accepted).count() for accepted in (True, False))
    draft = draft_of(occasion.workflow)
    rows = [["Corrections taken as labels in the seven days before", f"{taken:,}"], ["Declined", f"{declined:,}"]]
    if not occasion.past:
        waiting = proposals.waiting(occasion.workflow).count()
        rows += [
            ["Decisions of reviewers that wait to be looked at as labels", f"{waiting:,}"],
            ["Draft of the next labelled set", f"{draft.cases.count():,} cases" if draft else "none is begun"],
        ]
    return Table("Proposals", ("What", "How many"), rows)


def _candidates(occasion: Occasion) -> Table:
    rows = [[each.release.label, each.release.note, each.standing] for each in candidates(occasion)]
    note = "Releases made since the one in production, whatever came of them." if rows else "No candidate is waiting."
    return Table("Since the release in production", ("Candidate", "What it changes", "Standing"), rows[:MOST], note)
