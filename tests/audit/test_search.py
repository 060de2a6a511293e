"""Searching the log: by what the entries say, page by page, from an index that can be made again."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from apps.audit import indexing
from apps.audit.entries import record
from apps.audit.indexing import index, index_batch, terms_of
from apps.audit.search import Asked, search, unindexed
from apps.audit.search_models import Indexed
from apps.audit.sequencer import sequence
from tests.audit.conftest import REVIEWER, write

pytestmark = pytest.mark.usefixtures("northgate")


def written(**facts):
    with transaction.atomic():
        return record(actor=REVIEWER, **facts)


def searched(*terms, **limits):
    return [hit.id for hit in search(Asked(terms, **limits)).hits]


def test_an_entry_is_found_by_all_that_it_says():
    case = uuid4()
    made = written(
        action="case.context", object=f"case:{case}", case=case, release="abc", model="anthropic:claude",
        sources=[{"id": "returns#return-window", "version": 7, "sha256": "00"}],
    )  # fmt: skip
    write(3)
    sequence()
    index()
    for term in (
        f"case:{case}", "did:case.context", "did:case.", "release:abc", "model:anthropic:claude", "source:returns",
        "source:returns@7",
    ):  # fmt: skip
        assert made.id in searched(term)
    assert searched(f"by:person:{REVIEWER.id}", "release:abc") == [made.id]
    assert searched("release:abc", "did:case.intake") == []


def test_entries_are_found_in_their_time():
    made = written(action="case.closed", object="case:1")
    sequence()
    index()
    assert searched("did:case.closed", since=made.at) == [made.id]
    assert searched("did:case.closed", until=made.at) == []
    assert searched(since=made.at + timedelta(seconds=1)) == []


def test_pages_go_back_and_forth_over_every_entry_once(monkeypatch):
    monkeypatch.setattr("apps.audit.search.NEAR", 4)
    for number in range(23):
        written(action="case.closed" if number % 3 else "case.intake", object=f"case:{number}")
    sequence()
    index()
    asked, seen, pages = Asked(["did:case.closed"]), [], []
    page = search(asked, size=4)
    assert page.before == ""
    while True:
        pages.append([hit.seq for hit in page.hits])
        seen += pages[-1]
        if not page.after:
            break
        page = search(asked, after=int(page.after), size=4)
    closed = set(Indexed.objects.filter(terms__contains=["did:case.closed"]).values_list("seq", flat=True))
    assert set(seen) == closed
    assert seen == sorted(seen, reverse=True)
    back = [pages[-1]]
    while page.before:
        page = search(asked, before=int(page.before), size=4)
        back.append([hit.seq for hit in page.hits])
    assert back[::-1] == pages


def test_indexing_goes_on_where_it_stopped_and_can_be_done_again():
    write(7)
    sequence()
    assert index_batch(3) == 3
    assert unindexed() > 0
    index()
    assert unindexed() == 0
    before = list(Indexed.objects.order_by("seq").values_list("seq", "at", "terms"))
    Indexed.objects.all().delete()
    index()
    assert list(Indexed.objects.order_by("seq").values_list("seq", "at", "terms")) == before
    assert index() == 0


def test_two_at_once_add_nothing_twice(monkeypatch):
    write(3)
    sequence()
    monkeypatch.setattr(indexing, "UNREAD", indexing.UNREAD.replace("place.seq > %s", "%s < 10"))
    assert index_batch() == index_batch()
    assert Indexed.objects.count() == 3


@pytest.mark.parametrize("exact", [b"\xff", b"[1]", b'{"sources":5}', b'{"sources":[1,{"id":2}],"release":7}'])
def test_an_entry_that_cannot_be_read_is_found_by_its_columns(exact):
    assert set(terms_of("case.closed", "case:1", "person:1", None, exact)) == {
        "did:case.closed", "did:case.", "by:person:1", "on:case:1",
    }  # fmt: skip


def test_a_term_never_reaches_the_statement():
    assert searched("did:'; DROP TABLE audit_indexed; --") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_indexed WHERE at > %s", [datetime(2020, 1, 1, tzinfo=UTC)])
