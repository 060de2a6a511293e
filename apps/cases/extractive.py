"""The local drafter: it selects and arranges the passages' own sentences, and adds but the taxonomy's courtesies."""

import re
from collections.abc import Iterator

from apps.cases.layers.grounding import content_words
from apps.cases.layers.planted import planted_instruction
from apps.cases.layers.types import Citation, Claim, Draft, DraftRequest, Passage

STATEMENTS = 5  # a reply longer than this is not read
PER_PASSAGE = 3
_LIST_MARK = re.compile(r"^\s*(?:[-*+]|\d+[.)])\s+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[\"“(]?[A-Z0-9])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|no|nos|approx|art|sec|inc|ltd|mr|mrs|ms|dr|vs|st)|\b[A-Z])\.$", re.IGNORECASE
)


def draft(request: DraftRequest) -> Draft:
    """A reply out of the passages that the decision speaks from; out of the best found where it names none."""
    passages = {f"{passage.source}#{passage.anchor}": passage for passage in reversed(request.context.passages)}
    named = [passages[anchor] for anchor in request.say if anchor in passages]
    chosen = named or list(request.context.passages[:2])
    asked = content_words(f"{request.case.subject} {request.case.text}")
    if request.decision:
        asked |= content_words(request.decision.title)
    statements = list(_statements(chosen, asked))
    # Courtesy, what is said, what is done, courtesy: the order of a letter.
    claims = (
        Claim(text=request.opening, kind="courtesy"),
        *statements,
        Claim(text=request.closing, kind="courtesy"),
    )
    wanted = len(request.say) or 1
    why = f"{request.decision.title}: {request.decision.why} " if request.decision else ""
    titles = ", ".join(dict.fromkeys(f"{passage.title} § {passage.heading}" for passage in chosen))
    return Draft(
        claims=claims if statements else (),
        reasoning=f"{why}The reply quotes {titles}." if statements else f"{why}No usable passage was found.",
        confidence=min(1.0, len(named) / wanted) if request.say else 0.5 * bool(statements),
    )


def _statements(passages: list[Passage], asked: set[str]) -> Iterator[Claim]:
    """The sentences closest to what was asked, in the order of their passages."""
    share = max(1, min(PER_PASSAGE, STATEMENTS // max(1, len(passages))))
    told: set[str] = set()
    for passage in passages[:STATEMENTS]:
        offered = [
            sentence
            for sentence in sentences(passage.text)
            if sentence not in told and not planted_instruction(sentence)
        ]
        best = sorted(range(len(offered)), key=lambda i: (-_closeness(offered[i], asked), i))[:share]
        for position in sorted(best):
            told.add(offered[position])
            yield Claim(
                text=offered[position],
                kind="statement",
                citations=(Citation(passage=passage.id, quote=offered[position]),),
            )


def _closeness(sentence: str, asked: set[str]) -> float:
    words = content_words(sentence)
    return len(words & asked) / (len(words) ** 0.5) if words else 0.0


def sentences(markdown: str) -> list[str]:
    """Whole sentences of running text and list items; headings, tables and fragments are left out."""
    blocks: list[str] = []
    open_block = False
    for line in markdown.splitlines():
        bare = line.strip()
        if not bare or bare.startswith(("#", "|", ">", "```", "---")):
            open_block = False
        elif _LIST_MARK.match(line) or not open_block:
            blocks.append(_LIST_MARK.sub("", line).strip())
            open_block = True
        else:
            blocks[-1] += f" {bare}"
    return [
        sentence
        for block in blocks
        for sentence in _split(block.replace("**", "").replace("`", ""))
        if sentence[-1] in ".!?" and len(sentence.split()) >= 4
    ]


def _split(block: str) -> Iterator[str]:
    pending = ""
    for piece in _SENTENCE_END.split(block):
        pending = f"{pending} {piece}".strip()
        if not _ABBREVIATION.search(pending):
            if pending:
                yield pending
            pending = ""
    if pending:
        yield pending
