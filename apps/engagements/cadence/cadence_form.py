"""What the form of a ritual sends: a note for each step, and decisions with owner and day."""

from collections.abc import Mapping, Sequence
from datetime import date

from django.http import Http404, QueryDict

from apps.engagements.cadence.rituals import LONGEST, MOST_DECISIONS, Decision
from apps.engagements.cadence_models import Ritual

BLANK = 2  # empty rows offered beside those that are filled


def notes_of(form: QueryDict) -> dict[str, str]:
    return {name.removeprefix("note-"): form.get(name, "")[:LONGEST] for name in form if name.startswith("note-")}


def decisions_of(form: QueryDict) -> list[Decision]:
    """In the order of the rows; empty ones are left out."""
    rows = [
        Decision(
            form.get(f"what-{row}", "").strip(), form.get(f"owner-{row}", "")[:40], form.get(f"due-{row}", "")[:10]
        )
        for row in range(MOST_DECISIONS)
    ]
    return [each for each in rows if not each.empty]


def rows_for(decisions: Sequence[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """As many as there are, and some to fill."""
    empty = {"what": "", "owner": "", "due_on": ""}
    return [*decisions, *([empty] * BLANK)][: max(len(decisions), MOST_DECISIONS)]


def ritual_named(ritual: str, day: str) -> tuple[Ritual, date]:
    """What an address names. Raises Http404."""
    try:
        return Ritual(ritual), date.fromisoformat(day)
    except ValueError:
        raise Http404("There is no such ritual.") from None
