"""A small site with a view of each kind of access."""

from typing import ClassVar

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.tenants.actors import actor_of
from apps.tenants.capabilities import Capability, member_page, public_page, requires
from apps.tenants.requests import MemberRequest
from config.urls_tenant import urlpatterns as real


@public_page
def everyone(request: MemberRequest) -> HttpResponse:
    return HttpResponse("come in")


@member_page
def members(request: MemberRequest) -> HttpResponse:
    return HttpResponse(actor_of(request).name)


@requires(Capability.REVIEWS_DECIDE)
def deciders(request: MemberRequest) -> HttpResponse:
    return HttpResponse(f"{request.tenant.name}: {actor_of(request).role}")


def undeclared(request: MemberRequest) -> HttpResponse:
    return HttpResponse("nobody said who may see this")


class Cases(APIView):
    required_capability: ClassVar = {"GET": Capability.CASES_VIEW, "POST": Capability.CASES_ADMIT}

    def get(self, request: Request) -> Response:
        return Response({"actor": actor_of(request).kind, "name": actor_of(request).name})

    def post(self, _: Request) -> Response:
        return Response({}, status=201)


class Undeclared(APIView):
    def get(self, _: Request) -> Response:
        return Response("nobody said who may read this")


urlpatterns = [
    *real,
    path("everyone/", everyone),
    path("members/", members),
    path("deciders/", deciders),
    path("undeclared/", undeclared),
    path("api/cases", Cases.as_view()),
    path("api/undeclared", Undeclared.as_view()),
]
