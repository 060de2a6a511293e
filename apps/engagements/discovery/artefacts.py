"""What an artefact of Discovery says of itself on the board: each part works its own out of live records."""

from dataclasses import dataclass
from typing import Final, Literal

State = Literal["missing", "begun", "ready"]
WORDS: Final[dict[State, str]] = {"missing": "not begun", "begun": "in work", "ready": "ready"}
LOOKS: Final[dict[State, str]] = {"missing": "", "begun": "warn", "ready": "good"}  # of a tag


@dataclass(frozen=True)
class Artefact:
    """One of the five. `ready` means that day 10 may rest on it; `sentence` says what is there and what lacks."""

    name: str  # "labelled_set"
    title: str
    address: str  # of its page
    state: State
    sentence: str

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def look(self) -> str:
        return LOOKS[self.state]
