"""The one door to models. Whatever a model is asked, by anyone, goes through `ask`."""

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar
from uuid import UUID

from django.conf import settings
from pydantic import BaseModel
from pydantic_ai import Agent, capture_run_messages
from pydantic_ai.exceptions import (
    ContentFilterError,
    ModelAPIError,
    ModelAuthenticationError,
    ModelQuotaExceededError,
    ModelRequestRejectedError,
    UnexpectedModelBehavior,
)
from pydantic_ai.messages import ModelResponse
from pydantic_ai.settings import ModelSettings

from apps.inference import blocks, budgets
from apps.inference.costs import Cost, cost_of
from apps.inference.errors import AnswerUnusable, BudgetSpent, ModelRefused, ModelUnavailable
from apps.inference.exchanges import Question, keep, known_answers
from apps.inference.limits import USUAL, Limits
from apps.inference.lines import line
from apps.inference.models import Exchange
from apps.inference.wire import Tape

T = TypeVar("T", bound=BaseModel)

# What the SDK stumbles over when a body has the wrong shape.
UNREADABLE = (TypeError, ValueError, LookupError, AttributeError)


@dataclass(frozen=True)
class Answer(Generic[T]):
    output: T
    exchange_id: UUID
    input_tokens: int
    output_tokens: int
    cost: Decimal  # USD
    replayed: bool  # the stored answer to the same request; nothing was sent


@dataclass(frozen=True)
class Attempt(Generic[T]):
    output: T | None
    cost: Cost
    error: ModelAPIError | UnexpectedModelBehavior | None


def ask(
    *,
    route: str,
    purpose: str,
    case: UUID,
    instructions: str,
    text: str,
    output: type[T],
    max_tokens: int = 2000,
    limits: Limits = USUAL,
) -> Answer[T]:
    """Ask the model of `route` and return its answer as `output`, stored before it is returned.

    The same request for the same case and purpose is answered from the store. An answer in the wrong form is sent back
    once, with what is wrong. Must not be called inside a transaction (RuntimeError) nor where an event loop runs.
    Raises ModelUnavailable, ModelRefused, AnswerUnusable or BudgetSpent.
    """
    question = Question(case, purpose, route)
    try:
        return _ask(question, instructions, text, output, max_tokens, limits)
    except AnswerUnusable as error:
        problem = blocks.render([blocks.Block("problem", str(error))])
        again = f"{text}\n\nYour previous answer did not have the form asked for. Answer again.\n\n{problem}"
        return _ask(question, instructions, again, output, max_tokens, limits)


def _ask(
    question: Question, instructions: str, text: str, output: type[T], max_tokens: int, limits: Limits
) -> Answer[T]:
    for number in range(1, limits.attempts + 1):
        tape = Tape(known_answers(question), held_back=_why_not())
        attempt = _attempt(question.route, instructions, text, output, max_tokens, limits.seconds, tape)
        exchange = _keep_all(question, tape, attempt)
        if exchange is None:
            raise BudgetSpent(tape.held_back) if settings.ANTHROPIC_API_KEY else ModelRefused(tape.held_back)
        if exchange.outcome == Exchange.Outcome.SURPLUS:
            continue  # the next round replays the answer that counts
        if attempt.output is not None:
            replayed = tape.trips[-1].replayed
            tokens = (exchange.input_tokens, exchange.output_tokens)
            return Answer(attempt.output, exchange.pk, *tokens, exchange.cost, replayed)
        wait = _wait_before_another(attempt.error, number, limits)
        time.sleep(wait)
    raise ModelUnavailable(f"{question.route} was asked {limits.attempts} times without an answer.")


def _why_not() -> str:
    if not settings.ANTHROPIC_API_KEY:
        return "No model can be asked: ANTHROPIC_API_KEY is not set."
    return budgets.why_not()


def _attempt(
    route: str, instructions: str, text: str, output: type[T], max_tokens: int, seconds: float, tape: Tape
) -> Attempt[T]:
    ours = line()
    ours.wire.tape = tape
    agent = Agent(ours.model(route), output_type=output, instructions=instructions, retries=0)
    limits = ModelSettings(max_tokens=max_tokens, timeout=seconds, request_timeout=seconds)

    async def run() -> Attempt[T]:
        with capture_run_messages() as messages:
            try:
                result, error = (await agent.run(text, model_settings=limits)).output, None
            except (ModelAPIError, UnexpectedModelBehavior) as problem:
                result, error = None, problem
            except UNREADABLE as problem:
                if not tape.trips:
                    raise
                result, error = None, ModelAPIError(route, f"The provider's answer is no message: {problem!r}")
        response = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
        return Attempt(result, cost_of(response), error)

    return ours.run(run)


def _keep_all(question: Question, tape: Tape, attempt: Attempt[T]) -> Exchange | None:
    """Store the round trips of an attempt; the last one holds its answer. None when nothing was sent or replayed."""
    if attempt.output is not None:
        outcome = Exchange.Outcome.ANSWERED
    elif isinstance(attempt.error, UnexpectedModelBehavior):
        outcome = Exchange.Outcome.UNUSABLE
    else:
        outcome = Exchange.Outcome.FAILED
    if not tape.trips:
        return None
    *earlier, last = tape.trips
    for trip in earlier:
        keep(question, trip, Exchange.Outcome.FAILED, Cost())
    return keep(question, last, outcome, attempt.cost, str(attempt.error or ""))


def _wait_before_another(error: ModelAPIError | UnexpectedModelBehavior | None, number: int, limits: Limits) -> float:
    """Seconds until the next attempt, or the error that ends the question."""
    if isinstance(error, ContentFilterError):
        raise ModelRefused("The model declined to answer.") from error
    if isinstance(error, UnexpectedModelBehavior):
        raise AnswerUnusable(str(error.__cause__ or error)[:1000]) from error
    if isinstance(error, ModelRequestRejectedError | ModelAuthenticationError | ModelQuotaExceededError):
        raise ModelRefused(f"The provider refused the request: {_first_line(error)}") from error
    asked_for = error.retry_after if error else None
    wait = limits.shortest_wait * 2 ** (number - 1) if asked_for is None else asked_for
    if number == limits.attempts or wait > limits.longest_wait:
        raise ModelUnavailable(f"The provider does not answer: {_first_line(error)}", asked_for) from error
    return wait


def _first_line(error: Exception | None) -> str:
    return str(error).strip().splitlines()[0][:300] if str(error or "").strip() else type(error).__name__
