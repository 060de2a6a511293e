"""The people that cases are about, each with the key that their audit digests hang on."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from uuid6 import uuid7

from apps.audit.commitments import subject_keys
from apps.cases.models import Subject
from apps.cases.submission import Submission

# In one order, so that two writers cannot wait for each other.
INSERT = """
INSERT INTO cases_subject (id, reference, created_at)
SELECT id, reference, now() FROM unnest(%s::uuid[], %s::text[]) AS new (id, reference) ORDER BY reference
ON CONFLICT DO NOTHING
"""


class Person(NamedTuple):
    subject: UUID
    key: bytes


def people_of(submissions: Sequence[Submission]) -> list[Person]:
    """The person of each submission, in its place, made where new; without a reference it is somebody new each time.

    A handful of queries, however many there are. Raises SubjectForgotten.
    """
    references = [submission.customer or f"unknown:{uuid7()}" for submission in submissions]
    known = _known(references)
    fresh = sorted(set(references) - known.keys())
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [[uuid7() for _ in fresh], fresh])
        known |= _known(fresh)
    keys = subject_keys(known.values())
    return [Person(known[reference], keys[known[reference]]) for reference in references]


def _known(references: Sequence[str]) -> dict[str, UUID]:
    return dict(Subject.objects.filter(reference__in=references).values_list("reference", "pk"))
