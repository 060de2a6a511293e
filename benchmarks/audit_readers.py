"""How fast a case's dossier is read from a long log, and how fast the log is searched."""

from collections.abc import Callable, Iterator
from statistics import median, quantiles
from time import perf_counter

from apps.audit.indexing import index
from apps.audit.models import Checkpoint
from apps.audit.search import Asked, search, unindexed
from apps.audit.search_models import Indexed
from apps.cases.models import Case
from apps.compliance.dossier import dossier
from benchmarks.figures import Row

DEMO_CASES, DOSSIERS, SEARCHES = 60, 300, 20


def dossiers() -> Iterator[Row]:
    """Of cases that were really worked: read, and every entry of them checked against its hash."""
    size = Checkpoint.objects.order_by("-tree_size")[0].tree_size
    cases = list(Case.objects.order_by("id").values_list("pk", flat=True))
    times, entries = [], 0
    for turn in range(DOSSIERS):
        begin = perf_counter()
        whole = dossier(cases[turn % len(cases)])
        times.append(1000 * (perf_counter() - begin))
        entries += len(whole.entries)
    figure, note = f"Dossier of a case in a log of {size:,}", f"{entries / DOSSIERS:.1f} entries each, all checked"
    yield Row(f"{figure}, median", median(times), "ms", len(times), bar="<= 50", note=note)
    yield Row(f"{figure}, p99", quantiles(times, n=100)[98], "ms", len(times), note=note)


def searches() -> Iterator[Row]:
    """Fill the index, which no writer waits for, then ask for pages of 50: frequent terms, rare ones, none at all."""
    begin, count = perf_counter(), index()
    rate = count / (perf_counter() - begin)
    yield Row("Index for searching, filled after sequencing", rate, "entries/s", count, note=f"{unindexed()} left")
    worst = 0.0
    for asked in _asked():
        worst = max(worst, median(_took(lambda asked=asked: search(asked)) for _ in range(SEARCHES)))  # type: ignore[misc]
    note = "the slowest kind of search, median of its pages"
    yield Row(f"Page of 50 found in {count:,} entries", worst, "ms", SEARCHES * len(_asked()), note=note)


def _asked() -> list[Asked]:
    """What everything has, what one case has, what stands only at the beginning, and two that never meet."""
    worked = Indexed.objects.filter(terms__contains=["did:case.context"]).order_by("seq")[:DEMO_CASES]
    sources = [(row, term) for row in worked for term in row.terms if term.startswith("source:")]
    first, source = sources[0]
    rare = next(term for term in first.terms if term.startswith("case:"))
    frequent = "did:case.approved"
    return [Asked([frequent]), Asked([rare]), Asked([source]), Asked(["did:case.context"]), Asked([frequent, source])]


def _took(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return 1000 * (perf_counter() - begin)
