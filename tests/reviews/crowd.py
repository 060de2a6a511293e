"""Many waiting cases at once, alike but for what is asked for. They have no steps: for what only reads the queue."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

from django.utils import timezone
from uuid6 import uuid7

from apps.cases.models import Case
from tests.factories import waiting_case

_numbers = count(1)


def crowd(size: int, vary: Callable[[int], dict[str, object]] = lambda _: {}) -> list[Case]:
    """`vary(n)` gives the fields of the n-th, from 0. Each has waited a second less than the one before."""
    pattern = waiting_case()
    fields = {
        field.attname: getattr(pattern, field.attname) for field in Case._meta.concrete_fields if not field.primary_key
    }
    since = timezone.now() - timedelta(days=1)
    cases = []
    for n in range(size):
        name = f"crowd-{next(_numbers)}"
        own = {"number": name, "external_id": name, "in_review_since": since + timedelta(seconds=n), **vary(n)}
        cases.append(Case(id=uuid7(), **{**fields, **own}))
    Case.objects.filter(pk=pattern.pk).update(state="closed")
    return Case.objects.bulk_create(cases)
