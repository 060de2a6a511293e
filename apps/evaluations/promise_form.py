"""What a decision owner asks of the automatic lane, as typed: both in per cent."""

from decimal import Decimal

from django import forms

from apps.evaluations.risk import Promise
from apps.workflows import charters
from apps.workflows.models import Workflow

STATED = Promise(risk=0.02, confidence=0.95)  # of a workflow whose charter states none


class PromiseForm(forms.Form):
    risk = forms.DecimalField(min_value=Decimal("0.1"), max_value=50, decimal_places=1)
    confidence = forms.DecimalField(min_value=50, max_value=Decimal("99.9"), decimal_places=1)

    def promise(self) -> Promise:
        """Of a valid form."""
        percents: dict[str, Decimal] = self.cleaned_data
        return Promise(risk=float(percents["risk"] / 100), confidence=float(percents["confidence"] / 100))


def stated_promise(workflow: Workflow) -> Promise:
    """What the charter in force tolerates."""
    charter = charters.in_force(workflow)
    if charter is None:
        return STATED
    tolerated = charters.content_of(charter).risk_tolerance
    return Promise(risk=float(tolerated.wrong), confidence=float(tolerated.confidence))


def typed(promise: Promise) -> dict[str, str]:
    return {"risk": f"{100 * promise.risk:g}", "confidence": f"{100 * promise.confidence:g}"}
