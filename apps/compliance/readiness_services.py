"""Keep a readiness assessment as it was made, with what live records showed then."""

from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from apps.audit.entries import record
from apps.compliance.evidence import Look, State
from apps.compliance.frameworks import packs
from apps.compliance.readiness import Answer, assess
from apps.compliance.readiness_models import Readiness
from apps.tenants.actors import Actor

DAYS = 90


def live_findings() -> dict[str, State]:
    """Row of the map → what records of the last ninety days answer. Rows that no record can show are left out."""
    now = timezone.now()
    look = Look(now - timedelta(days=DAYS), now + timedelta(seconds=1))
    return {answer.row.id: answer.finding.state for pack in packs(look) for answer in pack.answers if answer.row.check}


@transaction.atomic
def keep_assessment(*, actor: Actor, answers: Mapping[str, Answer]) -> Readiness:
    found = assess(answers, live_findings())
    kept = Readiness.objects.create(
        questions=found.version,
        answers=dict(answers),
        result=found.model_dump(mode="json"),
        created_by=actor.id,
        created_name=actor.name,
    )
    record(
        actor=actor,
        action="readiness.assessed",
        object=f"readiness:{kept.pk}",
        after={"questions": found.version, "gaps": len(found.gaps), "unanswered": found.unanswered},
    )
    return kept
