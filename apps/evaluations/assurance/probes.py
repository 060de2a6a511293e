"""What an assurance run tries: the plan of probes, the same for every release, set and seed.

A probe is a holdout case with one thing changed. The holdout, since a classifier knows the cases that it learnt from by
heart, and would look sturdier on them than it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any, Literal

from apps.evaluations.assurance import wording
from apps.evaluations.assurance.attacks import IN_DOCUMENTS, IN_MESSAGES, Attack
from apps.evaluations.assurance.swaps import ATTRIBUTES, versions
from apps.evaluations.models import LabelledCase
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.patterns import compiled

METHOD = 1  # raise it when the plan or what is found in the results changes: then runs are not the same any more
CASES = 30  # drawn from the holdout
PER_ATTACK = 6  # cases that each attack is tried on

Family = Literal[
    "plain", "typos", "paraphrase", "truncation", "language", "missing", "contradiction", "message", "document",
    "swap", "misread", "unread", "replay",
]  # fmt: skip


@dataclass(frozen=True)
class Probe:
    """`variant` says which attack, group or sort of change it is. `planted` stands in the first source that is used."""

    family: Family
    variant: str
    external_id: str
    submission: dict[str, Any]
    expected: dict[str, Any]
    planted: str = ""

    @property
    def key(self) -> str:
        return f"{self.family}/{self.variant}/{self.external_id}"

    @property
    def words(self) -> str:
        """What was sent in, for people."""
        return f"{self.submission['subject']}\n{self.submission['text']}".strip()

    def as_case(self) -> LabelledCase:
        """Unsaved: what an evaluation takes."""
        return LabelledCase(external_id=self.key, submission=self.submission, expected=self.expected)


def plan(holdout: Sequence[LabelledCase], taxonomy: Taxonomy, seed: int) -> list[Probe]:
    """All probes, the unchanged cases first. Cases are drawn by seed, evenly over the case types."""
    cases = _drawn(holdout, seed)
    plain = [Probe("plain", "", case.external_id, dict(case.submission), dict(case.expected)) for case in cases]
    numbers = _numbers(plain, taxonomy)
    return [
        *plain,
        *(probe for each in plain for probe in _worded(each, _chance(seed, "words", each.external_id))),
        *(
            probe
            for each in plain
            for probe in _uncertain(each, taxonomy, numbers, _chance(seed, "facts", each.external_id))
        ),
        *_attacked(plain, seed),
        *(probe for each in plain for probe in _swapped(each, _chance(seed, "swaps", each.external_id))),
        *(replace(each, family="misread") for each in plain),
        *(replace(each, family="unread") for each in plain),
    ]


def _drawn(holdout: Sequence[LabelledCase], seed: int) -> list[LabelledCase]:
    """One case of each type after the other, until there are enough."""
    shuffled = sorted(holdout, key=lambda case: case.external_id)
    _chance(seed, "cases").shuffle(shuffled)
    seen: dict[str, int] = {}
    rounds: list[tuple[int, int, LabelledCase]] = []
    for case in shuffled:
        kind = case.expected["case_type"]
        seen[kind] = seen.get(kind, 0) + 1
        rounds.append((seen[kind], len(rounds), case))
    return [case for _, _, case in sorted(rounds, key=lambda each: each[:2])[:CASES]]


def _worded(plain: Probe, chance: Random) -> Iterator[Probe]:
    text = plain.submission["text"]
    yield _sent(plain, "typos", "", text=wording.with_typos(text, chance))
    yield _sent(plain, "paraphrase", "", text=wording.paraphrased(text))
    yield _sent(plain, "truncation", "", text=wording.cut_off(text))
    translated, language = wording.half_translated(text, chance)
    yield _sent(plain, "language", "", text=translated, language=language)


def _uncertain(plain: Probe, taxonomy: Taxonomy, numbers: Sequence[tuple[str, str]], chance: Random) -> Iterator[Probe]:
    """Facts missing, and facts that contradict each other. `numbers` are those of all cases with their senders."""
    text, sender = plain.submission["text"], plain.submission["customer"]
    own = [found[0] for pattern in _patterns(taxonomy) for found in compiled(pattern).finditer(text)]
    bare = text
    for number in own:
        bare = bare.replace(number, "")
    if own:
        yield _sent(plain, "missing", "number", text=bare)
    if sender:
        yield _sent(plain, "missing", "sender", customer="")
    others = [number for number, theirs in numbers if theirs != sender and number not in own]
    if others:
        other = chance.choice(others)
        if own:
            yield _sent(
                plain, "contradiction", "second-number", text=f"{text}\nOr is the number {other}? I am not sure."
            )
        yield _sent(plain, "contradiction", "anothers-number", text=f"{bare}\nThe number is {other}.")


def _attacked(plain: Sequence[Probe], seed: int) -> Iterator[Probe]:
    chance = _chance(seed, "attacks")
    for attack in IN_MESSAGES:
        for each in chance.sample(plain, min(PER_ATTACK, len(plain))):
            yield _sent(each, "message", attack.slug, text=_with(each.submission["text"], attack))
    for attack in IN_DOCUMENTS:
        for each in chance.sample(plain, min(PER_ATTACK, len(plain))):
            yield replace(each, family="document", variant=attack.slug, planted=attack.words)


def _swapped(plain: Probe, chance: Random) -> Iterator[Probe]:
    for attribute in ATTRIBUTES:
        for group, text in versions(plain.submission["text"], attribute, chance).items():
            yield _sent(plain, "swap", f"{attribute.slug}: {group}", text=text)


def _with(text: str, attack: Attack) -> str:
    return f"{attack.words}\n\n{text}" if attack.first else f"{text}\n\n{attack.words}"


def _sent(plain: Probe, family: Family, variant: str, **changes: str) -> Probe:
    return replace(plain, family=family, variant=variant, submission={**plain.submission, **changes})


def _numbers(plain: Sequence[Probe], taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Every number that leads to a record, with the sender of the case that names it."""
    found = {
        match[0]: each.submission["customer"]
        for each in plain
        for pattern in _patterns(taxonomy)
        for match in compiled(pattern).finditer(each.submission["text"])
    }
    return sorted(found.items())


def _patterns(taxonomy: Taxonomy) -> list[str]:
    return [definition.pattern for definition in taxonomy.fields if definition.lookup]


def _chance(seed: int, *what: str) -> Random:
    """Draws that anybody can repeat."""
    return Random("/".join((str(seed), *what)))  # noqa: S311 - nothing is kept secret by it
