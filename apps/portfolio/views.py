"""The portfolio of a consultant."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.engagements.allocation import USUAL
from apps.engagements.allocation_models import WEEK
from apps.portfolio.capacity import FULL, weeks
from apps.portfolio.reading import portfolio
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.PORTFOLIO_VIEW)
@require_GET
def portfolio_page(request: MemberRequest) -> HttpResponse:
    rows, own = portfolio(request.membership.user_id), request.GET.get("week", "")
    hours = int(own) if own.isascii() and own.isdigit() and int(own) <= WEEK else FULL
    coming = weeks([(each.tenant, each.site, each.plan) for each in rows], hours)
    context = {
        "rows": rows,
        "weeks": coming,
        "hours": hours,
        "usual": USUAL,
        "problem": own and own != str(hours),
        "over": [each for each in coming if each.over],
        "assumed": any(each.planned.assumed for week in coming for each in week.parts),
    }
    return render(request, "portfolio/portfolio.html", context, status=400 if context["problem"] else 200)
