"""What a reviewer types. The services judge it; this only reads it, leniently, so that it can be shown again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

CLAIM = "claim-"


@dataclass(frozen=True)
class DecisionForm:
    posted: Mapping[str, str] = field(default_factory=dict)

    @property
    def revision(self) -> int:
        """Of the proposal that the person saw; 0, which no proposal has, when it does not say."""
        given = self.posted.get("revision", "")
        return int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0

    @property
    def reason_code(self) -> str:
        return self._text("reason_code")

    @property
    def rationale(self) -> str:
        return self._text("rationale")

    @property
    def to(self) -> str:
        return self._text("to")

    @cached_property
    def edits(self) -> dict[int, str]:
        """Position → text of each claim that has a field in the form."""
        positions = [name.removeprefix(CLAIM) for name in self.posted if name.startswith(CLAIM)]
        return {
            int(position): self._text(f"{CLAIM}{position}").replace("\r\n", "\n")
            for position in positions
            if position.isascii() and position.isdigit() and len(position) < 5
        }

    def _text(self, name: str) -> str:
        return self.posted.get(name, "").replace("\x00", "")
