"""Readiness: what people answer, beside what live records show, as scores with what they rest on, gaps and a plan.

Pure: the questions are data (readiness.yaml), findings are given. The short public form has no findings.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from apps.compliance.evidence import State
from apps.compliance.frameworks import the_map

FILE = Path(__file__).with_name("readiness.yaml")
Answer = Literal["yes", "partly", "no", "unknown"]
ANSWERS: Mapping[Answer, str] = {"yes": "Yes", "partly": "Partly", "no": "No", "unknown": "Not known"}
POINTS: Mapping[Answer, int] = {"yes": 2, "partly": 1, "no": 0, "unknown": 0}
SHOWN: Mapping[State, int] = {"covered": 2, "partly": 1, "missing": 0, "not_applicable": 2}
DAYS_A_WEEK = 5


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Part):
    id: str
    asks: str
    risk: int  # 1 to 3
    effort: int  # days of work
    public: bool
    rows: tuple[str, ...]
    do: str


class Questions(_Part):
    version: int
    questions: tuple[Question, ...]

    @model_validator(mode="after")
    def tied_to_the_map(self) -> "Questions":
        known = {row.id for framework in the_map().frameworks for row in framework.rows}
        strange = [row for question in self.questions for row in question.rows if row not in known]
        if strange:
            raise ValueError(f"The map has no rows {', '.join(strange)}.")
        return self


class Line(_Part):
    """One question with its answer. `points` of 2; what records show lowers what was answered, never raises it."""

    id: str
    asks: str
    answer: str
    points: int
    rests_on: str
    risk: int
    effort: int
    do: str


class Score(_Part):
    framework: str
    title: str
    points: int
    most: int
    questions: int
    shown: int  # of the questions: those that live records say something on

    @property
    def share(self) -> float:
        return self.points / self.most


class Assessment(_Part):
    version: int
    scores: tuple[Score, ...]
    gaps: tuple[Line, ...]  # the most risk for the least effort first
    unanswered: int

    @property
    def plan(self) -> list[tuple[int, Line]]:
        """Week in which each gap is finished by one person who works on one after the other."""
        weeks, days = [], 0
        for line in self.gaps:
            days += line.effort
            weeks.append((-(-days // DAYS_A_WEEK), line))
        return weeks


@cache
def the_questions() -> Questions:
    return Questions.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))


def public_questions() -> list[Question]:
    return [question for question in the_questions().questions if question.public]


def answers_from(given: Mapping[str, str], *, public: bool) -> dict[str, Answer]:
    """Question → answer; what is no answer counts as not known."""
    asked = public_questions() if public else the_questions().questions
    return {each.id: next((word for word in ANSWERS if word == given.get(each.id)), "unknown") for each in asked}


def assess(answers: Mapping[str, Answer], findings: Mapping[str, State]) -> Assessment:
    """`findings`: row of the map → what live records answer to it; {} where there are none to look at."""
    asked = [question for question in the_questions().questions if question.id in answers]
    lines = {question.id: _line(question, answers[question.id], findings) for question in asked}
    gaps = [line for line in lines.values() if line.points < POINTS["yes"]]
    gaps.sort(key=lambda line: (-line.risk * (2 - line.points) / line.effort, line.effort, line.id))
    return Assessment(
        version=the_questions().version,
        scores=tuple(_scores(asked, lines, findings)),
        gaps=tuple(gaps),
        unanswered=sum(answer == "unknown" for answer in answers.values()),
    )


def _line(question: Question, answer: Answer, findings: Mapping[str, State]) -> Line:
    states = [findings[row] for row in question.rows if row in findings]
    shown = min((SHOWN[state] for state in states), default=None)
    points = POINTS[answer] if shown is None else min(POINTS[answer], shown)
    rests_on = f"Answered: {ANSWERS[answer].lower()}."
    if states:
        covered = sum(SHOWN[state] == SHOWN["covered"] for state in states)
        rests_on += f" Records cover {covered} of {len(states)} rows."
    return Line(
        id=question.id,
        asks=question.asks,
        answer=answer,
        points=points,
        rests_on=rests_on,
        risk=question.risk,
        effort=question.effort,
        do=question.do,
    )


def _scores(asked: list[Question], lines: Mapping[str, Line], findings: Mapping[str, State]) -> list[Score]:
    scores = []
    for framework in the_map().frameworks:
        ours = {row.id for row in framework.rows}
        touching = [question for question in asked if ours & set(question.rows)]
        if touching:
            scores.append(
                Score(
                    framework=framework.id,
                    title=framework.title,
                    points=sum(lines[question.id].points * question.risk for question in touching),
                    most=sum(POINTS["yes"] * question.risk for question in touching),
                    questions=len(touching),
                    shown=sum(any(row in findings for row in question.rows) for question in touching),
                )
            )
    return scores
