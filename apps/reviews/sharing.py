"""Sharing cases out: each goes to the one of those who may and can decide it who has the fewest."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Now

from apps.cases.models import Case
from apps.reviews import calendars
from apps.reviews.absences import away_on
from apps.reviews.deciding import may_decide
from apps.reviews.desk import Assignment, Reviewer
from apps.reviews.refusals import Refused
from apps.tenants.actors import Actor
from apps.tenants.models import Membership


@dataclass
class Crew:
    """The members who are here today, what each is given, and how many cases each has."""

    members: list[Membership]
    limits: dict[UUID, Reviewer]
    load: Counter[UUID] = field(default_factory=Counter)

    @classmethod
    def present(cls) -> "Crew":
        away = away_on(calendars.today())
        members = Membership.objects.filter(active=True).select_related("user").order_by("user__name")
        held = Assignment.objects.filter(Q(lease_until=None) | Q(lease_until__gt=Now()))
        loads = held.values_list("holder_id").annotate(number=Count("case"))
        return cls(
            members=[member for member in members if member.user_id not in away],
            limits={each.person_id: each for each in Reviewer.objects.all()},
            load=Counter(dict(loads)),
        )

    def next_for(self, case: Case) -> Membership:
        """Who may decide it, knows its kind, has no interest in its customer, and has the fewest. Raises Refused."""
        able = [member for member in self.members if self._able(member, case)]
        if not able:
            raise Refused(f"Nobody who is here may and can decide {case.number}, or all have as many as they may have.")
        chosen = min(able, key=lambda member: self.load[member.user_id])
        self.load[chosen.user_id] += 1
        return chosen

    def _able(self, member: Membership, case: Case) -> bool:
        if not may_decide(Actor("person", str(member.user_id), member.user.name, member.role), case):
            return False
        limits = self.limits.get(member.user_id)
        return limits is None or (
            (not limits.case_types or case.case_type in limits.case_types)
            and (not limits.languages or case.language in limits.languages)
            and (not limits.workflows or case.workflow.slug in limits.workflows)
            and (not case.customer or case.customer not in limits.conflicts)
            and (limits.most_held is None or self.load[member.user_id] < limits.most_held)
        )
