"""The load of the next fortnight, and whom it takes: the page, and the same for programs."""

from dataclasses import asdict, dataclass
from datetime import date

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.insights.load import Day, Load
from apps.insights.load_model import BUSIEST, HORIZON
from apps.planning.charts import BOTTOM, LEFT, RIGHT, TOP, Scale
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest
from apps.workflows.models import Workflow


@dataclass(frozen=True)
class Drawing:
    line: str
    band: str
    up: tuple[tuple[str, float], ...]
    across: tuple[tuple[str, float], ...]


@requires(Capability.CONFIG_VIEW)
@require_GET
def load_page(request: MemberRequest) -> HttpResponse:
    workflow = Workflow.objects.first()
    load = Load(workflow) if workflow else None
    context: dict[str, object] = {"workflow": workflow, "load": load, "busiest": BUSIEST, "horizon": HORIZON}
    if load and load.enough:
        context |= {"chart": _drawn(load.days), "day": _chosen(request.GET.get("day", ""), load.days)}
    return render(request, "insights/load.html", context)


@requires(Capability.CONFIG_VIEW)
@require_GET
def load_data(_: MemberRequest) -> JsonResponse:
    workflow = Workflow.objects.first()
    load = Load(workflow) if workflow else None
    if load is None or not load.enough:
        raise Http404
    return JsonResponse(
        {
            "cases_for_each_recorded": round(load.scale, 3),
            "share_decided_by_people": round(load.share, 4),
            "waiting_for_a_person": load.waiting,
            "minutes_of_a_person_a_case": load.minutes,
            "seconds_of_a_worker_a_case": load.seconds,
            "begun_within_minutes_of_working_time": load.begin_within,
            "backtest": asdict(load.tested) if load.tested else None,
            "days": [asdict(each) | {"day": each.day.isoformat()} for each in load.days],
        }
    )


def _chosen(asked: str, days: list[Day]) -> Day:
    """The one that is asked for, else the first that is open."""
    try:
        wanted: date | None = date.fromisoformat(asked)
    except ValueError:
        wanted = None
    opened = next((each for each in days if not each.closed), days[0])
    return next((each for each in days if each.day == wanted), opened)


def _drawn(days: list[Day]) -> Drawing:
    up = Scale(0.0, max(each.high for each in days) * 1.05 or 1.0, BOTTOM, TOP)
    across = Scale(0.0, float(len(days) - 1), LEFT + 12, RIGHT - 20)
    above = [f"{across(at)},{up(each.high)}" for at, each in enumerate(days)]
    below = [f"{across(at)},{up(each.low)}" for at, each in enumerate(days)]
    return Drawing(
        line=" ".join(f"{across(at)},{up(each.expected)}" for at, each in enumerate(days)),
        band=" ".join([*above, *reversed(below)]),
        up=tuple((f"{value:,.0f}" if value >= 10 else f"{value:.3g}", at) for value, at in up.ticks(4)),
        across=tuple((f"{each.day:%a} {each.day.day}", across(at)) for at, each in enumerate(days))[::2],
    )
