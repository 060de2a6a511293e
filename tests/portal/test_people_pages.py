"""The pages of people and keys: changes are made, refused with the reason, and only for those who may."""

import re

import pytest

from apps.audit.models import Entry
from apps.tenants.models import ApiKey, Membership, User
from apps.tenants.schemas import in_public
from tests.cast import HARBOUR, NORTHGATE, PASSWORD, Visitor, member
from tests.factories import customer_service

NEW = {"email": "new@cast.example", "name": "Nadia Berg", "role": "operator", "password": PASSWORD}


def of(name: str) -> Membership:
    return Membership.objects.get(user__name=name)


def test_the_page_lists_the_tenants_own_people(tenant_admin):
    page = tenant_admin.get("/people/").content.decode()
    assert "Olga Brandt" in page
    assert "Stella Nwosu" not in page


def test_someone_is_added_and_can_sign_in(tenant_admin):
    page = tenant_admin.post("/people/", NEW, follow=True).content.decode()
    assert "Nadia Berg may work here now." in page
    browser = Visitor(NORTHGATE)
    response = browser.post("/sign-in/", {"login": NEW["email"], "password": PASSWORD})
    assert response.status_code == 302
    assert browser.get("/review/").status_code == 200


def test_someone_of_another_tenant_keeps_their_own_name_and_password(tenant_admin):
    tenant_admin.post("/people/", NEW | {"email": "stranger@cast.example", "password": "quite another password"})
    with in_public():
        assert User.objects.get(email="stranger@cast.example").check_password(PASSWORD)
    assert member("stranger", HARBOUR).get("/people/").status_code == 200


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"email": "no address"}, "valid email"),
        ({"name": " "}, "Say the person&#x27;s name"),
        ({"role": "emperor"}, "There is no role"),
        ({"password": "short"}, "too short"),
        ({"password": ""}, "too short"),
        ({"email": "operator@cast.example"}, "is a member already"),
        ({"email": "\x00"}, "valid email"),
    ],
)
def test_what_is_not_right_is_said_and_what_was_typed_stays(tenant_admin, change, words):
    response = tenant_admin.post("/people/", NEW | change)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert 'value="Nadia Berg"' in response.content.decode() or change.get("name")
    assert PASSWORD not in response.content.decode()


def test_a_role_is_changed_and_the_change_is_in_the_log(tenant_admin):
    tenant_admin.post(f"/people/{of('Olga Brandt').pk}/role/", {"role": "senior_reviewer"})
    assert of("Olga Brandt").role == "senior_reviewer"
    assert Entry.objects.filter(action="member.role_changed").count() == 1


def test_a_membership_that_is_ended_opens_nothing_from_the_next_request_on(tenant_admin, operator):
    assert operator.get("/review/").status_code == 200
    page = tenant_admin.post(f"/people/{of('Olga Brandt').pk}/end/", follow=True).content.decode()
    assert "What they did keeps their name." in page
    assert operator.get("/review/").status_code == 404


def test_the_last_who_manages_people_cannot_be_lost(tenant_admin):
    mine = of("Tilda Moreau")
    for address, fields in ((f"/people/{mine.pk}/end/", {}), (f"/people/{mine.pk}/role/", {"role": "operator"})):
        assert "Someone must be left" in tenant_admin.post(address, fields, follow=True).content.decode()
    mine.refresh_from_db()
    assert (mine.active, mine.role) == (True, "tenant_admin")


def test_an_unknown_role_is_refused(tenant_admin):
    page = tenant_admin.post(f"/people/{of('Olga Brandt').pk}/role/", {"role": "emperor"}, follow=True)
    assert "There is no role" in page.content.decode()


def test_another_tenants_people_and_keys_cannot_be_touched(tenant_admin):
    theirs = member("stranger", HARBOUR)
    theirs.post("/keys/new/", {"name": "theirs", "capability": ["cases.view"]})
    with in_public():
        membership = Membership.objects.get(user__email="stranger@cast.example")
        key = ApiKey.objects.get()
    assert tenant_admin.post(f"/people/{membership.pk}/end/").status_code == 404
    assert tenant_admin.post(f"/keys/{key.pk}/revoke/").status_code == 404


def test_a_key_is_shown_once_and_works_until_it_is_revoked(tenant_admin):
    customer_service()
    response = tenant_admin.post("/keys/new/", {"name": "Mailbox", "capability": ["cases.view", "cases.admit"]})
    [text] = re.findall(r"ts_[0-9a-f]{8}_[0-9a-f]{64}", response.content.decode())
    assert "no-store" in response.headers["Cache-Control"]
    program = Visitor(NORTHGATE, headers={"Authorization": f"Bearer {text}"})
    assert program.get("/api/v1/cases").status_code == 200
    again = tenant_admin.get("/keys/").content.decode()
    assert text not in again
    assert "Mailbox" in again
    tenant_admin.post(f"/keys/{ApiKey.objects.get().pk}/revoke/")
    assert program.get("/api/v1/cases").status_code == 401
    assert tenant_admin.post(f"/keys/{ApiKey.objects.get().pk}/revoke/").status_code == 404


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "", "capability": ["cases.view"]}, "Give the key a name"),
        ({"name": "x" * 81, "capability": ["cases.view"]}, "Give the key a name"),
        ({"name": "Mailbox"}, "needs capabilities"),
        ({"name": "Mailbox", "capability": ["people.manage"]}, "only such as a program may have"),
        ({"name": "Mailbox", "capability": ["everything"]}, "needs capabilities"),
    ],
)
def test_a_key_that_should_not_be_is_not_made(tenant_admin, fields, words):
    response = tenant_admin.post("/keys/new/", fields)
    assert response.status_code == 400
    assert words in response.content.decode()
    assert ApiKey.objects.count() == 0


def test_without_keys_the_page_says_what_they_are_for(tenant_admin):
    assert "No program has a key yet" in tenant_admin.get("/keys/").content.decode()


def test_nobody_else_manages_people_or_keys(operator, consultant, auditor):
    for browser in (operator, consultant, auditor):
        assert browser.get("/people/").status_code == 403
        assert browser.get("/keys/").status_code == 403
        assert "API keys" not in browser.get("/").content.decode()
