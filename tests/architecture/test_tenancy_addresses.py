"""Walks every address: nobody gets in without being let in, and nothing of one tenant is ever shown to another."""

import re
from collections.abc import Iterable

import pytest
from rest_framework.views import APIView

from apps.tenants.capabilities import ROLES, Capability, capabilities_of
from apps.tenants.keys import ApiKeyAuthentication, HasCapability, new_secret
from apps.tenants.models import ApiKey, Membership, User
from apps.tenants.schemas import in_public, in_schema
from tests.architecture.addresses import Address, addresses
from tests.architecture.planting import CHECKED, plant, tenant_models
from tests.cast import HARBOUR, NORTHGATE, PASSWORD, PEOPLE, Member, Visitor, member

CANARY = "canary4f1d"
# Every page that anyone may see without signing in. A new one is a decision, and belongs here.
FOR_EVERYONE = {
    "config.urls_tenant": {"sign-in/", "sign-out/", "api/schema"},
    "config.urls_public": {
        "",
        "roi/",
        "roi.json",
        "sprint/",
        "sprint.json",
        "build-or-buy/",
        "build-or-buy.json",
        "readiness/",
        "readiness.json",
        "start/",
        "concepts/",
        "concepts/<slug:slug>/",
        "llms.txt",
        "robots.txt",
        "sitemap.xml",
    },
}
TENANT = addresses("config.urls_tenant")
CLOSED = [address for address in TENANT if not address.for_everyone]
PAGES = [address for address in CLOSED if not address.api]
API = [address for address in CLOSED if address.api]


@pytest.mark.parametrize("urlconf", FOR_EVERYONE)
def test_the_addresses_for_everyone_are_the_ones_listed_here(urlconf):
    assert {address.route for address in addresses(urlconf) if address.for_everyone} == FOR_EVERYONE[urlconf]


def test_every_address_of_the_public_site_is_for_everyone():
    assert [address.route for address in addresses("config.urls_public") if not address.for_everyone] == []


def test_every_page_says_who_may_reach_it():
    assert [page.route for page in PAGES if not page.capabilities and not page.for_members] == []


def test_every_program_address_asks_for_a_key_with_a_capability():
    for address in API:
        kind: type[APIView] = address.view.cls
        assert kind.authentication_classes == [ApiKeyAuthentication], address.route
        assert HasCapability in kind.permission_classes, address.route
        assert address.capabilities, address.route
        assert address.capabilities <= set(Capability), address.route


def test_what_is_named_by_a_uuid_says_so_in_its_address():
    """Else the walk below, which tries each value where its kind belongs, would miss the rows behind it."""
    assert [address.route for address in CLOSED if re.search(r"<(str:)?\w+_id>", address.route)] == []


def test_whoever_is_not_signed_in_gets_to_the_sign_in_page_or_nowhere(visitor):
    for address in CLOSED:
        for path in address.paths():
            for response in (visitor.get(path), visitor.post(path)):
                if address.api:
                    assert response.status_code == 401, path
                else:
                    assert response.status_code == 302, path
                    assert response.headers["Location"].startswith("/sign-in/"), path


def test_a_stranger_finds_nothing_anywhere(intruder):
    for address in CLOSED:
        for path in address.paths():
            for response in (intruder.get(path), intruder.post(path)):
                assert response.status_code == (401 if address.api else 404), path


def test_a_member_without_the_capability_is_refused_everywhere(northgate):
    by_role = {
        roles[NORTHGATE]: member(person, NORTHGATE) for person, (_, roles) in PEOPLE.items() if NORTHGATE in roles
    }
    for page in PAGES:
        for role, browser in by_role.items():
            if page.capabilities - capabilities_of(role):
                for path in page.paths():
                    assert browser.get(path).status_code == 403, f"{role} at {path}"
                    assert browser.post(path).status_code == 403, f"{role} at {path}"


def test_nothing_that_was_planted_in_one_tenant_is_shown_in_another(northgate):
    planted = plant(CANARY)
    named_after_canary(NORTHGATE)
    values = identifiers(planted.values())
    shown_at_home = any(CANARY in body for _, body in visit(NORTHGATE, values))  # one page is enough
    with in_schema(HARBOUR):
        assert [model._meta.label for model, row in planted.items() if model._base_manager.filter(pk=row.pk)] == []
    assert [path for path, body in visit(HARBOUR, values) if CANARY in body.replace(path, "")] == []
    assert shown_at_home or not PAGES, "the canary must be visible where it was planted, or this test shows nothing"


def named_after_canary(schema: str) -> None:
    """People, and keys, live outside of the tenants' schemas, so they carry the canary too."""
    with in_public():
        user = User.objects.create_user(email="canary@cast.example", name=CANARY, password=PASSWORD)
    with in_schema(schema):
        Membership.objects.create(user=user, tenant_id=schema, role="operator")
        ApiKey.objects.create(tenant_id=schema, name=CANARY, prefix="ca9a4f1d", hash="", capabilities=["cases.view"])


def identifiers(rows: Iterable[object]) -> dict[str, set[str]]:
    """What addresses name things by: the keys and references of the planted rows, by URL converter."""
    found = [value for row in rows for name, value in vars(row).items() if not name.startswith("_")]
    found += [membership.id for membership in Membership.objects.all()] + [key.id for key in ApiKey.objects.all()]
    integers = {str(value) for value in found if type(value) is int}
    uuids = {str(value) for value in found if type(value).__name__ == "UUID"}
    texts = {CANARY} | integers
    return {"int": integers, "uuid": uuids, "str": texts, "slug": texts, "path": texts}


def visit(schema: str, values: dict[str, set[str]]) -> Iterable[tuple[str, str]]:
    """Open every address with these values as someone who may, and return the paths with what came back."""
    browsers = {role: member_with(role, schema) for role in ROLES}
    key = key_for(schema)
    for address in CLOSED:
        browser = (
            Visitor(schema, headers={"Authorization": f"Bearer {key}"}) if address.api else let_in(address, browsers)
        )
        browser.raise_request_exception = False  # rows of planted nonsense may well break their own tenant's pages
        for path in address.paths(values):
            yield path, everything_in(browser.get(path))
            yield path, everything_in(browser.post(path))


def let_in(address: Address, browsers: dict[str, Member]) -> Member:
    return next(browsers[role] for role in ROLES if address.capabilities <= capabilities_of(role))


def member_with(role: str, schema: str) -> Member:
    with in_public():
        user, _ = User.objects.get_or_create(email=f"{role}@{schema}.example", defaults={"name": role})
    with in_schema(schema):
        Membership.objects.get_or_create(user=user, tenant_id=schema, defaults={"role": role})
    return Member(user, schema, role)


def key_for(schema: str) -> str:
    text, prefix, digest = new_secret()
    with in_schema(schema):
        granted = [capability.value for capability in Capability]
        ApiKey.objects.create(tenant_id=schema, name="walker", prefix=prefix, hash=digest, capabilities=granted)
    return text


def everything_in(response) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return f"{response.headers}\n{body.decode(errors='replace')}"


def test_the_tables_that_are_planted_by_hand_exist():
    assert set(CHECKED) <= {model._meta.label for model in tenant_models()}


def test_the_cast_has_someone_in_every_role(northgate):
    assert set(ROLES) == {role for _, roles in PEOPLE.values() for role in roles.values()}
