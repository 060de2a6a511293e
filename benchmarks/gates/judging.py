"""One trial: the gate's own judgement of two results on the same cases, and what became of many such trials."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.evaluations.case_result import CaseResult
from apps.evaluations.gate import PRIMARIES, RIGHT, Comparison, guardrail_pairs
from apps.evaluations.judgement import Metric, Paired, SetFacts, Verdict, judge_arrays
from apps.evaluations.metrics import wilson_interval
from apps.evaluations.report import column
from benchmarks.figures import Row

Results = Sequence[CaseResult]


def verdict_on(candidate: Results, incumbent: Results) -> Verdict:
    """With the primary metric, the guardrails and the margins that the server judges by."""
    title, measure = PRIMARIES[RIGHT]
    primary = Paired(Metric(RIGHT, title, "share", 0.0), column(candidate, measure), column(incumbent, measure))
    strata = Counter(each.expected.case_type for each in candidate)
    guardrails = guardrail_pairs(Comparison(candidate, incumbent), without=RIGHT)
    return judge_arrays(primary, guardrails, SetFacts(len(candidate), strata))


@dataclass
class Tally:
    trials: int = 0
    refused: int = 0
    by_guardrail: int = 0  # refused by a guardrail, whatever the primary metric says
    by_share: int = 0  # what a gate would refuse that asks for nothing but a higher share of right cases
    reasons: Counter[str] = field(default_factory=Counter)  # how often each metric refused

    def add(self, candidate: Results, incumbent: Results) -> None:
        verdict = verdict_on(candidate, incumbent)
        self.trials += 1
        self.refused += not verdict.passed
        self.by_guardrail += any(line.role == "guardrail" and not line.held for line in verdict.lines)
        self.reasons.update(line.title for line in verdict.lines if not line.held)
        self.by_share += sum(each.right for each in candidate) <= sum(each.right for each in incumbent)

    @property
    def why(self) -> str:
        """What refused, most often first."""
        told = (f"“{title}” {count}" for title, count in self.reasons.most_common(3))
        return f"Refused by {', '.join(told)} of {self.trials} times." if self.reasons else ""

    def row(self, figure: str, count: int, bar: str = "", note: str = "") -> Row:
        """`count` of the trials, as a share in percent."""
        low, high = (100 * end for end in wilson_interval(count, self.trials))
        return Row(figure, 100 * count / self.trials, "%", self.trials, bar=bar, note=note, low=low, high=high)
