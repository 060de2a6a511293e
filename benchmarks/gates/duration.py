"""How long does an evaluation take, and how long the next one, when only thresholds have changed?

In a worker, on the cases of the demo's retailer.
"""

import os
from collections.abc import Iterator
from time import perf_counter, sleep

import psutil

from apps.evaluations.labels import Labelled, read_labelled
from apps.evaluations.models import LabelledSet
from apps.evaluations.run_models import EvaluationRun
from apps.evaluations.runs import evaluate
from apps.evaluations.services import create_labelled_set
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from benchmarks.figures import Row
from benchmarks.stage import Stage, stop
from benchmarks.traffic import northgate, seeded

HELD_OUT = 500  # cases at least
LOOK_SECONDS = 0.05
LONGEST_SECONDS = 600
OPENINGS = (
    "", "Hello,", "Good morning,", "Dear team,", "I wrote to you before.", "A question from a customer of yours.",
)  # fmt: skip


def rows(made: Stage) -> Iterator[Row]:
    load = f"Load {os.getloadavg()[0]:.1f}"
    with seeded() as tenant:
        workflow = Workflow.objects.select_related("production").get(slug=tenant.workflow.slug)
        assert workflow.production
        cases = [case for opening in OPENINGS for case in opened(opening)]
        labelled_set = create_labelled_set(actor=SYSTEM, workflow=workflow, name="Many cases", cases=cases)
        worker = made.process(
            "-m", "celery", "-A", "config.celery", "worker", "--queues", "evaluation", "--pool", "prefork",
            "--concurrency", "2", "--hostname", "evaluation@localhost", "--without-gossip", "--without-mingle",
        )  # fmt: skip
        try:
            before = processor_seconds(worker.pid)
            run, seconds = timed(workflow.production, labelled_set)
            busy = processor_seconds(worker.pid) - before
            again, fewer = timed(stricter(workflow), labelled_set)
        finally:
            stop(worker)
    if run.total < HELD_OUT or again.cached != again.total:
        raise RuntimeError(f"{run.total} cases were held out, and {again.cached} of {again.total} were remembered.")
    note = f"One worker, PostgreSQL on the other core, from asking until the report is there. {load} when it began."
    yield Row("Evaluating at least 500 cases with the local models", seconds, "s", run.total, bar="<= 120", note=note)
    yield Row("of which processor time of the worker", busy, "s", run.total)
    yield Row("The same when only thresholds have changed", fewer, "s", again.total, bar="<= 10")


def opened(opening: str) -> Iterator[Labelled]:
    """The demo's labelled cases, each begun in this way, so that no two cases have the same words."""
    for row in northgate().cases():
        labelled = read_labelled(row)
        before = labelled.submission
        text, name = f"{opening} {before.text}".strip(), f"{before.external_id}-{OPENINGS.index(opening)}"
        yield labelled._replace(submission=before.model_copy(update={"external_id": name, "text": text}))


def stricter(workflow: Workflow) -> Release:
    """What is in production, with a higher threshold."""
    assert workflow.production
    manifest = manifest_of(workflow.production)
    intake = manifest.intake.model_copy(update={"high": "0.990000"})
    return create_release(
        actor=SYSTEM, workflow=workflow, manifest=manifest.model_copy(update={"intake": intake}), note="Stricter."
    )


def processor_seconds(pid: int) -> float:
    """Of the process and its children, so far: what an evaluation takes however busy the machine is."""
    first = psutil.Process(pid)
    return float(sum(sum(each.cpu_times()[:2]) for each in (first, *first.children(recursive=True))))


def timed(release: Release, labelled_set: LabelledSet) -> tuple[EvaluationRun, float]:
    begin = perf_counter()
    run = evaluate(actor=SYSTEM, release=release, labelled_set=labelled_set)
    while run.state in EvaluationRun.UNFINISHED and perf_counter() - begin < LONGEST_SECONDS:
        sleep(LOOK_SECONDS)
        run.refresh_from_db()
    if run.state != EvaluationRun.State.DONE:
        raise RuntimeError(f"The evaluation is {run.state}: {run.problem}")
    return run, perf_counter() - begin
