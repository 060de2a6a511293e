"""Signing in and out, wrong passwords, sessions that end, keys that are used: each is in the tenant's log.

Those who work here are named, and what strangers typed is there as digests only.
"""

import json
from typing import Any

import pytest
from django.core.cache import cache

from apps.audit.access import attempts_of
from apps.audit.commitments import commit
from apps.audit.models import Entry
from apps.portal.people import create_key
from apps.tenants.capabilities import Capability
from apps.tenants.models import Membership, User
from apps.tenants.schemas import in_schema
from tests.cast import HARBOUR, NORTHGATE, PASSWORD, Visitor, email_of, session_of


@pytest.fixture(autouse=True)
def no_earlier_attempts():
    cache.clear()


def entries(*actions: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(each.bytes)) for each in Entry.objects.filter(action__in=actions).order_by("at", "id")]


def sign_in(browser: Visitor, address: str, password: str = PASSWORD):
    return browser.post("/sign-in/", {"login": address, "password": password})


def test_signing_in_and_out_is_entered(visitor, operator):
    sign_in(visitor, email_of("operator"))
    visitor.post("/sign-out/")
    came, went = entries("person.signed_in", "person.signed_out")
    assert came["actor"] == {"kind": "person", "id": operator.actor.id, "role": "operator"}
    assert (came["action"], went["action"]) == ("person.signed_in", "person.signed_out")
    assert came["object"] == went["object"] == f"person:{operator.actor.id}"


def test_a_wrong_password_is_entered_for_the_member_and_without_what_was_typed(visitor, operator):
    sign_in(visitor, email_of("operator"), "not the password")
    (failed,) = entries("sign_in.failed")
    assert (failed["object"], failed["reason"]) == (f"person:{operator.actor.id}", "The password is wrong.")
    assert "cast.example" not in json.dumps(failed)
    assert "not the password" not in json.dumps(failed)


def test_a_strangers_address_is_a_digest_that_tells_the_same_attempt_again(visitor):
    for _ in range(2):
        sign_in(visitor, "Nobody@elsewhere.example")
    first, second = entries("sign_in.failed")
    day = attempts_of(Entry.objects.filter(action="sign_in.failed")[0].at.date())
    assert first["object"] == "person:unknown"
    assert first["address"] == second["address"] == commit(day, b"nobody@elsewhere.example")
    assert first["place"] == second["place"]


def test_another_tenants_member_is_unknown_here_and_nothing_is_entered_there(visitor):
    sign_in(visitor, email_of("stranger"))
    assert entries("sign_in.failed")[0]["object"] == "person:unknown"
    with in_schema(HARBOUR):
        assert not Entry.objects.filter(action="sign_in.failed").exists()


def test_whoever_has_left_is_named_with_the_reason(visitor, operator):
    Membership.objects.filter(user=operator.user).update(active=False)
    sign_in(visitor, email_of("operator"))
    assert entries("sign_in.failed")[0]["reason"] == "This person is no member any more."


def test_a_changed_password_is_entered_and_ends_the_other_sessions(operator):
    elsewhere = Visitor(NORTHGATE)
    elsewhere.cookies["sessionid"] = session_of(operator.user)
    new = "a much longer sentence for signing in"
    page = operator.post("/password/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert page.status_code == 302
    assert operator.get("/review/").status_code == 200
    assert elsewhere.get("/review/").status_code == 302
    elsewhere.get("/review/")
    changed, ended = entries("password.changed", "session.ended")
    assert changed["actor"]["id"] == operator.actor.id
    assert (ended["object"], ended["actor"]["kind"]) == (f"person:{operator.actor.id}", "service")


def test_a_password_is_not_changed_without_the_old_one(operator):
    page = operator.post("/password/", {"oldpassword": "guessed", "password1": "x" * 20, "password2": "x" * 20})
    assert page.status_code == 200
    assert User.objects.get(pk=operator.user.pk).check_password(PASSWORD)
    assert not entries("password.changed")


def test_a_key_is_entered_when_it_is_used_first_on_a_day(tenant_admin, visitor):
    key, text = create_key(actor=tenant_admin.actor, name="Intake", capabilities=frozenset({Capability.CASES_VIEW}))
    for _ in range(3):
        assert visitor.get("/api/v1/cases", headers={"Authorization": f"Bearer {text}"}).status_code == 200
    (used,) = entries("key.used")
    assert (used["actor"]["id"], used["object"], used["purpose"]) == (str(key.id), f"key:{key.id}", "operation")
