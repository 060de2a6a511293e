"""The public tools: no sign-in, no cookie, nothing kept. The answers are in the address, and nowhere else."""

from typing import TypeVar

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.planning import charts, sprint
from apps.planning.forms import BuildOrBuyForm, RoiForm, SprintForm
from apps.planning.roi_answer import Answer
from apps.tenants.capabilities import public_page

Tool = TypeVar("Tool", RoiForm, SprintForm, BuildOrBuyForm)


@public_page
@require_safe
def roi_page(request: HttpRequest) -> HttpResponse:
    form = _asked(RoiForm, request)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        answer = Answer(form.business())
        context |= {
            "answer": answer,
            "cash": charts.cash(answer.cumulative, *answer.cumulative_band),
            "tornado": charts.tornado(answer.swings, answer.npv) if answer.swings else None,
        }
    return render(request, "planning/roi.html", context | _shared(request))


@public_page
@require_safe
def roi_data(request: HttpRequest) -> JsonResponse:
    form = _asked(RoiForm, request)
    return _data(form, Answer(form.business()).as_json() if form.is_valid() else {})


@public_page
@require_safe
def sprint_page(request: HttpRequest) -> HttpResponse:
    form = _asked(SprintForm, request)
    plan = sprint.plan(form.idea()) if form.is_valid() else None
    return render(request, "planning/sprint.html", {"form": form, "plan": plan} | _shared(request))


@public_page
@require_safe
def sprint_data(request: HttpRequest) -> JsonResponse:
    form = _asked(SprintForm, request)
    return _data(form, sprint.plan(form.idea()).as_json() if form.is_valid() else {})


@public_page
@require_safe
def build_or_buy_page(request: HttpRequest) -> HttpResponse:
    form = _asked(BuildOrBuyForm, request)
    weighed = form.weighed() if form.is_valid() else None
    return render(request, "planning/build_or_buy.html", {"form": form, "weighed": weighed} | _shared(request))


@public_page
@require_safe
def build_or_buy_data(request: HttpRequest) -> JsonResponse:
    form = _asked(BuildOrBuyForm, request)
    return _data(form, form.weighed().as_json() if form.is_valid() else {})


def _asked(kind: type[Tool], request: HttpRequest) -> Tool:
    """The form with what the address says, and an example's values for what it leaves out."""
    said = QueryDict(mutable=True)
    for name, field in kind().fields.items():
        if field.initial is not None:
            said[name] = field.initial
    for name, values in request.GET.lists():
        said.setlist(name, values)
    return kind(said)


def _data(form: forms.Form, answer: dict[str, object]) -> JsonResponse:
    """The answer beside what was asked; for what cannot be, 400 and each field's problem."""
    if not form.is_valid():
        return JsonResponse({"errors": form.errors.get_json_data()}, status=400)
    return JsonResponse({"asked": form.cleaned_data, "answer": answer})


def _shared(request: HttpRequest) -> dict[str, object]:
    return {"example": not request.GET, "query": request.GET.urlencode()}
