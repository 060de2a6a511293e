"""What the traffic page shows: the split, the last week's strip, the gauges. Positions are percent of the width."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection

from apps.evaluations.incumbents import previous_incumbent, standing_breach
from apps.evaluations.stop_conditions import in_production_since, incumbent_statuses, statuses
from apps.evaluations.widening import answers, next_step
from apps.portal.gauges import Gauge
from apps.portal.shadow_table import table_of
from apps.workflows import charters
from apps.workflows.models import Release, TrafficPlan, Workflow
from apps.workflows.traffic import Share, current_plan, shares_of, slice_of
from apps.workflows.warrants import valid_for

MOVES = 30  # shown
FLAGGED = 0.05  # of the drafts: more is shown as a warning

WEEK_SQL = """
SELECT count(DISTINCT case_id) AS cases,
       count(*) FILTER (WHERE layer = 'intake') AS intake,
       count(*) FILTER (WHERE layer = 'intake' AND result->'case_type'->>'band' = 'high') AS high,
       count(*) FILTER (WHERE layer = 'context') AS context,
       count(*) FILTER (WHERE layer = 'context' AND result @? '$.passages[0]') AS found,
       count(*) FILTER (WHERE layer = 'action') AS action,
       count(*) FILTER (WHERE layer = 'action'
           AND result @? '$.claims[*] ? (@.kind != "courtesy" && @.grounded == false)') AS flagged,
       count(*) FILTER (WHERE layer = 'review') AS review,
       count(*) FILTER (WHERE layer = 'review' AND result->>'route' = 'automatic') AS cleared,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds) FILTER (WHERE layer = 'intake') AS intake_p95,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds) FILTER (WHERE layer = 'context') AS context_p95,
       percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds) FILTER (WHERE layer = 'action') AS action_p95
FROM cases_step WHERE revision = 1 AND case_id IN
    (SELECT id FROM cases_case WHERE workflow_id = %(workflow)s AND admitted_at > now() - %(week)s::interval)
"""


@dataclass(frozen=True)
class Band:
    """One release in the picture of the split."""

    release: Release
    kind: str  # incumbent, slice, shadow
    percent: int
    left: float
    share: Share | None = None


@dataclass(frozen=True)
class Cell:
    title: str
    state: str
    took: timedelta | None
    says: str


def page(workflow: Workflow) -> dict[str, Any]:
    """All that the page needs about one workflow."""
    plan, charter = current_plan(workflow), charters.in_force(workflow)
    share = slice_of(plan)
    to = next_step(share.percent) if share else 0
    asked = answers(workflow, to) if share else []
    drawn = bands(workflow)
    taken = {each.release for each in shares_of(plan)} if plan else set()
    others = [each for each in workflow.releases.exclude(pk=workflow.production_id)[:20] if each.pk not in taken]
    return {
        "workflow": workflow,
        "charter": charter,
        "plan": plan,
        "slice": share,
        "slice_release": Release.objects.filter(pk=share.release).first() if share else None,
        "bands": drawn,
        "cells": cells(workflow),
        "gauges": [Gauge(status) for status in statuses(workflow)],
        "incumbent": {
            "gauges": [Gauge(status) for status in incumbent_statuses(workflow)],
            "since": in_production_since(workflow),
            "before": previous_incumbent(workflow),
            "breach": standing_breach(workflow),
            "by_itself": charter is not None and charters.content_of(charter).automatic_rollback,
        },
        "answers": asked,
        "ready": bool(asked) and all(answer.yes for answer in asked),
        "to": to,
        "narrower": [percent for percent in (5, 10, 15, 25, 50) if share and percent < share.percent],
        "candidates": [each for each in others if valid_for(each)],
        "others": others,
        "shadows": [table_of(workflow, band.release) for band in drawn if band.kind == "shadow"],
        "history": moves_of(workflow),
    }


def moves_of(workflow: Workflow) -> list[TrafficPlan]:
    """The last moves, each with its shares in words as `named`."""
    plans = list(workflow.plans.select_related("incumbent")[:MOVES])
    labels = dict(workflow.releases.values_list("pk", "label"))
    for plan in plans:
        plan.named = [f"{labels[each.release]}: {each.mode}, {each.percent} %" for each in shares_of(plan)]  # type: ignore[attr-defined]
    return plans


def bands(workflow: Workflow) -> list[Band]:
    """The incumbent, then the slice, then the shadows, which take nothing."""
    if workflow.production is None:
        return []
    plan = current_plan(workflow)
    shares = [*shares_of(plan)] if plan else []
    releases = Release.objects.in_bulk([share.release for share in shares])
    sliced = [share for share in shares if share.mode == "slice"]
    rest = 100 - sum(share.percent for share in sliced)
    drawn = [Band(workflow.production, "incumbent", rest, 0)]
    drawn += [Band(releases[share.release], "slice", share.percent, rest, share) for share in sliced]
    return drawn + [
        Band(releases[share.release], "shadow", share.percent, 100 - share.percent, share)
        for share in shares
        if share.mode == "shadow"
    ]


def cells(workflow: Workflow) -> list[Cell]:
    """The strip of the last seven days."""
    with connection.cursor() as cursor:
        cursor.execute(WEEK_SQL, {"workflow": workflow.pk, "week": "7 days"})
        names = [column.name for column in cursor.description or ()]
        week = dict(zip(names, cursor.fetchone() or (), strict=True))
    flagged = week["flagged"] / week["action"] if week["action"] else 0
    high, found = _of(week["high"], week["intake"]), _of(week["found"], week["context"])
    cleared, people = _of(week["cleared"], week["review"]), week["review"] - week["cleared"]
    drafts = "warn" if flagged > FLAGGED else _state(week["action"])
    return [
        Cell(
            "Intake", _state(week["intake"]), _took(week["intake_p95"]), f"{week['cases']:,} cases · {high} high band"
        ),
        Cell("Context", _state(week["context"]), _took(week["context_p95"]), f"{found} found a passage"),
        Cell(
            "Action",
            drafts,
            _took(week["action_p95"]),
            f"{_of(week['flagged'], week['action'])} of drafts had a flagged sentence",
        ),
        Cell("Review", _state(week["review"]), None, f"{cleared} cleared · {people:,} to a person"),
    ]


def _state(n: int) -> str:
    return "good" if n else "none"


def _took(microseconds: float | None) -> timedelta | None:
    return None if microseconds is None else timedelta(microseconds=microseconds)


def _of(number: int, total: int) -> str:
    return f"{number / total:.1%}".replace("%", " %") if total else "none"
