"""A stop condition as a bar: the measure, its interval, and the limit. Positions are percent of the width."""

from dataclasses import dataclass

from apps.evaluations.stop_conditions import Status

ROOM = 1.5  # a gauge shows so many times the limit


@dataclass(frozen=True)
class Gauge:
    status: Status

    @property
    def value(self) -> float:
        return self._at(self.status.measured.value)

    @property
    def low(self) -> float:
        return self._at(self.status.measured.low)

    @property
    def width(self) -> float:
        return max(self._at(self.status.measured.high) - self.low, 0.0)

    @property
    def limit(self) -> float:
        return 100 / ROOM

    @property
    def words(self) -> str:
        status = self.status
        if not status.measured.n:
            return f"no case yet, limit {status.limit_words}"
        between = "" if status.is_index else f" ({100 * status.measured.low:.1f}–{100 * status.measured.high:.1f})"
        return f"{status.words}{between} of {status.limit_words}"

    @property
    def tone(self) -> str:
        return {"breached": "bad", "near": "warn", "far": "good"}.get(self.status.state, "plain")

    @property
    def standing(self) -> str:
        return {"open": "too few to tell"}.get(self.status.state, self.status.state)

    def _at(self, value: float) -> float:
        return round(min(100.0, 100 * value / (self.status.limit * ROOM)), 2)
