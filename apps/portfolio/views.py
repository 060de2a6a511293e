"""The portfolio of a consultant."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.portfolio.reading import portfolio
from apps.tenants.capabilities import Capability, requires
from apps.tenants.requests import MemberRequest


@requires(Capability.PORTFOLIO_VIEW)
@require_GET
def portfolio_page(request: MemberRequest) -> HttpResponse:
    rows = portfolio(request.membership.user_id)
    return render(request, "portfolio/portfolio.html", {"rows": rows})
