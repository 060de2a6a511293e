"""The written NDAs of a demo tenant, cut into clauses: each is a case, with what people have said of it so far.

Files hold `# ND-101 title`, a line of facts in YAML, and clauses: `## 9 term: fallback =` is clause 9, on the term,
for which the first person says “fallback” and the second the same. `/ accept` or `/ residuals.accept` is what the
second says otherwise; without either, nobody else has looked; without a decision, nobody has.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from apps.cases.submission import Submission
from apps.evaluations.labels import Answers
from apps.taxonomies.content import Taxonomy

CLAUSE = re.compile(
    r"^(?P<number>[\d.]+) (?P<kind>\w+)(?:: (?P<first>\w+)(?: (?P<same>=)| / (?:(?P<other>\w+)\.)?(?P<second>\w+))?)?$"
)
PAPER = {"own": "our paper", "counterparty": "their paper"}


@dataclass(frozen=True)
class Clause:
    """`first` and `second`: case type and decision as two people label it, None where they have not."""

    submission: Submission
    first: tuple[str, str] | None
    second: tuple[str, str] | None


def read_ndas(folder: Path) -> list[Clause]:
    """Raises ValueError, with the line, for what is not written as it should be."""
    return [clause for file in sorted(folder.glob("*.md")) for clause in _clauses(file.read_text(encoding="utf-8"))]


def answers(taxonomy: Taxonomy, said: tuple[str, str], submission: Submission) -> Answers:
    """A person's label: what the decision speaks from is what they would cite."""
    kind, decision = said
    found = taxonomy.case_type(kind)
    row = found.decision(decision) if found else None
    if row is None:
        raise ValueError(f"{submission.external_id}: {kind} has no decision {decision}.")
    urgent = "data room" in submission.text.lower()
    return Answers(
        case_type=kind,
        urgency="high" if urgent else "normal",
        sentiment="neutral",
        decision=decision,
        passages=row.say,
    )


def _clauses(text: str) -> Iterator[Clause]:
    for nda in re.split(r"^# ", text, flags=re.MULTILINE)[1:]:
        head, *clauses = re.split(r"^## ", nda, flags=re.MULTILINE)
        title, facts = head.strip().split("\n")
        about: Mapping[str, Any] = yaml.safe_load(facts)
        for clause in clauses:
            first, _, words = clause.partition("\n")
            yield _clause(title, about, first, words.strip())


def _clause(title: str, about: Mapping[str, Any], line: str, words: str) -> Clause:
    found = CLAUSE.match(line)
    if found is None:
        raise ValueError(f"“## {line}” is no clause.")
    reference, _, name = title.partition(" ")
    stays = ", stays in the UAE" if about["stays"] else ""
    matter = str(about["matter"]).replace("_", " ")
    submission = Submission(
        external_id=f"{reference}-{found['number']}",
        subject=f"{reference} clause {found['number']}, {PAPER[about['paper']]}, {matter}{stays}: {name}",
        text=words,
        channel="document store",
        region=about["region"],
    )
    said = (found["kind"], found["first"]) if found["first"] else None
    other = (found["other"] or found["kind"], found["second"]) if found["second"] else None
    return Clause(submission, said, said if found["same"] else other)
