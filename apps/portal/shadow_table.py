"""What a shadow would have done beside what was done, for all cases and by case type, with 95 % intervals and n."""

from dataclasses import dataclass

from apps.cases.reading import case_types
from apps.cases.shadow import Comparison, compare_by_type
from apps.evaluations.metrics import wilson_interval
from apps.workflows.models import Release, Workflow


@dataclass(frozen=True)
class Share:
    """So many of `n`; the interval is Wilson's, at 95 %."""

    count: int
    n: int

    @property
    def words(self) -> str:
        return f"{self.count / self.n:.0%}".replace("%", " %") if self.n else "no case"

    @property
    def between(self) -> str:
        if not self.n:
            return ""
        low, high = wilson_interval(self.count, self.n)
        return f"{100 * low:.0f}–{100 * high:.0f}, n = {self.n:,}"


@dataclass(frozen=True)
class Row:
    title: str
    found: Comparison

    @property
    def same_type(self) -> Share:
        return Share(self.found.same_type, self.found.judged)

    @property
    def same_decision(self) -> Share:
        return Share(self.found.same_decision, self.found.decided)

    @property
    def also_rejected(self) -> Share:
        return Share(self.found.also_rejected, self.found.rejected)

    @property
    def would_clear(self) -> Share:
        return Share(self.found.would_clear, self.found.judged)

    @property
    def clear_but_changed(self) -> Share:
        return Share(self.found.clear_but_changed, self.found.would_clear)


@dataclass(frozen=True)
class ShadowTable:
    release: Release
    whole: Comparison
    rows: list[Row]  # all cases, then the types, the commonest first


def table_of(workflow: Workflow, release: Release) -> ShadowTable:
    compared = compare_by_type(workflow, release.pk)
    titles = case_types([each for each in (release.pk, workflow.production_id) if each])
    types = sorted(((slug, found) for slug, found in compared.items() if slug), key=lambda each: -each[1].cases)
    rows = [Row(titles.get(slug, slug.replace("_", " ").capitalize()), found) for slug, found in types]
    return ShadowTable(release, compared[""], [Row("All cases", compared[""]), *rows])
