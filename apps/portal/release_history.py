"""The releases' history as people read it: what `workflows.history` knows, and what the gate said."""

from apps.evaluations.models import GateVerdict
from apps.workflows import history
from apps.workflows.history import Event, Standing
from apps.workflows.models import Workflow


def events(workflow: Workflow) -> list[Event]:
    verdicts = GateVerdict.objects.filter(candidate__workflow=workflow).select_related("candidate")[: history.LAST]
    judged = [
        Event(
            each.created_at,
            "Passed the gate" if each.passed else "Refused by the gate",
            each.sentence,
            each.created_name,
            "good" if each.passed else "bad",
            each.candidate,
        )
        for each in verdicts
    ]
    return sorted([*history.events(workflow), *judged], key=lambda event: event.at, reverse=True)


def standings(workflow: Workflow) -> dict[str, Standing]:
    """Where each release stands in the traffic; one that has none, where it stands with the gate."""
    verdicts = GateVerdict.objects.filter(candidate__workflow=workflow).order_by("created_at")
    said = {True: Standing("passed the gate", "good"), False: Standing("refused by the gate", "bad")}
    judged = {each.candidate_id: said[each.passed] for each in verdicts}
    return judged | history.standings(workflow)
