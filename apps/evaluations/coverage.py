"""Whether a labelled set covers what the taxonomy knows: enough cases of each type, and which types lack some."""

from collections import Counter
from dataclasses import dataclass

from apps.cases.reading import taxonomy_of
from apps.evaluations.models import LabelledSet
from apps.taxonomies.content import OUT_OF_SCOPE, Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.workflows.models import Workflow

PER_TYPE = 20  # answered cases, so that a type's holdout has four
LEAST, MOST = 200, 1_000  # cases in a set


@dataclass(frozen=True)
class Stratum:
    """A case type's cases. `known` is False for a type that the taxonomy does not have (any more)."""

    slug: str
    title: str
    lane: str
    cases: int
    splits: dict[str, int]  # by split; "" for those that have none yet
    known: bool = True

    @property
    def lacking(self) -> int:
        return max(0, PER_TYPE - self.cases) if self.known else 0


@dataclass(frozen=True)
class Coverage:
    strata: list[Stratum]
    answered: int
    in_all: int

    @property
    def gaps(self) -> list[str]:
        """What is missing, in words."""
        lacking = [f"{each.title} {each.lacking}" for each in self.strata if each.lacking]
        short = [f"Cases to find for a target of {PER_TYPE}: {', '.join(lacking)}"] if lacking else []
        unknown = [
            f"“{each.slug}” is no type of the taxonomy ({each.cases} cases)" for each in self.strata if not each.known
        ]
        few = [f"{LEAST - self.answered} more answered cases to {LEAST}"] if self.answered < LEAST else []
        return few + short + unknown


def taxonomy_for(workflow: Workflow) -> Taxonomy | None:
    """What production uses, else the newest version of the workflow's taxonomy."""
    if workflow.production_id:
        return taxonomy_of(workflow.production_id)
    newest = TaxonomyVersion.objects.filter(workflow=workflow.slug).order_by("-version").first()
    return newest.taxonomy() if newest else None


def coverage_of(labelled_set: LabelledSet) -> Coverage:
    """The set's answered cases against the taxonomy's types."""
    rows = labelled_set.cases.filter(erased_at=None).values_list("expected__case_type", "split")
    counts: dict[str, Counter[str]] = {}
    for case_type, split in rows:
        if case_type:
            counts.setdefault(case_type, Counter())[split] += 1
    taxonomy = taxonomy_for(labelled_set.workflow)
    types = {kind.slug: (kind.title, kind.lane) for kind in taxonomy.case_types} if taxonomy else {}
    if taxonomy:
        types[OUT_OF_SCOPE] = (taxonomy.out_of_scope.title, "reserved")
    strata = [
        Stratum(slug, title, lane, counts.get(slug, Counter()).total(), dict(counts.get(slug, Counter())))
        for slug, (title, lane) in types.items()
    ]
    strange = [
        Stratum(slug, slug, "", of.total(), dict(of), known=False)
        for slug, of in sorted(counts.items())
        if slug not in types
    ]
    return Coverage(strata + strange, sum(of.total() for of in counts.values()), len(rows))
