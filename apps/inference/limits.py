"""How long and how often a model is asked. Apart from the door, so that planning with it loads no provider's SDK."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    attempts: int = 3
    seconds: float = 60.0  # for one attempt, from the first byte out to the last byte in
    longest_wait: float = 5.0  # seconds between attempts; asked to wait longer, we give up and say so
    shortest_wait: float = 0.5  # doubled from attempt to attempt when nobody said how long

    @property
    def in_all(self) -> float:
        """Seconds after which `ask` is back, repair included: what a lease has to cover."""
        return 2 * self.attempts * (self.seconds + self.longest_wait)


USUAL = Limits()
