"""The integration scope and the governance map on the board of Discovery."""

from django.urls import reverse

from apps.engagements.discovery.artefacts import Artefact, State
from apps.engagements.discovery.governance import govern
from apps.engagements.discovery.scope import in_scope
from apps.engagements.engagement_models import Engagement


def scope_artefact(engagement: Engagement) -> Artefact:
    """Ready once each system has an owner, a way in, and access."""
    items = list(in_scope(engagement))
    wanting = [f"{item.system} lacks {' and '.join(item.wanting)}." for item in items if item.wanting]
    state: State = "missing" if not items else "begun" if wanting else "ready"
    sentence = f"{len(items)} system{'' if len(items) == 1 else 's'}. " + " ".join(wanting)
    said = sentence.strip() if items else "No system is named."
    return Artefact("integration_scope", "Integration scope", reverse("integration_scope"), state, said)


def governance_artefact(engagement: Engagement) -> Artefact:
    """Ready once the charter is signed and somebody has said which frameworks apply."""
    found = govern(engagement)
    signed = found.charter is not None and found.charter.signed_at is not None
    state: State = "missing" if found.charter is None else "ready" if signed and found.frameworks else "begun"
    said = [each.said for each in found.conflicts[:2]]
    said += [f"{found.undecided} frameworks are not decided on."] if found.undecided else []
    sentence = " ".join(said) or "Lanes, owners and frameworks are settled."
    return Artefact("governance_map", "Governance map", reverse("governance_map"), state, sentence)
