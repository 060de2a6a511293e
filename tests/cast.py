"""The people of the tests, and the two tenants that they work in. Loaded as a pytest plugin.

`build` puts everyone into the template database, once. A test asks for a person by role and gets a signed-in client:

    def test_the_operator_sees_the_queue(operator): operator.get("/queue/")

While a fixture of Northgate's is in use, the test itself works in Northgate's schema, under its role.
"""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django_tenants.utils import tenant_context

from apps.tenants.actors import Actor
from apps.tenants.models import Membership, Tenant, User
from apps.tenants.provisioning import create_tenant
from apps.tenants.purposes import CHOSEN, Purpose
from apps.tenants.schemas import connection, in_public, in_schema

PASSWORD = "correct horse battery staple"
NORTHGATE, HARBOUR = "t_northgate", "t_harbour"
HOSTS = {NORTHGATE: "northgate.localhost", HARBOUR: "harbour.localhost"}
PEOPLE = {
    "operator": ("Olga Brandt", {NORTHGATE: "operator"}),
    "senior_reviewer": ("Samir Haddad", {NORTHGATE: "senior_reviewer"}),
    "decision_owner": ("Dora Lindqvist", {NORTHGATE: "decision_owner"}),
    "compliance_officer": ("Carl Okafor", {NORTHGATE: "compliance_officer"}),
    "tenant_admin": ("Tilda Moreau", {NORTHGATE: "tenant_admin"}),
    "auditor": ("Anton Vasile", {NORTHGATE: "auditor"}),
    "consultant": ("Ines Calder", {NORTHGATE: "consultant", HARBOUR: "consultant"}),
    "stranger": ("Stella Nwosu", {HARBOUR: "tenant_admin"}),
}


def email_of(person: str) -> str:
    return f"{person.replace('_', '.')}@cast.example"


def build() -> None:
    """Create the two tenants and the cast. Needs the owner's connection, as creating a tenant does."""
    create_tenant(schema=NORTHGATE, slug="northgate", name="Northgate", region="EU", domain=HOSTS[NORTHGATE])
    create_tenant(schema=HARBOUR, slug="harbour", name="Harbour", region="UK", domain=HOSTS[HARBOUR])
    with in_public():
        for person, (name, roles) in PEOPLE.items():
            user = User.objects.create_user(email=email_of(person), name=name, password=PASSWORD)
            for schema, role in roles.items():
                Membership.objects.create(user=user, tenant_id=schema, role=role)


class Visitor(Client):
    """A browser at one tenant's host. Requests leave the test in the schema in which it was."""

    def __init__(self, schema: str, **defaults: Any) -> None:
        super().__init__(SERVER_NAME=HOSTS[schema], **defaults)
        self.schema = schema

    def request(self, **request: Any) -> Any:
        before = connection.tenant
        try:
            return super().request(**request)
        finally:
            connection.set_tenant(before)


class Member(Visitor):
    """A browser with a session at one tenant's host. Whether its person may be there is for the product to say."""

    def __init__(self, user: User, schema: str, role: str) -> None:
        super().__init__(schema)
        self.user = user
        self.actor = Actor("person", str(user.id), user.name, role)
        with in_schema(schema):
            self.cookies["sessionid"] = session_of(user)


def member(person: str, schema: str) -> Member:
    """Someone of the cast, at one of the hosts."""
    with in_public():
        user = User.objects.get(email=email_of(person))
    return Member(user, schema, PEOPLE[person][1].get(schema, ""))


def session_of(user: User) -> str:
    """Sign in without the sign-in page, also where the person is no member: tests must be able to try."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session[CHOSEN] = Purpose.AUDIT.value  # where somebody would be asked what for they read
    session.save()
    return str(session.session_key)


@pytest.fixture
def northgate(db: None) -> Iterator[Tenant]:
    """The test works in Northgate's schema."""
    with in_public():
        tenant = Tenant.objects.get(pk=NORTHGATE)
    with tenant_context(tenant):
        yield tenant


@pytest.fixture
def harbour(db: None) -> Tenant:
    """The other tenant. Enter it with `in_schema(harbour.schema_name)`."""
    with in_public():
        tenant: Tenant = Tenant.objects.get(pk=HARBOUR)
    return tenant


@pytest.fixture
def visitor(northgate: Tenant) -> Visitor:
    """Nobody in particular, at Northgate's host."""
    return Visitor(NORTHGATE)


@pytest.fixture
def operator(northgate: Tenant) -> Member:
    return member("operator", NORTHGATE)


@pytest.fixture
def senior_reviewer(northgate: Tenant) -> Member:
    return member("senior_reviewer", NORTHGATE)


@pytest.fixture
def decision_owner(northgate: Tenant) -> Member:
    return member("decision_owner", NORTHGATE)


@pytest.fixture
def compliance_officer(northgate: Tenant) -> Member:
    return member("compliance_officer", NORTHGATE)


@pytest.fixture
def tenant_admin(northgate: Tenant) -> Member:
    return member("tenant_admin", NORTHGATE)


@pytest.fixture
def auditor(northgate: Tenant) -> Member:
    """May read, and nothing else."""
    return member("auditor", NORTHGATE)


@pytest.fixture
def consultant(northgate: Tenant) -> Member:
    """Works in both tenants; this is the consultant's browser at Northgate's host."""
    return member("consultant", NORTHGATE)


@pytest.fixture
def stranger(northgate: Tenant) -> Member:
    """Runs the other tenant and is nobody here, at their own host."""
    return member("stranger", HARBOUR)


@pytest.fixture
def intruder(northgate: Tenant) -> Member:
    """The stranger with a session planted at Northgate's host: must find nothing."""
    return member("stranger", NORTHGATE)
