import sys
from typing import Any

from django.core.management.base import BaseCommand
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from demo import (
    anomalies,
    build,
    cadence,
    compliance,
    day_ten,
    engagements,
    exports,
    history,
    labelling,
    library,
    maps,
    past,
    reports,
    returns,
    scope,
    second_looks,
    sow,
    summary,
    traffic,
)
from demo.world import tenants


class Command(BaseCommand):
    help = "Send the demo's cases in, wait until each rests, and sum up. 0 when all rest and the log verifies."

    def handle(self, *_: Any, **__: Any) -> None:
        console = Console()
        world = tenants()
        summary.invite(world, console)
        for tenant in world:
            engagements.begin(tenant)
            maps.draw(tenant)
            scope.list_systems(tenant)
            sow.agree(tenant)
            build.ask(tenant)
            library.give(tenant)
            reports.set_rates(tenant)
            returns.agree(tenant)
        live = [tenant for tenant in world if tenant.has_release]  # the others have no release, and no case comes in
        columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console) as progress:
            judging = progress.add_task("Candidates judged", total=sum(len(tenant.candidates) for tenant in live))
            sending = progress.add_task("Cases sent in", total=sum(len(traffic.chosen(tenant)) for tenant in live))
            resting = progress.add_task("Cases at rest", total=None)
            try:
                for tenant in live[1:]:
                    history.ask_ahead(tenant)
                for tenant in live:
                    history.tell(tenant, lambda: progress.advance(judging))
            except history.NotEvaluated as problem:
                console.print(f"[bold red]{problem}[/]")
                sys.exit(1)
            progress.update(judging, total=progress.tasks[judging].completed)  # none where they were judged before
            for tenant in live:  # the labelled set that the tenth day rests on is signed by now
                day_ten.decide(tenant)
            numbers = {tenant.slug: past.reserve(tenant) for tenant in live}
            for tenant in live:
                traffic.send(tenant, lambda: progress.advance(sending))
            remembering = progress.add_task("Past weeks written", total=len(live))
            for tenant in live:  # while the workers are at the cases of today
                past.bring_over(tenant, numbers[tenant.slug])
                labelling.begin_draft(tenant)
                history.simulate_slice(tenant)
                progress.advance(remembering)
            try:
                for at_rest, in_all in traffic.resting(live):
                    progress.update(resting, completed=at_rest, total=in_all)
            except traffic.Stuck as stuck:
                console.print(f"[bold red]{stuck}[/]")
            for tenant in live:
                history.look_for_drift(tenant)
                second_looks.look_again(tenant)
                second_looks.learn(tenant)
                anomalies.look_back(tenant)
                exports.ask_first(tenant)
            for tenant in world:
                compliance.begin(tenant)
                reports.send_last(tenant)
                cadence.keep(tenant)
        if not summary.show(world, console):
            sys.exit(1)
