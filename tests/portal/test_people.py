import json
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from apps.portal.people import add_member, change_role, create_key, deactivate_member, revoke_key
from apps.tenants.capabilities import Capability
from apps.tenants.models import ApiKey, Membership, User
from apps.tenants.schemas import in_public, in_schema
from tests.cast import HARBOUR, email_of


def entries() -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT bytes FROM audit_entry ORDER BY id")
        return [json.loads(bytes(row[0])) for row in cursor.fetchall()]


def membership_of(member) -> Membership:
    return Membership.objects.get(user=member.user)


def test_a_new_person_becomes_a_member(tenant_admin):
    membership = add_member(
        actor=tenant_admin.actor, email="New@Cast.example", name="Nora", role="operator", password="a quite long one"
    )
    assert membership.user.email == "new@cast.example"
    (entry,) = entries()
    assert (entry["action"], entry["object"]) == ("member.added", f"member:{membership.id}")
    assert entry["after"] == {"person": str(membership.user_id), "role": "operator"}
    assert "Nora" not in json.dumps(entry)


def test_a_person_of_another_tenant_keeps_name_and_password(tenant_admin):
    membership = add_member(
        actor=tenant_admin.actor, email=email_of("stranger"), name="Renamed", role="auditor", password="taken over now"
    )
    assert membership.user.name == "Stella Nwosu"
    assert not User.objects.get(pk=membership.user_id).check_password("taken over now")


def test_a_member_is_not_added_twice_but_may_come_back(tenant_admin, operator):
    person = {"email": email_of("operator"), "name": "Olga Brandt"}
    with pytest.raises(ValidationError, match="member already"):
        add_member(actor=tenant_admin.actor, **person, role="operator")
    deactivate_member(actor=tenant_admin.actor, membership=membership_of(operator))
    assert not membership_of(operator).active
    add_member(actor=tenant_admin.actor, **person, role="senior_reviewer")
    assert (membership_of(operator).active, membership_of(operator).role) == (True, "senior_reviewer")


@pytest.mark.parametrize("wrong", [{"role": "emperor"}, {"email": "not an address"}, {"password": "short"}])
def test_a_wrong_role_address_or_password_is_refused_and_leaves_nothing(tenant_admin, wrong):
    person = {"email": "new@cast.example", "name": "Nora", "role": "operator", "password": "a quite long one"}
    with pytest.raises(ValidationError):
        add_member(actor=tenant_admin.actor, **(person | wrong))
    with in_public():
        assert not User.objects.filter(email="new@cast.example").exists()
    assert entries() == []


def test_a_change_of_role_is_recorded_with_both_roles(tenant_admin, operator):
    change_role(actor=tenant_admin.actor, membership=membership_of(operator), role="auditor")
    (entry,) = entries()
    assert (entry["before"], entry["after"]) == ({"role": "operator"}, {"role": "auditor"})


def test_the_last_one_who_manages_people_cannot_go(tenant_admin):
    own = membership_of(tenant_admin)
    with pytest.raises(ValidationError, match="Someone must be left"):
        deactivate_member(actor=tenant_admin.actor, membership=own)
    with pytest.raises(ValidationError, match="Someone must be left"):
        change_role(actor=tenant_admin.actor, membership=membership_of(tenant_admin), role="operator")
    assert (membership_of(tenant_admin).active, membership_of(tenant_admin).role) == (True, "tenant_admin")


def test_another_tenants_membership_cannot_be_changed(tenant_admin):
    with in_schema(HARBOUR):
        theirs = Membership.objects.select_related("user").get(user__email=email_of("stranger"))
    with pytest.raises(DatabaseError), transaction.atomic():
        change_role(actor=tenant_admin.actor, membership=theirs, role="auditor")
    with in_schema(HARBOUR):
        assert Membership.objects.get(pk=theirs.pk).role == "tenant_admin"


def test_a_key_is_shown_once_and_recorded_without_its_secret(tenant_admin):
    key, text = create_key(
        actor=tenant_admin.actor, name="shop system", capabilities=frozenset({Capability.CASES_ADMIT})
    )
    (entry,) = entries()
    assert entry["after"] == {"name": "shop system", "capabilities": ["cases.admit"]}
    assert text.rsplit("_", 1)[1] not in json.dumps(entry)
    revoke_key(actor=tenant_admin.actor, key=key)
    assert ApiKey.objects.get().revoked_at is not None
    assert [entry["action"] for entry in entries()] == ["key.created", "key.revoked"]


@pytest.mark.parametrize("capabilities", [set(), {Capability.REVIEWS_DECIDE}, {Capability.PEOPLE_MANAGE}])
def test_a_program_cannot_be_given_what_is_for_people(tenant_admin, capabilities):
    with pytest.raises(ValidationError):
        create_key(actor=tenant_admin.actor, name="too much", capabilities=frozenset(capabilities))
