"""What the evidence of the tenth day recommends, by rules that stand on the page. Pure."""

from dataclasses import dataclass
from typing import Final

from apps.engagements.board_models import DayTen
from apps.engagements.discovery.day_ten_evidence import Evidence
from apps.evaluations.coverage import LEAST

Decision = DayTen.Decision
RULES: Final = (
    (Decision.WALK_AWAY, "The return is below the fit line, with what was measured in the place of what was answered."),
    (Decision.WALK_AWAY, f"Fewer than {LEAST} labelled cases are answered: nothing could be promised, or accepted."),
    (Decision.WALK_AWAY, "Nothing is measured: whatever came later could not be claimed as better."),
    (Decision.CONDITIONS, "An artefact is not ready, a measure has no baseline, or a task is blocked."),
    (Decision.CONDITIONS, "The return leaves doubts, or was not worked out."),
    (Decision.CONDITIONS, "Readiness was not assessed, or leaves gaps of the highest risk."),
    (Decision.COMMIT, "None of the above."),
)


@dataclass(frozen=True)
class Recommendation:
    """`against`: why to walk away. `open`: what would have to be met first, each in a sentence."""

    against: tuple[str, ...]
    open: tuple[str, ...]

    @property
    def decision(self) -> DayTen.Decision:
        if self.against:
            return Decision.WALK_AWAY
        return Decision.CONDITIONS if self.open else Decision.COMMIT


def recommend(evidence: Evidence) -> Recommendation:
    return Recommendation(tuple(_against(evidence)), tuple(_open(evidence)))


def _against(evidence: Evidence) -> list[str]:
    found = list(evidence.fit.against) if evidence.fit and evidence.fit.verdict == "no" else []
    if evidence.answered < LEAST:
        found.append(f"The labelled set has {evidence.answered} answered cases of the {LEAST} that a promise needs.")
    if not evidence.baselines:
        found.append("Nothing is measured yet, so nothing could be claimed later.")
    return found


def _open(evidence: Evidence) -> list[str]:
    found = [f"{each.title}: {each.word}." for each in evidence.artefacts if each.state != "ready"]
    found += [f"No baseline: {title.lower()}." for title in evidence.lacking]
    found += [f"Blocked: {title}." for title in evidence.blocked]
    if evidence.fit is None:
        found.append("The return was not worked out: answer the public calculator, and add its answers.")
    elif evidence.fit.verdict == "careful":
        found += evidence.fit.doubts
    ready = evidence.readiness
    if ready is None:
        found.append("Readiness was not assessed.")
    elif ready.high_gaps:
        found.append(
            f"Readiness leaves {ready.high_gaps} gap{'' if ready.high_gaps == 1 else 's'} of the highest risk."
        )
    return found
