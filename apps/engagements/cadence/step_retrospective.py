"""Once a quarter: what was released and taken back, what went wrong, what a case cost, and what may be retired."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count
from django.urls import reverse

from apps.cases.models import Case
from apps.cases.statements import execute
from apps.corpora.models import Document
from apps.engagements.cadence.calendar_of_run import QUARTER, occurrences
from apps.engagements.cadence.ritual_steps import Link, Occasion, Step, Table, told
from apps.engagements.cadence.step_metrics import in_words
from apps.engagements.engagement_models import Engagement
from apps.evaluations.coverage import taxonomy_for
from apps.insights.facts import Facts, facts
from apps.insights.kpis import of
from apps.insights.rates import rate_in_force
from apps.workflows.history import events
from apps.workflows.models import Notice

CITED = """
SELECT DISTINCT split_part(passage #>> '{}', '#', 1) AS source
FROM cases_step AS step JOIN cases_case AS c ON c.id = step.case_id,
     jsonb_path_query(step.result, '$.claims[*].citations[*].passage') AS passage
WHERE c.workflow_id = %(workflow)s AND c.closed_at >= %(begin)s AND c.closed_at < %(end)s AND step.layer = 'action'
"""
RARE = 5  # cases a quarter
MOST = 40


def steps(occasion: Occasion) -> list[Step]:
    return [
        Step(
            "releases",
            "Releases and moves",
            "Which change was worth it, and which was not?",
            [_releases(occasion)],
            [Link("Releases", reverse("releases")), Link("Traffic", reverse("traffic"))],
        ),
        Step(
            "incidents",
            "Incidents, and the cadence itself",
            "What would have caught each of them earlier?",
            [_incidents(occasion), _cadence(occasion)],
            [Link("Audit log", reverse("log"))],
        ),
        Step(
            "cost",
            "Cost of a case",
            "Where does the money go, and is each layer still worth what it costs?",
            _costs(occasion),
            [Link("Insights", "/insights/")],
        ),
        Step(
            "retire",
            "What to retire",
            "Which documents, types or releases go, and which new one is missing?",
            [_documents(occasion), _types(occasion)],
            [Link("Corpus", reverse("corpus")), Link("Taxonomy", reverse("taxonomy"))],
        ),
    ]


def _quarter(occasion: Occasion) -> tuple[datetime, datetime]:
    end = datetime.combine(occasion.day, time(), UTC)
    return end - QUARTER, end


def _said(occasion: Occasion) -> str:
    begin, end = _quarter(occasion)
    return f"{begin:%d %b} to {end - timedelta(days=1):%d %b %Y}"


def _releases(occasion: Occasion) -> Table:
    begin, end = _quarter(occasion)
    found = [each for each in events(occasion.workflow) if begin <= each.at < end]
    rows = [
        [f"{each.at:%d %b}", each.title, each.release.label if each.release else "", each.text, each.who]
        for each in found[:MOST]
    ]
    counts = Counter(each.title.lower() for each in found)
    note = f"{_said(occasion)}: {told(counts)}." if found else f"{_said(occasion)}: nothing was released or moved."
    return Table("What was done", ("On", "What", "Release", "Why", "Who"), rows, note)


def _incidents(occasion: Occasion) -> Table:
    begin, end = _quarter(occasion)
    notices = Notice.objects.filter(workflow=occasion.workflow, created_at__gte=begin, created_at__lt=end)
    rows = [
        [f"{each.created_at:%d %b}", each.get_kind_display(), each.text, each.seen_name or "nobody has seen it"]
        for each in notices[:MOST]
    ]
    note = f"{_said(occasion)}: {notices.count():,} notices to the decision owner."
    return Table("Notices", ("On", "Kind", "What happened", "Seen by"), rows, note)


def _cadence(occasion: Occasion) -> Table:
    engagement = Engagement.objects.get(workflow=occasion.workflow)
    begin, end = (each.date() for each in _quarter(occasion))
    counts: dict[str, Counter[str]] = {}
    for each in occurrences(engagement, begin, end - timedelta(days=1)):
        counts.setdefault(each.title, Counter())[each.words] += 1
    rows = [[title, f"{found.total():,}", told(found)] for title, found in counts.items()]
    note = "" if rows else "No ritual was due in this quarter."
    return Table("The cadence", ("Ritual", "Due", "Of these"), rows, note)


def _costs(occasion: Occasion) -> list[Table]:
    begin, end = _quarter(occasion)
    found = facts(occasion.workflow, begin.date(), end.date() - timedelta(days=1))
    rate = rate_in_force(occasion.workflow)
    months = [(f"{first:%d %b} to {last:%d %b}", part) for first, last, part in _thirds(found, begin.date())]
    labels = dict(occasion.workflow.releases.values_list("pk", "label"))
    releases = [(labels.get(pk, pk[:6]), part) for pk, part in found.by("release")]
    types = [(occasion.title(slug), part) for slug, part in found.by("case_type")]
    note = "Models and people, of the cases that closed; with 95 % intervals."
    return [
        _cost_table("By thirds of the quarter", "Weeks", months, rate, note),
        _cost_table("By release", "Release", releases, rate, note),
        _cost_table("By case type", "Case type", types, rate, note),
    ]


def _cost_table(title: str, first: str, parts: list[tuple[str, Facts]], rate: float | None, note: str) -> Table:
    rows = []
    for name, part in parts[:MOST]:
        made = of(part, rate)
        rows.append([name, f"{len(part):,}", in_words(made["cost_per_case"]), in_words(made["automation"])])
    columns = (first, "Cases", "Cost of a case", "Cleared automatically")
    return Table(title, columns, rows, note if rows else "No case closed in the quarter.")


def _thirds(found: Facts, begin: date) -> list[tuple[date, date, Facts]]:
    """First and last day of each: whole weeks, but where the quarter begins and ends."""
    end = begin + QUARTER - timedelta(days=1)
    weeks = found.weeks(begin, end)
    parts = [weeks[:5], weeks[5:9], weeks[9:]]
    return [
        (max(part[0][0], begin), min(part[-1][0] + timedelta(days=6), end), _joined(found, part[0][0], part[-1][0]))
        for part in parts
        if part
    ]


def _joined(found: Facts, first: date, last: date) -> Facts:
    epoch = date(1970, 1, 1)
    return found.where((found.week >= (first - epoch).days) & (found.week <= (last - epoch).days))


def _documents(occasion: Occasion) -> Table:
    begin, end = _quarter(occasion)
    values = {"workflow": occasion.workflow.pk, "begin": begin, "end": end}
    cited = {row["source"] for row in execute(CITED, values)}
    current = Document.objects.filter(corpus__scratch=False, valid__upper_inf=True, created_at__lt=end).defer("text")
    unused = [each for each in current.order_by("title") if each.slug not in cited]
    rows = [[each.title, each.owner, f"{each.passage_count}"] for each in unused[:MOST]]
    note = f"{len(unused)} of {current.count()} documents were cited by no draft of a case that closed in the quarter."
    return Table("Documents that nothing cites", ("Document", "Owner", "Passages"), rows, note)


def _types(occasion: Occasion) -> Table:
    begin, end = _quarter(occasion)
    taxonomy = taxonomy_for(occasion.workflow)
    if taxonomy is None:
        return Table("Case types", (), (), "There is no taxonomy yet.")
    came = Case.objects.filter(workflow=occasion.workflow, admitted_at__gte=begin, admitted_at__lt=end)
    counts = Counter(dict(came.order_by().values_list("case_type").annotate(Count("pk"))))
    rare = [kind for kind in taxonomy.case_types if counts[kind.slug] < RARE]
    rows = [[kind.title, f"{counts[kind.slug]}"] for kind in rare]
    note = f"{len(rare)} of {len(taxonomy.case_types)} types had fewer than {RARE} of the {counts.total():,} cases."
    return Table("Case types that hardly come", ("Case type", "Cases"), rows, note)
