"""The label column of a file that comes in: what experts chose for its cases, kept for a labelled set."""

from apps.cases.submission import Submission
from apps.evaluations.labels import Expected, Labelled
from apps.taxonomies.content import OUT_OF_SCOPE, Taxonomy


class LabelColumn:
    """Called with each case and its label, which is a case type's slug or title. Gives what is wrong with it, or ""."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._types = {kind.title.lower(): kind.slug for kind in taxonomy.case_types}
        self._types |= {kind.slug: kind.slug for kind in taxonomy.case_types} | {OUT_OF_SCOPE: OUT_OF_SCOPE}
        self._known = ", ".join(kind.slug for kind in taxonomy.case_types)
        self.cases: dict[str, Labelled] = {}  # by external id; the first one counts

    def __call__(self, submission: Submission, label: str) -> str:
        slug = self._types.get(label.strip().lower())
        if slug is None:
            shown = f"“{label[:60]}”" if label[:60].isprintable() else "This"
            return f"{shown} is no case type of the taxonomy, which has {self._known} and {OUT_OF_SCOPE}."
        self.cases.setdefault(submission.external_id, Labelled(submission, Expected(case_type=slug), ()))
        return ""
