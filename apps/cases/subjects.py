"""The people that cases are about, each with the key that their audit digests hang on."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from uuid6 import uuid7

from apps.audit.commitments import SubjectForgotten, forgotten_among, subject_keys
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


def people_of(submissions: Sequence[Submission]) -> list[Person | None]:
    """The person of each submission, in its place, made where new; without a reference it is somebody new each time.

    None stands for somebody who has been forgotten. A handful of queries, however many there are.
    """
    references = [submission.customer or f"unknown:{uuid7()}" for submission in submissions]
    known = _known(references)
    fresh = sorted(set(references) - known.keys())
    if fresh:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, [[uuid7() for _ in fresh], fresh])
        known |= _known(fresh)
    keys = _keys(set(known.values()))
    subjects = [known[reference] for reference in references]
    return [Person(subject, keys[subject]) if subject in keys else None for subject in subjects]


def _keys(subjects: set[UUID]) -> dict[UUID, bytes]:
    """Who was forgotten is looked for only when there is somebody: admission is the hot path."""
    try:
        return subject_keys(subjects)
    except SubjectForgotten:
        return subject_keys(subjects - forgotten_among(subjects))


def _known(references: Sequence[str]) -> dict[str, UUID]:
    return dict(Subject.objects.filter(reference__in=references).values_list("reference", "pk"))
