"""The labelling page: one case, questions answered by key, saved as one goes."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.evaluations import labelling, looks
from apps.evaluations.coverage import taxonomy_for
from apps.evaluations.drafts import DraftRefused
from apps.evaluations.label_form import AnswersRefused, answers_in, questions
from apps.evaluations.labels import Answers
from apps.evaluations.models import LabelledCase, LabelledSet
from apps.evaluations.passages import find_passages, passages_named
from apps.tenants.actors import Actor, actor_of
from apps.tenants.capabilities import Capability, capabilities_of, requires
from apps.tenants.requests import MemberRequest

OWN = "own"  # the third answer, as the adjudication's form names it


@requires(Capability.LABELS_GIVE)
@require_GET
def next_case(request: MemberRequest, set_id: int) -> HttpResponse:
    draft = get_object_or_404(LabelledSet, pk=set_id, state=LabelledSet.State.DRAFT)
    case = labelling.to_label(draft, actor_of(request)).first()
    if case is None:
        messages.success(request, "There is nothing left for you to label in this draft.")
        return redirect("labelled_set", set_id)
    return redirect("label", set_id, case.pk)


@requires(Capability.CONFIG_VIEW)
@require_GET
def label_page(request: MemberRequest, set_id: int, case_id: int) -> HttpResponse:
    case = _case(set_id, case_id)
    if looks.is_closed(case):
        return render(request, "evaluations/labels_closed.html", {"case": case, "set": case.labelled_set})
    return _show(request, case)


@requires(Capability.CONFIG_VIEW)
@require_POST
def holdout_look(request: MemberRequest, set_id: int, case_id: int) -> HttpResponse:
    """Show a holdout case, after it was counted that this person looks at it."""
    case = _case(set_id, case_id)
    looks.look(actor=actor_of(request), case=case)
    return _show(request, case)


@requires(Capability.LABELS_GIVE)
@require_POST
def label_saving(request: MemberRequest, set_id: int, case_id: int) -> HttpResponse:
    """Keep the answers. A program gets JSON; a form without one goes on to the next case."""
    case, actor = _case(set_id, case_id), actor_of(request)
    complete = request.POST.get("do") == "complete"
    by_program = request.headers.get("Accept", "").startswith("application/json")
    try:
        answers = answers_in(request.POST, taxonomy_for(case.labelled_set.workflow))
        label = labelling.save_label(
            actor=actor, case=case, answers=answers, revision=_revision(request), complete=complete
        )
    except (AnswersRefused, labelling.LabelRefused, DraftRefused) as error:
        if by_program:
            status = 409 if isinstance(error, labelling.Outdated) else 400
            return JsonResponse({"problem": str(error)}, status=status)
        return _show(request, case, problem=str(error))
    if by_program:
        return JsonResponse({"revision": label.revision})
    following = _neighbours(case, actor)["following"] if complete else case
    return redirect("label", set_id, following.pk) if following else redirect("label_next", set_id)


@requires(Capability.RELEASES_PROMOTE)
@require_POST
def adjudication(request: MemberRequest, set_id: int, case_id: int) -> HttpResponse:
    case = _case(set_id, case_id)
    try:
        chosen = _chosen(request, case)
        note = request.POST.get("note", "").replace("\x00", "")[:2000]
        labelling.adjudicate(actor=actor_of(request), case=case, expected=chosen.expected, note=note)
        messages.success(request, f"{case.external_id}: {chosen.who} holds.")
    except (AnswersRefused, labelling.LabelRefused, DraftRefused) as error:
        messages.error(request, str(error))
        return _show(request, case)
    return redirect("labelled_set", set_id)


def _chosen(request: MemberRequest, case: LabelledCase) -> labelling.Opinion:
    """One of the labels that differ, or the owner's own answers, where neither is right. Raises LabelRefused."""
    place = request.POST.get("opinion", "")
    if place == OWN:
        answers = answers_in(request.POST, taxonomy_for(case.labelled_set.workflow))
        if answers.missing():
            raise labelling.LabelRefused(f"Still open: {', '.join(answers.missing())}.")
        return labelling.Opinion("your own answer", answers.expected())
    opinions = {str(number): each for number, each in enumerate(labelling.opinions_on(case))}
    if place not in opinions:
        raise labelling.LabelRefused("Choose the answer that holds.")
    return opinions[place]


@requires(Capability.LABELS_GIVE)
@require_GET
def passages_found(request: MemberRequest, set_id: int) -> HttpResponse:
    workflow = get_object_or_404(LabelledSet.objects.select_related("workflow__production"), pk=set_id).workflow
    words = request.GET.get("q", "").replace("\x00", "")[:200]
    return render(
        request, "evaluations/labels_passages.html", {"found": find_passages(workflow, words), "words": words}
    )


def _show(request: MemberRequest, case: LabelledCase, problem: str = "") -> HttpResponse:
    actor = actor_of(request)
    own = labelling.label_of(case, actor)
    answers = Answers.model_validate(own.answers) if own and own.answers else Answers()
    seen = labelling.may_see_answers(case, actor)
    opinions = labelling.opinions_on(case) if seen else []
    context = {
        "case": case,
        "set": case.labelled_set,
        "own": own,
        "must": "\n".join(answers.must),
        "must_not": "\n".join(answers.must_not),
        "chosen": passages_named(case.labelled_set.workflow, answers.passages),
        "questions": questions(taxonomy_for(case.labelled_set.workflow), answers),
        "opinions": opinions,
        "differences": [each.replace("_", " ") for each in labelling.differences(opinions)],
        "in_force": case.expected if seen else None,
        "problem": problem,
        **_neighbours(case, actor),
        **_allowed(case, actor),
    }
    return render(request, "evaluations/labels_case.html", context, status=400 if problem else 200)


def _allowed(case: LabelledCase, actor: Actor) -> dict[str, bool]:
    draft = case.labelled_set.state == LabelledSet.State.DRAFT
    held = capabilities_of(actor.role)
    return {
        "draft": draft,
        "may_label": draft and Capability.LABELS_GIVE in held,
        "may_adjudicate": draft and case.disputed and Capability.RELEASES_PROMOTE in held,
    }


def _neighbours(case: LabelledCase, actor: Actor) -> dict[str, Any]:
    """The cases before and after this one that are this person's to label, and how many are left."""
    if case.labelled_set.state != LabelledSet.State.DRAFT:
        return {"before": None, "following": None, "left": 0}
    waiting = labelling.to_label(case.labelled_set, actor).exclude(pk=case.pk)
    mine = case.labelled_set.cases.filter(labels__labeller_id=actor.id).order_by("labels__saved_at")
    saved = case.labels.filter(labeller_id=actor.id).values_list("saved_at", flat=True).first()
    earlier = (
        mine.filter(labels__labeller_id=actor.id, labels__saved_at__lt=saved) if saved else mine.exclude(pk=case.pk)
    )
    return {
        "before": earlier.last(),
        "following": waiting.filter(pk__gt=case.pk).order_by("pk").first(),
        "left": waiting.count(),
    }


def _case(set_id: int, case_id: int) -> LabelledCase:
    known = LabelledCase.objects.select_related("labelled_set__workflow__production")
    return get_object_or_404(known, pk=min(case_id, 2**63 - 1), labelled_set_id=min(set_id, 2**63 - 1))


def _revision(request: MemberRequest) -> int:
    text = request.POST.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
