"""Finding the people whose data it is, and the register of what they have asked for."""

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from apps.cases.models import Case, Subject
from apps.compliance.models import DataRequest

MOST = 20


def find_people(asked: str) -> list[Subject]:
    """By reference, or by a case's number or own id, each with `count` of cases. The most exact ones first."""
    of_cases = Case.objects.filter(Q(number__iexact=asked) | Q(external_id=asked) | Q(customer__iexact=asked))
    found = Subject.objects.filter(Q(reference__icontains=asked) | Q(pk__in=of_cases.values("subject")))
    return list(found.annotate(count=Count("cases")).order_by("reference")[:MOST])


def register(state: str) -> QuerySet[DataRequest]:
    """Requests in one state, or overdue, or all of them: what is due soonest first."""
    requests = DataRequest.objects.select_related("subject", "case")
    if state == "overdue":
        return requests.filter(state=DataRequest.State.OPEN, due_on__lt=timezone.localdate())
    if state == "all":
        return requests.order_by("-received_on", "-id")
    chosen = state if state in DataRequest.State.values else DataRequest.State.OPEN
    return requests.filter(state=chosen)


def waiting() -> int:
    """Requests in work."""
    return DataRequest.objects.filter(state=DataRequest.State.OPEN).count()
