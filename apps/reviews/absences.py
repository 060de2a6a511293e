"""Who is away and who stands in; and to whom a case goes that is meant for a role or a person."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.audit.entries import record
from apps.cases.models import Case
from apps.reviews import calendars
from apps.reviews.deciding import may_decide
from apps.reviews.refusals import Refused
from apps.reviews.terms import Absence
from apps.tenants.actors import Actor
from apps.tenants.capabilities import Capability, Role, capabilities_of
from apps.tenants.models import Membership

# When everybody of a role is away and no policy says otherwise.
FALL_BACK = {
    Role.SENIOR_REVIEWER: Role.DECISION_OWNER,
    Role.DECISION_OWNER: Role.SENIOR_REVIEWER,
    Role.COMPLIANCE_OFFICER: Role.DECISION_OWNER,
}


@dataclass(frozen=True)
class Target:
    """Who gets the case: everybody of a role, or one person who has it."""

    role: Role
    person: Membership | None = None
    detour: str = ""  # why it is somebody else than was meant, in a sentence


def away_on(day: date) -> dict[UUID, Absence]:
    """Who is away that day, by person."""
    return {each.person_id: each for each in Absence.objects.filter(first__lte=day, last__gte=day)}


def absences_of(person: UUID | str) -> QuerySet[Absence]:
    """Those that are not over."""
    return Absence.objects.filter(person_id=person, last__gte=calendars.today())


def resolve(to: str, otherwise: Role | None = None) -> Target:
    """Who gets what is meant for `to`: a role, the id or the e-mail address of a person. Raises Refused for nobody.

    A person who is away is stood in for by whom they named, or else by the role `otherwise`; a role, when all are away.
    """
    away = away_on(calendars.today())
    if to in FALL_BACK:
        return _for_role(Role(to), otherwise or FALL_BACK[Role(to)], away)
    person = member_called(to)
    if person is None or person.role not in FALL_BACK:
        raise Refused("Choose who should decide: a role, or a person whose role decides.")
    absence = away.get(person.user_id)
    if absence is None:
        return Target(Role(person.role), person)
    why = f"{person.user.name} is away until {absence.last:%d %B}"
    stand_in = member_called(str(absence.stand_in_id)) if absence.stand_in_id else None
    if stand_in and stand_in.role in FALL_BACK and stand_in.user_id not in away:
        return Target(Role(stand_in.role), stand_in, f"{why}; {stand_in.user.name} stands in.")
    role = otherwise or FALL_BACK[Role(person.role)]
    target = _for_role(role, FALL_BACK[role], away)
    return Target(target.role, None, f"{why}, so it is with the {target.role.label.lower()}.")


class Colleague(NamedTuple):
    """Whom a case can be handed to."""

    id: UUID
    name: str
    role: str


def colleagues() -> list[Colleague]:
    """Everybody who works here, by name."""
    members = Membership.objects.filter(active=True).order_by("user__name")
    return [Colleague(*row) for row in members.values_list("user_id", "user__name", "role")]


def who_may_decide(case: Case) -> list[UUID]:
    """Everybody who may decide the case and is not away."""
    away = away_on(calendars.today())
    members = Membership.objects.select_related("user").filter(active=True)
    return [
        each.user_id
        for each in members
        if each.user_id not in away and may_decide(Actor("person", str(each.user_id), each.user.name, each.role), case)
    ]


@transaction.atomic
def enter_absence(*, actor: Actor, person: Membership, first: date, last: date, stand_in: Membership | None) -> Absence:
    """Days on which the person is away. One enters one's own; a senior anybody's. Raises Refused."""
    _check_right(actor, person.user_id)
    if last < first:
        raise Refused("The last day is before the first.")
    if last < calendars.today():
        raise Refused("These days are over.")
    if (last - first).days > 366:
        raise Refused("An absence of more than a year is the end of a membership: an administrator ends it.")
    if stand_in and stand_in.user_id == person.user_id:
        raise Refused("Nobody stands in for themselves.")
    made = Absence.objects.create(
        person_id=person.user_id,
        person_name=person.user.name,
        first=first,
        last=last,
        stand_in_id=stand_in.user_id if stand_in else None,
        stand_in_name=stand_in.user.name if stand_in else "",
    )
    after = {"first": f"{first}", "last": f"{last}", "stand_in": str(made.stand_in_id or "")}
    record(actor=actor, action="absence.entered", object=f"person:{person.user_id}", after=after)
    return made


@transaction.atomic
def remove_absence(*, actor: Actor, absence: Absence) -> None:
    _check_right(actor, absence.person_id)
    before = {"first": f"{absence.first}", "last": f"{absence.last}", "stand_in": str(absence.stand_in_id or "")}
    record(actor=actor, action="absence.removed", object=f"person:{absence.person_id}", before=before)
    absence.delete()


def _check_right(actor: Actor, person: UUID) -> None:
    held = capabilities_of(actor.role)
    if str(person) != actor.id and not held & {Capability.REVIEWS_TAKE_OVER, Capability.PEOPLE_MANAGE}:
        raise Refused("A senior or an administrator enters the absences of others.")


def _for_role(role: Role, otherwise: Role, away: dict[UUID, Absence]) -> Target:
    there = set(Membership.objects.filter(role=role, active=True).values_list("user_id", flat=True))
    if there - away.keys():
        return Target(role)
    others = set(Membership.objects.filter(role=otherwise, active=True).values_list("user_id", flat=True))
    if not others - away.keys():
        return Target(role)  # nobody is there at all: it waits for whom it was meant
    why = f"Every {role.label.lower()} is away" if there else f"Nobody is a {role.label.lower()} here"
    return Target(otherwise, None, f"{why}, so it is with the {otherwise.label.lower()}.")


def member_called(who: str) -> Membership | None:
    """Who works here and has this id or e-mail address."""
    same = {"user__email__iexact": who} if "@" in who else {"user_id": _uuid(who)}
    return Membership.objects.select_related("user").filter(active=True, **same).first()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
