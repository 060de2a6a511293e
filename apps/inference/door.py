"""The one door to models. Whatever a model is asked, by anyone, goes through `ask`."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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

from apps.audit.commitments import SubjectForgotten
from apps.inference import blocks, budgets
from apps.inference.costs import Cost, cost_of
from apps.inference.errors import AnswerUnusable, BudgetSpent, ModelRefused, ModelUnavailable
from apps.inference.exchanges import About, Question, keep, known_answers
from apps.inference.limits import USUAL, Limits
from apps.inference.lines import line
from apps.inference.models import Exchange
from apps.inference.wire import Known, Tape

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
    exchanges: tuple[Exchange, ...] = ()  # every round trip that it took, the answer's own last


@dataclass(frozen=True)
class Form(Generic[T]):
    """What is asked, and what an answer must look like."""

    instructions: str
    text: str
    output: type[T]
    max_tokens: int


@dataclass(frozen=True)
class Attempt(Generic[T]):
    output: T | None
    cost: Cost
    error: ModelAPIError | UnexpectedModelBehavior | None


def ask(
    *,
    route: str,
    purpose: str,
    about: About,
    instructions: str,
    text: str,
    output: type[T],
    max_tokens: int = 2000,
    limits: Limits = USUAL,
    afresh: bool = False,
) -> Answer[T]:
    """Ask the model of `route` and return its answer as `output`, stored before it is returned.

    The same request for the same case and purpose is answered from the store, unless it is asked `afresh`: then the
    answer is kept to be compared, and never used for another request. An answer in the wrong form is sent back once,
    with what is wrong. Must not be called inside a transaction (RuntimeError) nor where an event loop runs.
    Raises ModelUnavailable, ModelRefused, AnswerUnusable or BudgetSpent.
    """
    question, kept = Question(about, purpose, route), list[Exchange]()
    try:
        return in_form(
            lambda form: _ask(question, form, limits, kept, afresh), Form(instructions, text, output, max_tokens)
        )
    except SubjectForgotten as forgotten:
        raise ModelRefused(f"Nothing about them may be sent any more: {forgotten}") from forgotten


def in_form(once: Callable[[Form[T]], Answer[T]], form: Form[T]) -> Answer[T]:
    """The answer of `once`; when it has the wrong form, its answer to the same with what is wrong."""
    try:
        return once(form)
    except AnswerUnusable as error:
        problem = blocks.render([blocks.Block("problem", str(error))])
        again = f"{form.text}\n\nYour previous answer did not have the form asked for. Answer again.\n\n{problem}"
        return once(replace(form, text=again))


def _ask(question: Question, form: Form[T], limits: Limits, kept: list[Exchange], afresh: bool) -> Answer[T]:
    for number in range(1, limits.attempts + 1):
        known = known_answers(question)
        tape = Tape(Known(known.digest, {}) if afresh else known, held_back=_why_not())
        attempt = attempt_on(tape, question.route, form, limits.seconds)
        exchange = _keep_all(question, tape, attempt, kept, afresh)
        if exchange is None:
            raise BudgetSpent(tape.held_back) if settings.ANTHROPIC_API_KEY else ModelRefused(tape.held_back)
        if exchange.outcome == Exchange.Outcome.SURPLUS:
            continue  # the next round replays the answer that counts
        if attempt.output is not None:
            return answer_with(attempt.output, exchange, kept, replayed=tape.trips[-1].replayed)
        wait = wait_before_another(attempt.error, number, limits)
        time.sleep(wait)
    raise ModelUnavailable(f"{question.route} was asked {limits.attempts} times without an answer.")


def answer_with(output: T, exchange: Exchange, kept: Sequence[Exchange], *, replayed: bool) -> Answer[T]:
    tokens = (exchange.input_tokens, exchange.output_tokens)
    return Answer(output, exchange.pk, *tokens, exchange.cost, replayed, tuple(kept))


def _why_not() -> str:
    if not settings.ANTHROPIC_API_KEY:
        return "No model can be asked: ANTHROPIC_API_KEY is not set."
    return budgets.why_not()


def attempt_on(tape: Tape, route: str, form: Form[T], seconds: float) -> Attempt[T]:
    """One attempt with the SDK; `tape` says what may be sent, and holds afterwards what was built and what happened."""
    ours = line()
    ours.wire.tape = tape
    agent = Agent(ours.model(route), output_type=form.output, instructions=form.instructions, retries=0)
    limits = ModelSettings(max_tokens=form.max_tokens, timeout=seconds, request_timeout=seconds)

    async def run() -> Attempt[T]:
        with capture_run_messages() as messages:
            try:
                result, error = (await agent.run(form.text, model_settings=limits)).output, None
            except (ModelAPIError, UnexpectedModelBehavior) as problem:
                result, error = None, problem
            except UNREADABLE as problem:
                if not tape.trips:
                    raise
                result, error = None, ModelAPIError(route, f"The provider's answer is no message: {problem!r}")
        response = next((message for message in reversed(messages) if isinstance(message, ModelResponse)), None)
        return Attempt(result, cost_of(response), error)

    return ours.run(run)


def _keep_all(
    question: Question, tape: Tape, attempt: Attempt[T], kept: list[Exchange], afresh: bool
) -> Exchange | None:
    """Store the round trips of an attempt; the last one holds its answer. None when nothing was sent or replayed."""
    if attempt.output is not None:
        outcome = Exchange.Outcome.ANSWERED
    elif isinstance(attempt.error, UnexpectedModelBehavior):
        outcome = Exchange.Outcome.UNUSABLE
    else:
        outcome = Exchange.Outcome.FAILED
    if not tape.trips:
        return None
    if afresh and outcome in Exchange.REPLAYED:
        outcome = Exchange.Outcome.RERUN
    *earlier, last = tape.trips
    kept += [keep(question, trip, Exchange.Outcome.FAILED, Cost()) for trip in earlier]
    kept.append(keep(question, last, outcome, attempt.cost, str(attempt.error or "")))
    return kept[-1]


def wait_before_another(error: ModelAPIError | UnexpectedModelBehavior | None, number: int, limits: Limits) -> float:
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
