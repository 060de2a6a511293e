"""Planted instructions: text in a message or a document that gives orders to a machine, found by its wording.

No layer obeys such text, whatever it says: decisions come from a table over facts. This is for who answers it. Somebody
who tries is somebody whom a person should see, and a reply must not repeat the attempt. Wording that no pattern knows
is not found; then only the layers' own deafness protects.
"""

import re

_FORGET = r"\b(?:ignore|disregard|forget|override|bypass)\b"
_MACHINE = (
    r"(?:(?:(?:ai |automated )?(?:assistant|chat ?bot|bot|robot|system)|(?:ai|automated) (?:agent|reader)"
    r"|language model|llm|model)s?|ai|a\.i\.)"
)
_MODES = r"(?:developer|admin|administrator|debug|god|maintenance|test|unrestricted|jailbreak)"
_NOTE = r"(?:note|notice|message|prompt|override|instruction|update)"
_SPEAKER = r"(?:system|assistant|admin(?:istrator)?|developer)"
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE | re.MULTILINE)
    for pattern in (
        _FORGET + r"[^.\n]{0,30}\b(?:instructions?|prompts?|guidelines|directives)\b",
        _FORGET + r"[^.\n]{0,20}\b(?:previous|prior|above|all|your|system)\b[^.\n]{0,12}\brules\b",
        r"\b(?:you are|you're|act|switch|enter)\b[^.\n]{0,20}\b" + _MODES + r" mode\b",
        rf"(?:^|[\[(#*>.!?])\s*{_SPEAKER}(?: {_NOTE}\w*)?(?: (?:to|for) (?:the )?{_MACHINE})?\s*:",
        r"(?-i:\b(?:SYSTEM|ASSISTANT|ADMIN)\s*:)",
        r"\bsystem (?:override|prompt|command)\b",
        rf"\b(?:note|message|instructions?|attention|hint|command)s? (?:to|for) (?:the |an? |any )?{_MACHINE}\b",
        rf"\b(?:dear|hey|hello|hi|attention|important:?) (?:the )?{_MACHINE}\b",
        rf"\byour {_MACHINE} or who(?:m)?ever\b",
        rf"(?:^|[.!?:)\]]\s+|\[){_MACHINE}(?: reading [\w ]{{1,30}})? ?[,:] (?:please )?\w+",
        r"<\|?/?(?:im_start|im_end|system|assistant|instructions?)\b[^>\n]{0,40}>|\[/?(?:inst|system)\]|<<sys>>",
        r"\b(?:new|updated|revised|hidden|secret) (?:system )?instructions?\s*:",
        r"\b(?:ignoriere?n?|vergiss|missachte)\b[^.\n]{0,30}\b(?:anweisungen|vorgaben|regeln)\b",
        r"\b(?:ignore[zr]?|oublie[zr]?)\b[^.\n]{0,30}\b(?:instructions|consignes|règles)\b",
        r"\b(?:ignora|olvida|ignore|olvide)\b[^.\n]{0,30}\b(?:instrucciones|reglas)\b",
        r"\b(?:negeer|vergeet)\b[^.\n]{0,30}\b(?:instructies|regels|opdrachten)\b",
    )
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
SHOWN = 120  # characters of what was found


def planted_instruction(text: str) -> str:
    """The line that gives orders to a machine, at most SHOWN characters of it; "" for none."""
    plain = _INVISIBLE.sub("", text)
    for pattern in _PATTERNS:
        if found := pattern.search(plain):
            start = found.start() + len(found[0]) - len(found[0].lstrip())
            begin, end = plain.rfind("\n", 0, start) + 1, plain.find("\n", found.end())
            line = plain[begin : end if end >= 0 else len(plain)].strip()
            return line if len(line) <= SHOWN else f"{plain[start : start + SHOWN].strip()}…"
    return ""
