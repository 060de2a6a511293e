"""Friday: does each type keep the promise, has anything drifted, what stands by override, and do people agree."""

from collections import Counter
from datetime import timedelta

from django.urls import reverse

from apps.engagements.cadence.ritual_steps import Link, Occasion, Step, Table, percent, within
from apps.evaluations.drift_models import DriftReport
from apps.evaluations.metrics import wilson_interval
from apps.evaluations.promise_form import stated_promise
from apps.evaluations.review_quality import FEWEST, agreement_by_type, known_answers
from apps.evaluations.thresholds import CannotStudy, TypeStudy, study
from apps.reviews.models import BlindReview
from apps.workflows.models import Warrant

LATELY = timedelta(days=28)


def steps(occasion: Occasion) -> list[Step]:
    return [
        Step(
            "promise",
            "Promised and observed",
            "Which type breaks its promise, or has too few looks to tell? What follows for its threshold?",
            _promise(occasion),
            [Link("Calibration", reverse("calibration")), Link("Review quality", reverse("quality"))],
        ),
        Step(
            "drift",
            "Drift",
            "Are the cases still those that the release was made for?",
            [_drift(occasion)],
            [Link("Drift", reverse("drift")), Link("Decisions", reverse("decisions"))],
        ),
        Step(
            "overrides",
            "Overrides that stand",
            "May each stand until it ends, or does it end now?",
            [_overrides(occasion)],
            [Link("Releases", reverse("releases"))],
        ),
        *(() if occasion.past else (_agreement_step(occasion),)),
    ]


def _promise(occasion: Occasion) -> list[Table]:
    """Thresholds on held-out answers, beside what people said who looked blind at what cleared in four weeks."""
    plan, promise = occasion.plan, stated_promise(occasion.workflow)
    if plan is None:
        return [Table("By case type", (), (), "No release has been in production yet.")]
    looked, otherwise = _looks(occasion)
    try:
        found = study(plan.incumbent, promise)
    except CannotStudy as problem:
        return [Table("By case type", (), (), str(problem))]
    rows = [_type(each, looked[each.slug], otherwise[each.slug], promise.risk) for each in found.types]
    rest = {slug: n for slug, n in looked.items() if slug not in {each.slug for each in found.types}}
    rows += [
        _row(occasion.title(slug), "", "by rule", n, otherwise[slug], promise.risk) for slug, n in sorted(rest.items())
    ]
    n, wrong = looked.total(), otherwise.total()
    rows.append(_row("All of them", "", f"{found.now.wrong:,} wrong of {found.now.taken:,}", n, wrong, promise.risk))
    note = (
        f"{plan.incumbent.label} promises {promise}. Held out: what its classifier said of {found.cases:,} labelled "
        f"cases that it had not learnt from. Observed: {n:,} cases of the random sample, looked at in the "
        f"{LATELY.days} days before, with 95 % intervals."
    )
    return [Table("By case type", ("Case type", "Decides from", "Held out", "Observed wrong", "Promise"), rows, note)]


def _looks(occasion: Occasion) -> tuple[Counter[str], Counter[str]]:
    """By case type: how many were looked at, and how many of those were not to be sent so."""
    sample = BlindReview.objects.filter(
        workflow=occasion.workflow, kind=BlindReview.Kind.SAMPLE,
        decided_at__gt=occasion.now - LATELY, decided_at__lte=occasion.now,
    )  # fmt: skip
    looked, otherwise = Counter[str](), Counter[str]()
    for case_type, verdict in sample.values_list("case__case_type", "verdict"):
        looked[case_type] += 1
        otherwise[case_type] += verdict != BlindReview.Verdict.APPROVE
    return looked, otherwise


def _type(each: TypeStudy, n: int, wrong: int, risk: float) -> list[str]:
    held_out = f"{each.now.wrong:,} wrong of {each.now.taken:,}"
    return _row(each.title, f"{each.threshold:.3f}", held_out, n, wrong, risk)


def _row(title: str, threshold: str, held_out: str, n: int, wrong: int, risk: float) -> list[str]:
    if not n:
        return [title, threshold, held_out, "nobody looked", "cannot be told"]
    low, high = wilson_interval(wrong, n)
    kept = "kept" if high <= risk else "broken" if low > risk else "not beyond doubt"
    return [title, threshold, held_out, within(wrong / n, low, high, n), kept]


def _drift(occasion: Occasion) -> Table:
    reports = DriftReport.objects.filter(
        workflow=occasion.workflow, state=DriftReport.State.DONE, day__lte=occasion.now.date()
    )
    last = reports.select_related("release").first()
    if last is None:
        return Table("Measures", (), (), "Nobody had looked for drift by then.")
    rows = [
        [each["title"], f"{each['excess']:.2f} {each['unit']}", f"{each['limit']:.2f}", f"{each['n']:,}", each["state"]]
        for each in last.report["measures"]
    ]
    note = f"{last.day:%d %b %Y}: {last.report['sentence']}"
    return Table("Measures", ("Measure", "Moved beyond chance by", "Limit", "Cases", "Found"), rows, note)


def _overrides(occasion: Occasion) -> Table:
    now = occasion.now
    standing = Warrant.objects.filter(
        kind=Warrant.Kind.OVERRIDE, release__workflow=occasion.workflow, created_at__lte=now, expires_at__gt=now
    ).select_related("release")
    rows = [
        [
            each.release.label,
            each.reason,
            f"{each.proposed_name} and {each.approved_name}",
            f"{each.expires_at:%d %b %Y, %H:%M} UTC",
        ]
        for each in standing
    ]
    note = "" if rows else "None: what takes traffic has passed the gate, or was the first release."
    return Table("Emergency overrides", ("Release", "Why", "Proposed and approved by", "Until"), rows, note)


def _agreement_step(occasion: Occasion) -> Step:
    return Step(
        "agreement",
        "Do people agree",
        "Where people differ, is it the rule that is unclear, or its use?",
        [_kappa(occasion), _known()],
        [Link("Review quality", reverse("quality"))],
    )


def _kappa(occasion: Occasion) -> Table:
    rows = []
    for pair in agreement_by_type():
        found = pair.found
        kappa = "cannot be told" if found.kappa is None or found.n < FEWEST else f"{found.kappa:.2f}"
        between = "" if found.low is None or found.high is None else f" ({found.low:.2f} to {found.high:.2f})"
        same = "" if found.same is None else percent(found.same)
        said = f"{kappa}{between}" if found.n >= FEWEST else kappa
        rows.append(
            [occasion.title(pair.case_type) if pair.case_type else "All of them", f"{found.n:,}", same, said, pair.word]
        )
    note = "Cohen’s kappa between the first decision and a second, blind opinion, with 95 % intervals over cases."
    columns = ("Case type", "Cases with two opinions", "The same", "Kappa", "In words")
    return Table("Two people, one case", columns, rows, note if rows else "No case has a second opinion yet.")


def _known() -> Table:
    titles = ("Wrong drafts that were stopped", "Right drafts that were let through")
    rows = [
        [title, within(rate.share, rate.low, rate.high, rate.n) if rate.share is not None else "none looked at"]
        for title, rate in zip(titles, known_answers(), strict=True)
    ]
    return Table("Known answers", ("What", "Share"), rows, "Cases whose right answer is known, laid among the others.")
