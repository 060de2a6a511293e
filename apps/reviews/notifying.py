"""Telling people what they should know: in the app at once, and in an e-mail that holds numbers and a link only."""

from collections import Counter
from collections.abc import Collection, Iterable
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.urls import reverse

from apps.audit.entries import record
from apps.cases.models import Case
from apps.reviews.terms import Notification, NotificationChoice
from apps.tenants.actors import SYSTEM, Actor
from apps.tenants.models import Domain, Membership
from apps.tenants.schemas import current_schema, in_public

Kind = Notification.Kind
KEPT = 500  # of one person; older ones go when new ones come


def notify(*, to: Collection[UUID], kind: Notification.Kind, text: str, case: Case) -> None:
    """As `tell`, of a case: the link leads to its page."""
    tell(to=to, kind=kind, text=text, link=reverse("review_case", args=[case.number]))


def tell(*, to: Collection[UUID], kind: Notification.Kind, text: str, link: str) -> None:
    """Tell these people, each as they have chosen. Belongs into the transaction of the deed that it tells of."""
    people = set(to)
    choices = {each.person_id: each for each in NotificationChoice.objects.filter(person_id__in=people, kind=kind)}
    made = []
    for person in sorted(people):
        choice = choices.get(person)
        in_app, by_mail = (choice.in_app, choice.by_mail) if choice else (True, True)
        if in_app or by_mail:
            made.append(Notification(person_id=person, kind=kind, text=text, link=link, in_app=in_app, by_mail=by_mail))
    Notification.objects.bulk_create(made)


def of_person(actor: Actor) -> QuerySet[Notification]:
    return Notification.objects.filter(person_id=actor.id, in_app=True)


def unseen(actor: Actor) -> int:
    return of_person(actor).filter(seen_at=None).count()


def see(*, actor: Actor, notification: UUID | None = None) -> int:
    """Mark one of the person's notifications as seen, or all. Returns how many there were."""
    mine = of_person(actor).filter(seen_at=None)
    return (mine.filter(pk=notification) if notification else mine).update(seen_at=Now())


def choices_of(actor: Actor) -> list[tuple[Notification.Kind, bool, bool]]:
    """Each kind with whether the person wants it in the app and by mail."""
    found = {each.kind: each for each in NotificationChoice.objects.filter(person_id=actor.id)}
    return [
        (kind, found[kind].in_app, found[kind].by_mail) if kind in found else (kind, True, True)
        for kind in Notification.Kind
    ]


@transaction.atomic
def choose(*, actor: Actor, in_app: Iterable[str], by_mail: Iterable[str]) -> None:
    """What the person wants to hear of from now on, by kind."""
    before = {kind.value: [app, mail] for kind, app, mail in choices_of(actor)}
    wanted_in_app, wanted_by_mail = set(in_app), set(by_mail)
    after = {kind.value: [kind in wanted_in_app, kind in wanted_by_mail] for kind in Notification.Kind}
    if after == before:
        return
    NotificationChoice.objects.bulk_create(
        [
            NotificationChoice(person_id=actor.id, kind=kind, in_app=app, by_mail=mail)
            for kind, (app, mail) in after.items()
        ],
        update_conflicts=True,
        unique_fields=["person_id", "kind"],
        update_fields=["in_app", "by_mail"],
    )
    record(actor=actor, action="notifications.chosen", object=f"person:{actor.id}", before=before, after=after)


def send_digests() -> int:
    """One e-mail to each person who has news since the last one: how much of which kind. Returns how many went out.

    Names, case numbers and texts stay in the app, behind the sign-in: the mail passes through the hands of others.
    """
    waiting = Notification.objects.filter(by_mail=True, mailed_at=None)
    people = set(waiting.order_by().values_list("person_id", flat=True).distinct())
    members = Membership.objects.select_related("user").filter(user_id__in=people, active=True)
    left = people - {member.user_id for member in members}
    waiting.filter(person_id__in=left).update(mailed_at=Now())  # they do not work here any more
    return sum(_send_digest(member) for member in members)


@transaction.atomic
def _send_digest(member: Membership) -> bool:
    """Marked first and sent last, within one transaction: an error sends it again, a crash may send it twice."""
    mine = Notification.objects.select_for_update(skip_locked=True).filter(
        person_id=member.user_id, by_mail=True, mailed_at=None
    )
    news = list(mine)
    if not news:
        return False
    Notification.objects.filter(pk__in=[each.pk for each in news]).update(mailed_at=Now())
    counts = Counter(each.get_kind_display() for each in news)
    record(
        actor=SYSTEM, action="digest.sent", object=f"person:{member.user_id}", after={"notifications": str(len(news))}
    )
    lines = [f"{count} × {title}" for title, count in sorted(counts.items())]
    address = f"{site()}{reverse('notifications')}"
    EmailMessage(
        subject=f"Thinslice: {len(news)} {'thing' if len(news) == 1 else 'things'} to look at",
        body="\n".join([*lines, "", address, "", "What you are told of, and how, is chosen on that page."]),
        to=[member.user.email],
    ).send()
    return True


def site() -> str:
    """The tenant's own address."""
    schema = current_schema()
    with in_public():
        domain = Domain.objects.filter(tenant_id=schema).order_by("-is_primary", "domain").first()
    host = domain.domain if domain else settings.BASE_DOMAIN
    return f"https://{host}" if settings.HTTPS else f"http://{host}:{settings.PORT}"
