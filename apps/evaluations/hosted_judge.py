"""The judge of points by a hosted model, where JUDGE_ROUTE names one: it reads meaning, and costs money.

A yes needs the number of the sentence that makes the point, so that it can be looked up. How far it is trusted is
measured as for the judge by words: by its agreement with people on the same points.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field, create_model

from apps.evaluations.rubric import Agreement, ByWords, Judge, Judged, agreement_of, judged_by_people
from apps.inference import blocks
from apps.inference.errors import BudgetSpent, ModelRefused
from apps.inference.exchanges import About

PURPOSE = "judge"
ASKED = UUID("0c5f7b16-7a57-5d0c-8a8e-5f0d7c6e2b91")  # namespace: what the judge costs is no cost of the case
INSTRUCTIONS = f"""
You check a reply to a customer against a list of points. For each point, in order, give the number of the one sentence
of the reply that makes it, or 0 if none does. A sentence makes a point when it says the same thing, in whatever words.
Numbers, amounts, dates and conditions must be the same; a hint, a question or the opposite does not make it.

{blocks.RULES}
""".strip()


class _Verdicts(BaseModel):
    model_config = ConfigDict(extra="forbid")


class HostedJudge:
    def __init__(self, route: str) -> None:
        self.name = route

    def judged(self, about: About, must: Sequence[str], must_not: Sequence[str], reply: Sequence[str]) -> Judged:
        """No verdict where the model declines or its answer is unusable. Raises BudgetSpent and ModelUnavailable."""
        points = (*must, *must_not)
        if not points:
            return Judged(self.name)
        try:
            said, cost = self._said(replace(about, case=uuid5(ASKED, str(about.case))), points, reply)
        except BudgetSpent:
            raise
        except ModelRefused:  # counted in the report as not judged
            return Judged(self.name)
        return Judged(self.name, said[: len(must)], said[len(must) :], cost)

    def agreement(self) -> Agreement:
        """With people on the same replies. Asked once for each reply, then replayed. Raises what `door.ask` raises."""
        return self._agreement

    @cached_property
    def _agreement(self) -> Agreement:
        points: dict[tuple[str, ...], list[str]] = {}
        rows = [(tuple(row["reply"]), str(row["point"])) for row in judged_by_people()]
        for reply, point in rows:
            points.setdefault(reply, []).append(point)
        verdicts = {
            (reply, point): said
            for reply, asked in points.items()
            for point, said in zip(
                asked, self._said(_nobodys(uuid5(ASKED, "\n".join(reply))), asked, reply)[0], strict=True
            )
        }
        return agreement_of([verdicts[row] for row in rows])

    def _said(self, asked_as: About, points: Sequence[str], reply: Sequence[str]) -> tuple[tuple[bool, ...], float]:
        """Of each point whether a sentence makes it, and what asking cost now, in USD."""
        from apps.inference import door  # not before it is needed: the SDK behind it takes a second to load

        answer = door.ask(
            route=self.name,
            purpose=PURPOSE,
            about=asked_as,
            instructions=INSTRUCTIONS,
            text=blocks.render([blocks.Block("points", _numbered(points)), blocks.Block("reply", _numbered(reply))]),
            output=_verdicts_on(len(points)),
        )
        sentences = answer.output.sentences
        cost = 0.0 if answer.replayed else float(answer.cost)
        return tuple(1 <= number <= len(reply) for number in sentences), cost


def judge_in_force() -> Judge:
    return HostedJudge(settings.JUDGE_ROUTE) if settings.JUDGE_ROUTE else ByWords()


def _nobodys(question: UUID) -> About:
    """The replies that people judged for us are about nobody."""
    return About(question, question, evaluation=True)


def _verdicts_on(count: int) -> type[Any]:
    about = "For each point, in order: the number of the sentence that makes it, 0 for none."
    return create_model(
        "Verdicts",
        __base__=_Verdicts,
        sentences=(list[int], Field(min_length=count, max_length=count, description=about)),
    )


def _numbered(texts: Sequence[str]) -> str:
    return "\n".join(f"{number}. {' '.join(text.split())}" for number, text in enumerate(texts, 1))
