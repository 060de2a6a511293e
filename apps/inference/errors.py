"""Why there is no answer. Callers tell two things apart: come back later, or do without."""


class NoAnswer(Exception):
    """The model gave nothing that may be used."""


class ModelUnavailable(NoAnswer):
    """It may work later; `retry_after` is in seconds, None when nobody said."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ModelRefused(NoAnswer):
    """The same request will not work later either."""


class AnswerUnusable(ModelRefused):
    """It answered, also when asked again, in a form that does not fit what was asked for."""


class BudgetSpent(ModelRefused):
    """The tenant's spending limit for the day is reached. Nothing was sent."""
