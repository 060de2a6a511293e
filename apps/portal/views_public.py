"""The public site: the front page, the concepts, and what search engines and models read first."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.planning.tools import TOOLS, embedded
from apps.portal.concepts import SUMMARY, concepts, for_models, linked_data, product_data
from apps.tenants.capabilities import public_page
from apps.tenants.models import Domain

PAGES = ("landing", *(tool.page for tool in TOOLS), "concepts")


@public_page
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """What this is. Who uses it is nobody's business: the tenants are listed on a developer's machine only."""
    domains = Domain.objects.select_related("tenant").order_by("tenant__name") if settings.DEBUG else []
    port = "" if settings.HTTPS else f":{settings.PORT}"
    scheme = "https" if settings.HTTPS else "http"
    links = [(domain.tenant, f"{scheme}://{domain.domain}{port}/") for domain in domains]
    data = embedded(product_data(_site(request)))
    return render(
        request,
        "portal/landing.html",
        {"links": links, "concepts": concepts().values(), "summary": SUMMARY, "data": data},
    )


@public_page
@require_safe
def concept_list(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/concepts.html", {"concepts": concepts().values()})


@public_page
@require_safe
def concept_page(request: HttpRequest, slug: str) -> HttpResponse:
    concept = concepts().get(slug)
    if concept is None:
        raise Http404
    data = embedded(linked_data(concept, request.build_absolute_uri(), _site(request)))
    others = [each for each in concepts().values() if each != concept]
    return render(request, "portal/concept.html", {"concept": concept, "others": others, "data": data})


@public_page
@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    return HttpResponse(for_models(_site(request)), content_type="text/plain; charset=utf-8")


@public_page
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"User-agent: *\nAllow: /\nSitemap: {_site(request)}sitemap.xml\n", content_type="text/plain")


@public_page
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    paths = [reverse(name) for name in PAGES] + [reverse("concept", args=[slug]) for slug in concepts()]
    addresses = [request.build_absolute_uri(path) for path in paths]
    return render(request, "portal/sitemap.xml", {"addresses": addresses}, content_type="application/xml")


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/")
