"""The page that searches the log."""

import csv
import io

from apps.audit.indexing import index
from apps.audit.models import Entry
from apps.audit.sequencer import sequence
from apps.reviews import services
from tests.cast import NORTHGATE, member
from tests.factories import context, waiting_case

PAGE = "/log/search/"


def searched(visitor, **filters):
    sequence()
    index()
    return visitor.get(PAGE, filters)


def actions(response):
    return {line.hit.action for line in response.context["lines"]}


def test_entries_are_found_by_case_person_action_release_source_and_day(auditor):
    case, other = waiting_case(), waiting_case()
    olga = member("operator", NORTHGATE).actor
    services.reject(actor=olga, case_id=case.pk, revision=1, reason_code="tone", rationale="Rude.")
    assert actions(searched(auditor, case=case.number.lower())) >= {"case.admitted", "review.reject"}
    assert "review.reject" not in actions(searched(auditor, case=other.number))
    assert actions(searched(auditor, person=olga.id, action="review.")) == {"review.reject"}
    document = context().passages[0].id.partition("#")[0]
    assert len(searched(auditor, action="case.context", source=document).context["lines"]) == 2
    assert searched(auditor, action="case.context", release=case.release.label).context["lines"]
    assert searched(auditor, model="local:extractive").context["lines"]
    assert not searched(auditor, until="2020-01-01").context["lines"]


def test_what_cannot_be_there_is_said(auditor):
    waiting_case()
    for filters, words in (
        ({"case": "R-0"}, "no case R-0"),
        ({"release": "x"}, "no release x"),
        ({"since": "soon"}, "no date"),
    ):
        assert words in searched(auditor, **filters).content.decode()
    assert "No entry matches" in searched(auditor, action="nothing.done").content.decode()
    assert searched(auditor, after="9" * 400, person="\x00").status_code == 200


def test_a_page_can_be_taken_as_a_table_and_that_is_recorded(auditor):
    case = waiting_case()
    answer = searched(auditor, case=case.number, format="csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert {row["case"] for row in rows} == {case.number}
    assert Entry.objects.get(action="log.page_taken").actor.startswith("person:")


def test_only_who_may_see_the_log_searches_it(operator):
    assert operator.get(PAGE).status_code == 403
