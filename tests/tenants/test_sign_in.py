import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.sessions.models import Session
from django.core.cache import cache

from apps.tenants.models import Membership, User
from apps.tenants.schemas import in_schema
from tests.cast import HARBOUR, NORTHGATE, PASSWORD, Visitor, email_of


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    cache.clear()


def sign_in(browser: Visitor, person: str, password: str = PASSWORD):
    return browser.post("/sign-in/", {"login": email_of(person), "password": password})


def signed_in(browser: Visitor) -> bool:
    return "sessionid" in browser.cookies and bool(browser.cookies["sessionid"].value)


def test_a_member_signs_in(visitor):
    assert sign_in(visitor, "operator").status_code == 302
    assert signed_in(visitor)


def test_the_session_belongs_to_the_tenant_where_it_was_made(visitor):
    sign_in(visitor, "consultant")
    key = visitor.cookies["sessionid"].value
    assert Session.objects.filter(pk=key).exists()
    with in_schema(HARBOUR):
        assert not Session.objects.filter(pk=key).exists()


def test_a_cookie_carried_to_another_tenants_host_is_worth_nothing(visitor):
    sign_in(visitor, "consultant")
    elsewhere = Visitor(HARBOUR)
    elsewhere.cookies["sessionid"] = visitor.cookies["sessionid"].value
    assert elsewhere.get("/sign-out/").headers["Location"] == "/"


def test_another_tenants_person_reads_that_the_password_is_wrong(visitor):
    stranger, mistaken = sign_in(visitor, "stranger"), sign_in(visitor, "operator", "not the password")
    assert stranger.status_code == mistaken.status_code == 200
    assert stranger.context["form"].errors == mistaken.context["form"].errors
    assert not signed_in(visitor)


def test_whoever_has_left_cannot_sign_in(visitor, operator):
    Membership.objects.filter(user=operator.user).update(active=False)
    assert sign_in(visitor, "operator").status_code == 200
    assert not signed_in(visitor)


def test_guessing_passwords_is_slowed_down(visitor):
    for _ in range(5):
        sign_in(visitor, "operator", "not the password")
    assert sign_in(visitor, "operator").status_code == 200
    assert not signed_in(visitor)


def test_nobody_can_sign_up(visitor):
    for path in ("/sign-up/", "/accounts/signup/", "/signup/"):
        assert visitor.get(path).status_code == 404


def test_an_old_password_hash_is_renewed_at_sign_in(visitor, operator):
    old = PBKDF2PasswordHasher().encode(PASSWORD, "salt of an earlier year", iterations=1000)
    User.objects.filter(pk=operator.user.pk).update(password=old)
    assert sign_in(visitor, "operator").status_code == 302
    assert User.objects.get(pk=operator.user.pk).password != old


def test_the_sign_in_page_exists_only_where_a_tenant_is(visitor):
    visitor.defaults["SERVER_NAME"] = "localhost"
    assert visitor.get("/sign-in/").status_code == 404
    visitor.defaults["SERVER_NAME"] = "nobody.localhost"
    assert visitor.get("/sign-in/").status_code == 404
    assert visitor.schema == NORTHGATE
