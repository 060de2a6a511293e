"""Everything that a case's page shows, whole or as the part of it that is swapped for the next case."""

from dataclasses import replace
from typing import Any

from apps.cases.models import Case
from apps.reviews.comparable import nearest
from apps.reviews.deciding import may_decide, may_escalate
from apps.reviews.desk import Assignment
from apps.reviews.distribution import explain
from apps.reviews.forms import DecisionForm
from apps.reviews.handing import may_give
from apps.reviews.history import history
from apps.reviews.queue import Selection, neighbours
from apps.reviews.reading import CaseView, view_of
from apps.reviews.reasons import REASONS
from apps.reviews.services import ESCALATION_ROLES
from apps.reviews.standing import standing_of
from apps.tenants.actors import Actor


def stage(
    actor: Actor, case: Case, held: Assignment | None, selection: Selection, form: DecisionForm
) -> dict[str, Any]:
    """The context of reviews/case.html. As many queries for any case, and for any number that wait."""
    elsewhere = held is not None and str(held.holder_id) != actor.id
    waiting = case.state == Case.State.REVIEW
    view = view_of(case, form.edits)
    how = standing_of(case, view.first)
    offered = how.pause is None and may_give(actor, held)
    givable = [each for each in how.able if held is None or each.id != held.holder_id] if offered else []
    place = getattr(case, "place", None)
    before, after = neighbours(place, selection, actor) if place else ("", "")
    return {
        "view": _held(view, held, elsewhere=elsewhere),
        "selection": selection,
        "before": before,
        "after": after,
        "held": held,
        "elsewhere": elsewhere,
        "how": how,
        # What is laid aside is brought back first: the services take no decision about it.
        "may_decide": waiting and not elsewhere and how.pause is None and may_decide(actor, case),
        "may_escalate": waiting and not elsewhere and may_escalate(actor, case),
        "givable": givable,
        "roles": [role for role in ESCALATION_ROLES if role.value != case.escalated_to],
        "reasons": REASONS,
        "form": form,
        "comparison": nearest(case),
        "history": history(case),
        "priority": explain(case),
    }


def _held(view: CaseView, held: Assignment | None, *, elsewhere: bool) -> CaseView:
    """The last cell of the strip says who has the case."""
    if held is None or view.case.state != Case.State.REVIEW:
        return view
    who = held.holder_name if elsewhere else "you"
    *cells, last = view.strip
    return replace(view, strip=[*cells, replace(last, says=f"{who} · since {held.since:%H:%M} UTC")])
