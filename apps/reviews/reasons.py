"""Reason codes: why a person changed, rejected or escalated. The digit keys 1-9 choose them, in this order."""

from typing import NamedTuple


class Reason(NamedTuple):
    code: str
    title: str
    explained: bool = False  # says too little by itself, so that a rationale in words is asked for


REASONS = (
    Reason("wrong_type", "Wrong case type"),
    Reason("wrong_decision", "Wrong decision"),
    Reason("wrong_source", "Wrong or missing source"),
    Reason("not_answered", "Does not answer the question"),
    Reason("tone", "Tone or wording"),
    Reason("wrong_facts", "Facts are wrong or out of date"),
    Reason("policy_exception", "Policy exception", explained=True),
    Reason("needs_specialist", "Needs a specialist"),
    Reason("other", "Other", explained=True),
)
CODES = {reason.code: reason.title for reason in REASONS}
EXPLAINED = frozenset(reason.code for reason in REASONS if reason.explained)


def why_rationale(code: str, impact: str) -> str:
    """Why a rationale in words is asked for beside the reason code; "" where it may be left out."""
    if code in EXPLAINED:
        return f"“{CODES[code]}” says little by itself."
    return "The decision weighs heavily." if impact == "high" else ""
