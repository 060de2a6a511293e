"""Two people for what weighs heavily: one approves, another checks. The database holds to it too (migration 0004)."""

from apps.cases.models import Case
from apps.reviews import policies
from apps.reviews.deciding import may_decide
from apps.reviews.models import Disposition
from apps.reviews.notifying import notify
from apps.reviews.refusals import Refused
from apps.reviews.terms import Notification
from apps.tenants.actors import Actor
from apps.tenants.models import Membership


def needed(case: Case) -> bool:
    return policies.in_force(case.workflow_id)[1].needs_two(case)


def first_approval(case: Case) -> Disposition | None:
    """The approval of the proposal as it stands that waits to be checked, or was checked."""
    found = case.dispositions.filter(kind=Disposition.Kind.PROPOSE, revision=case.revision, undone_at=None)
    return found.first()


def must_propose(actor: Actor, case: Case, first: Disposition | None, *, edited: bool) -> bool:
    """Whether this approval only counts as the first of two. Raises Refused for a second one by the same person."""
    if not needed(case):
        return False
    if first is None or edited:
        return True
    if str(first.reviewer_id) == actor.id:
        raise Refused(
            f"You approved {case.number} already, and nothing leaves before somebody else has checked it. "
            "You can still change it, reject it, or hand it to somebody."
        )
    return False


def ask_for_check(case: Case, made: Disposition, before: Disposition | None) -> None:
    """Tell those who may check, and whoever's approval was changed."""
    members = Membership.objects.select_related("user").filter(active=True).exclude(user_id=made.reviewer_id)
    able = [
        each.user_id
        for each in members
        if may_decide(Actor("person", str(each.user_id), each.user.name, each.role), case)
    ]
    text = f"{made.reviewer_name} approved {case.number}. It needs a second person."
    notify(to=able, kind=Notification.Kind.CHECK, text=text, case=case)
    if before and before.reviewer_id != made.reviewer_id:
        text = f"{made.reviewer_name} changed what you approved in {case.number}."
        notify(to=[before.reviewer_id], kind=Notification.Kind.CHECKED, text=text, case=case)


def tell_first(case: Case, made: Disposition, first: Disposition) -> None:
    """What became of the approval."""
    rejected = made.kind == Disposition.Kind.REJECT
    how = f"rejected {case.number}, which you had approved" if rejected else f"checked and approved {case.number}"
    text = f"{made.reviewer_name} {how}."
    notify(to=[first.reviewer_id], kind=Notification.Kind.CHECKED, text=text, case=case)
