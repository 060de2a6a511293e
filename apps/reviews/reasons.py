"""Reason codes: why a person changed, rejected or escalated. The digit keys 1-9 choose them, in this order."""

from typing import NamedTuple


class Reason(NamedTuple):
    code: str
    title: str


REASONS = (
    Reason("wrong_type", "Wrong case type"),
    Reason("wrong_decision", "Wrong decision"),
    Reason("wrong_source", "Wrong or missing source"),
    Reason("not_answered", "Does not answer the question"),
    Reason("tone", "Tone or wording"),
    Reason("wrong_facts", "Facts are wrong or out of date"),
    Reason("policy_exception", "Policy exception"),
    Reason("needs_specialist", "Needs a specialist"),
    Reason("other", "Other"),
)
CODES = {reason.code: reason.title for reason in REASONS}
