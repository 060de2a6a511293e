"""All that is held about a person, for themselves (GDPR 15): what they sent, what was decided and by what logic."""

from typing import Any
from uuid import UUID

from django.db import transaction

from apps.audit.entries import record, timestamp
from apps.audit.models import SubjectKey
from apps.cases.models import Case, Subject
from apps.cases.reading import Layers, case_types, layers_of
from apps.compliance.erasing import preview
from apps.compliance.holds import in_force
from apps.compliance.models import DataRequest, ErasedCase, Restriction
from apps.compliance.retention import terms
from apps.connectors.selectors import effects_of
from apps.evaluations.erasure import labelled_about
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Role

LANES = {
    "automatic": "May be decided without a person when the system is sure enough.",
    "drafted": "The system proposes, and a person decides.",
    "reserved": "A person with more authority decides.",
}
RIGHTS = (
    "You may ask for what is wrong to be put right (GDPR 16), to be forgotten (17), for your data to be kept but not "
    "used (18), and for a person to look at a decision that no person took (22). You may complain to a supervisory "
    "authority."
)
Facts = dict[str, Any]


@transaction.atomic
def export_person(*, actor: Actor, subject: Subject) -> Facts:
    """The copy as JSON can say it. That it was made, and by whom, goes into the log."""
    facts = about(subject)
    record(
        actor=actor,
        action="person.exported",
        object=f"subject:{subject.pk}",
        subject=str(subject.pk),
        after={"cases": len(facts["cases"])},
    )
    return facts


def about(subject: Subject) -> Facts:
    """What `export_person` gives. Nobody else's names are in it: who decided appears by role (GDPR 15(4))."""
    cases = list(Case.objects.filter(subject=subject).select_related("workflow", "release").order_by("received_at"))
    erased = dict(ErasedCase.objects.filter(case__in=cases).values_list("case_id", "at"))
    titles = case_types(sorted({case.release_id for case in cases}))
    return {
        "reference": subject.reference,
        "known_since": timestamp(subject.created_at),
        "cases": [_case(case, titles, erased) for case in cases],
        "also_held": [{"what": line["title"], "rows": line["rows"]} for line in preview(subject)],
        "used_to_measure": labelled_about(subject.pk).count(),
        "kept_for": [
            {
                "what": term.title,
                "where": term.workflow.title if term.workflow else "everywhere",
                "days": term.days,
                "because": term.rules[0].source,
            }
            for term in terms()
        ],
        "held_for_legal_claims": in_force().filter(subject=subject).exists(),
        "restricted": Restriction.objects.filter(subject=subject).exists(),
        "requests": [_request(each) for each in DataRequest.objects.filter(subject=subject).order_by("received_on")],
        "forgotten": SubjectKey.objects.filter(pk=subject.pk, wrapped=None).exists(),
        "your_rights": RIGHTS,
    }


def _case(case: Case, titles: dict[str, str], erased: dict[UUID, Any]) -> Facts:
    facts: Facts = {
        "number": case.number,
        "your_id": case.external_id,
        "received_at": timestamp(case.received_at),
        "about": case.workflow.title,
        "channel": case.channel,
        "language": case.language,
        "region": case.region,
        "state": case.get_state_display(),
        "outcome": case.get_outcome_display() if case.outcome else "",
    }
    if case.pk in erased:
        return facts | {"erased_at": timestamp(erased[case.pk])}
    layers = layers_of(case)
    return facts | {
        "subject_line": case.title,
        "text": case.text,
        "logic": _logic(case, layers, titles),
        "decisions": [_decision(each) for each in case.dispositions.all()],
        "orders": [
            {"what": effect.summary, "to": effect.system_id, "state": effect.get_state_display(), "data": effect.params}
            for effect in effects_of(case.pk)
        ],
        "complaints": [{"said": each.said, "at": timestamp(each.complained_at)} for each in case.complaints.all()],
        "questions": [{"asked": each.note, "answered": each.answer} for each in case.pauses.filter(kind="sent_back")],
    }


def _logic(case: Case, layers: Layers, titles: dict[str, str]) -> Facts:
    """The meaningful information about the logic involved: what was told from what, by which rule, and who decided."""
    logic: Facts = {
        "solely_automated": case.outcome == Case.Outcome.AUTOMATIC,
        "release": {"name": case.release.label, "fingerprint": case.release_id},
    }
    if layers.intake:
        found = layers.intake
        logic["read_as"] = {
            "kind": titles.get(found.case_type.value, found.case_type.value),
            "told_by": found.case_type.decided_by,
            "why": found.case_type.why,
            "urgency": {"value": found.urgency.value, "why": found.urgency.why},
            "sentiment": {"value": found.sentiment.value, "why": found.sentiment.why},
            "read_from_your_text": {field.title: field.value for field in found.fields},
        }
    if layers.context:
        logic["looked_up"] = [
            {"what": fact.name, "value": fact.value, "in": fact.system} for fact in layers.context.facts
        ]
        logic["relied_on"] = sorted({f"{each.title}, version {each.version}" for each in layers.context.passages})
    if layers.action and layers.action.decision:
        logic["proposed"] = {"decision": layers.action.decision.title, "why": layers.action.decision.why}
    if layers.review:
        logic["who_decides"] = {
            "lane": LANES.get(layers.review.lane, layers.review.lane),
            "why": layers.review.reason,
        }
    return logic


def _decision(each: Any) -> Facts:
    return {
        "what": each.get_kind_display(),
        "at": timestamp(each.created_at),
        "by": f"a person ({Role(each.role).label.lower() if each.role in set(Role) else 'former role'})",
        "reasons": each.rationale,
        "reply": [claim.get("text", "") for claim in each.claims],
        "taken_back": each.undone_at is not None,
    }


def _request(each: DataRequest) -> Facts:
    return {
        "asked_for": each.get_kind_display(),
        "received_on": str(each.received_on),
        "state": each.get_state_display(),
        "answer": each.answer,
    }
