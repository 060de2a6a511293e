"""What the tenth day rests on, read from live records. As it is signed, so it is kept: words and whole numbers only."""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from math import isfinite

from pydantic import BaseModel, ConfigDict

from apps.audit.canonical import Json, canonical
from apps.compliance.readiness import Assessment
from apps.compliance.readiness_models import Readiness
from apps.engagements.discovery.answers import form_of
from apps.engagements.discovery.artefact_sources import artefacts_of
from apps.engagements.discovery.artefacts import LOOKS, WORDS, State
from apps.engagements.discovery.baseline_reading import lacking, measures_of
from apps.engagements.discovery.board_reading import board_of
from apps.engagements.discovery.labelled_artefact import set_of
from apps.engagements.engagement_models import Engagement
from apps.evaluations.coverage import coverage_of
from apps.insights.baselines import in_force
from apps.insights.measures import MEASURES
from apps.insights.models import Baseline
from apps.planning.forms import RoiForm
from apps.planning.roi import Business
from apps.planning.roi_answer import Answer, Verdict

HIGHEST_RISK = 3
# What a baseline puts in the place of an answer: field of the calculator, and what turns the measure's unit into its.
MEASURED = {
    "handling_time": ("minutes", 1.0),
    "cost_per_case": ("unit_cost", 1.0),
    "error_rate": ("error_rate", 100.0),
    "cycle_time": ("cycle_days", 1 / 24),
}


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ArtefactState(_Part):
    title: str
    state: State
    sentence: str

    @property
    def word(self) -> str:
        return WORDS[self.state]

    @property
    def look(self) -> str:
        return LOOKS[self.state]


class BaselineLine(_Part):
    title: str
    value: str  # with its unit
    interval: str
    n: int
    source: str


class Fit(_Part):
    """What the return comes to, with what was measured in the place of what was answered."""

    verdict: Verdict
    against: tuple[str, ...]
    doubts: tuple[str, ...]
    payback: str
    npv_usd: int
    npv_p10_usd: int
    npv_p90_usd: int
    rests_on: tuple[str, ...]


class Ready(_Part):
    on: str
    high_gaps: int  # of the highest risk
    gaps: int
    unanswered: int


class Evidence(_Part):
    workflow: str
    day: int  # of the ten; 10 once they are over
    artefacts: tuple[ArtefactState, ...]
    answered: int  # cases of the labelled set
    baselines: tuple[BaselineLine, ...]
    lacking: tuple[str, ...]  # measures without a baseline
    fit: Fit | None
    readiness: Ready | None
    blocked: tuple[str, ...]  # tasks

    @property
    def sha256(self) -> str:
        return hashlib.sha256(canonical(self.model_dump(mode="json"))).hexdigest()


def gather(engagement: Engagement) -> Evidence:
    workflow, board, shown = engagement.workflow, board_of(engagement), set_of(engagement)
    measures = measures_of(workflow)
    return Evidence(
        workflow=workflow.title,
        day=board.day,
        artefacts=tuple(
            ArtefactState(title=each.title, state=each.state, sentence=each.sentence)
            for each in artefacts_of(engagement)
        ),
        answered=coverage_of(shown).answered if shown else 0,
        baselines=tuple(
            BaselineLine(
                title=each.measure.title, value=one.value, interval=one.interval, n=one.row.n, source=one.row.source
            )
            for each in measures
            for one in each.in_force
            if not one.row.case_type
        ),
        lacking=tuple(lacking(measures)),
        fit=fit_of(engagement),
        readiness=_readiness(),
        blocked=tuple(each.task.title for each in board.blocked),
    )


def fit_of(engagement: Engagement) -> Fit | None:
    """None while nobody has said how many cases there are, or neither answers nor a baseline what a case takes."""
    answered, workflow = dict(engagement.answers.get("roi", {})), engagement.workflow
    if "volume" not in answered and not workflow.monthly_volume:
        return None
    given = {"volume": workflow.monthly_volume, **answered}
    said = [f"Cases a month: {'answered' if 'volume' in answered else 'as the workflow states it'}"]
    for name, (field, factor) in MEASURED.items():
        baseline, title = in_force(engagement.workflow, name), MEASURES[name].title
        if baseline:
            given[field] = str(round(factor * baseline.value, 4))
        said.append(f"{title}: {_ground(baseline, field in answered)}")
    form = form_of("roi", given)
    if "minutes" not in given or not isinstance(form, RoiForm) or not form.is_valid():
        return None
    answer = _answer(form.business())
    return Fit(
        verdict=answer.verdict,
        against=tuple(answer.against),
        doubts=tuple(answer.doubts),
        payback=f"{answer.payback:.0f} months" if isfinite(answer.payback) else "not within 36 months",
        npv_usd=round(answer.npv),
        npv_p10_usd=round(answer.npv_band[0]),
        npv_p90_usd=round(answer.npv_band[1]),
        rests_on=(*said, f"The rest, as the routine share and what an error costs: {_rest(answered)}"),
    )


def _ground(baseline: Baseline | None, answered: bool) -> str:
    if baseline:
        return f"measured, n = {baseline.n:,}"
    return "not measured, as answered" if answered else "neither measured nor answered, the calculator’s example"


def _rest(answered: Mapping[str, Json]) -> str:
    whole = set(RoiForm().fields) <= {*answered, *(field for field, _ in MEASURED.values())}
    return "as answered" if whole else "as answered, and where nothing was, the calculator’s example"


@lru_cache(maxsize=32)
def _answer(business: Business) -> Answer:
    """The drawn worlds take half a second, and the same business has the same ones."""
    return Answer(business)


def _readiness() -> Ready | None:
    last = Readiness.objects.first()
    if last is None:
        return None
    found = Assessment.model_validate(last.result)
    high = sum(line.risk == HIGHEST_RISK for line in found.gaps)
    return Ready(on=f"{last.created_at:%d %b %Y}", high_gaps=high, gaps=len(found.gaps), unanswered=found.unanswered)
