"""Building requests again by the code that built them first, sending nothing, and answering as was answered then."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from apps.audit.commitments import digest, subject_keys
from apps.inference.door import Answer, Form, answer_with, attempt_on, in_form, wait_before_another
from apps.inference.errors import ModelRefused
from apps.inference.exchanges import About, answers_in
from apps.inference.limits import USUAL, Limits
from apps.inference.models import Exchange
from apps.inference.wire import Known, Tape

T = TypeVar("T", bound=BaseModel)
ONCE = Limits(attempts=1)


class NeverAsked(ModelRefused):
    """The stored exchanges hold no request with these bytes."""


@dataclass(frozen=True)
class Built:
    """One request, and the stored exchange with exactly these bytes; None when no such request was sent."""

    purpose: str
    request: bytes
    exchange: Exchange | None
    output: BaseModel | None  # None when its answer did not have the form asked for


@dataclass
class Rebuilding:
    """Its `ask` stands in for `door.ask`: what `stored` answers is answered, all else is NeverAsked."""

    stored: Sequence[Exchange]
    built: list[Built] = field(default_factory=list)

    def ask(
        self,
        *,
        route: str,
        purpose: str,
        about: About,
        instructions: str,
        text: str,
        output: type[T],
        max_tokens: int = 2000,
    ) -> Answer[T]:
        """Raises NeverAsked, and what `door.ask` raised then; SubjectForgotten and SealBroken where nothing is left."""
        return in_form(
            lambda form: self._once(route, purpose, about, form), Form(instructions, text, output, max_tokens)
        )

    def _once(self, route: str, purpose: str, about: About, form: Form[Any]) -> Answer[Any]:
        key = subject_keys([about.person])[about.person]
        stored = {each.request_digest: each for each in self.stored if each.purpose == purpose}
        known = Known(lambda sent: digest(key, sent), answers_in(stored.values()))
        tape = Tape(known, held_back="A request that is built again is not sent.")
        attempt = attempt_on(tape, route, form, USUAL.seconds)
        exchange = stored.get(known.digest(tape.built[-1]))
        self.built.append(Built(purpose, tape.built[-1], exchange, attempt.output))
        if exchange is None:
            raise NeverAsked("No request with these bytes was sent for this case.")
        if attempt.output is None:
            wait_before_another(attempt.error, 1, ONCE)
        return answer_with(attempt.output, exchange, [exchange], replayed=True)
