from html import unescape

import pytest

from apps.audit.models import Entry
from apps.reviews import assignments
from apps.reviews.models import Reviewer
from apps.reviews.queue import Selection
from apps.tenants.models import Membership
from tests.factories import customer_service, waiting_case


def text_of(response) -> str:
    return unescape(response.content.decode())


def page_of(who) -> str:
    return f"/people/{Membership.objects.get(user=who.user).pk}/review/"


def test_an_administrator_says_what_a_person_is_given_and_the_next_case_follows_it(tenant_admin, operator):
    waiting_case()
    wanted = waiting_case(case_type="cancel")
    fields = {"case_type": "cancel", "most_held": "3", "most_a_day": "", "conflicts": "C-7\r\n\r\nC-8"}
    saved = tenant_admin.post(page_of(operator), fields, follow=True)
    assert "1 case type, at most 3 at once, 2 conflicts" in text_of(saved)
    limits = Reviewer.objects.get(person_id=operator.actor.id)
    assert (limits.case_types, limits.conflicts, limits.most_held) == (["cancel"], ["C-7", "C-8"], 3)
    assert assignments.take_next(actor=operator.actor, selection=Selection()) == wanted
    again = text_of(tenant_admin.get(page_of(operator)))
    assert 'value="cancel" checked' in again
    assert "C-7\nC-8</textarea>" in again


def test_the_log_tells_how_many_conflicts_there_are_and_not_whose(tenant_admin, operator):
    tenant_admin.post(page_of(operator), {"conflicts": "Dana Whitfield"})
    entry = bytes(Entry.objects.get(action="reviewer.limited").bytes)
    assert b'"conflicts":1' in entry
    assert b"Dana" not in entry


@pytest.mark.parametrize(
    "fields", [{"most_held": "0"}, {"most_a_day": "many"}, {"most_held": "99999999999"}, {"conflicts": "x" * 201}]
)
def test_what_makes_no_sense_is_refused_and_stays_typed(tenant_admin, operator, fields):
    customer_service()
    answer = tenant_admin.post(page_of(operator), {"languages": "en, de", **fields})
    assert answer.status_code == 422
    assert 'value="en de"' in text_of(answer)
    assert not Reviewer.objects.exists()


def test_everybody_is_given_everything_until_somebody_says_otherwise(tenant_admin, operator):
    page = text_of(tenant_admin.get("/people/"))
    assert "What Olga Brandt is given: </span>everything" in page
    assert "What Anton Vasile is given" not in page


def test_only_an_administrator_says_it(operator, senior_reviewer):
    for who in (operator, senior_reviewer):
        assert who.post(page_of(operator), {"most_held": "1"}).status_code == 403
