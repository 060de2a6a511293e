import pytest

from apps.tenants.capabilities import ROLES, Capability, Role, capabilities_of
from apps.tenants.models import Membership
from tests.cast import HARBOUR, Visitor, member

pytestmark = pytest.mark.urls("tests.tenants.pages")


def test_a_member_with_the_capability_gets_in(operator):
    assert operator.get("/deciders/").content == b"Northgate: operator"


def test_a_member_without_the_capability_is_refused(auditor):
    assert auditor.get("/deciders/").status_code == 403


def test_every_member_gets_into_a_page_for_members(auditor, tenant_admin):
    assert auditor.get("/members/").content == b"Anton Vasile"
    assert tenant_admin.get("/members/").status_code == 200


def test_a_view_that_names_no_access_does_not_exist(operator, tenant_admin):
    assert operator.get("/undeclared/").status_code == 404
    assert tenant_admin.get("/undeclared/").status_code == 404


def test_someone_from_another_tenant_finds_nothing(intruder):
    assert intruder.get("/deciders/").status_code == 404
    assert intruder.post("/deciders/").status_code == 404
    assert intruder.get("/members/").status_code == 404


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(visitor):
    assert visitor.get("/deciders/?page=2").headers["Location"] == "/sign-in/?next=/deciders/%3Fpage%3D2"
    assert visitor.post("/deciders/").headers["Location"] == "/sign-in/?next=/"


def test_a_part_of_a_page_sends_the_whole_page_to_the_sign_in(visitor):
    response = visitor.get("/deciders/", headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (401, "/sign-in/")


def test_a_public_page_is_for_everyone(visitor):
    assert visitor.get("/everyone/").content == b"come in"


def test_an_ended_membership_ends_with_the_next_request(operator):
    assert operator.get("/deciders/").status_code == 200
    Membership.objects.filter(user=operator.user).update(active=False)
    assert operator.get("/deciders/").status_code == 404


def test_a_changed_role_counts_with_the_next_request(operator):
    Membership.objects.filter(user=operator.user).update(role="auditor")
    assert operator.get("/deciders/").status_code == 403


def test_a_consultant_has_the_role_of_the_tenant_that_is_visited(consultant):
    assert consultant.get("/members/").status_code == 200
    assert member("consultant", HARBOUR).get("/members/").status_code == 200


def test_an_unknown_host_has_nothing(visitor):
    visitor.defaults["SERVER_NAME"] = "nobody.localhost"
    assert visitor.get("/everyone/").status_code == 404


def test_the_base_domain_has_no_tenant_pages(visitor, operator):
    for browser in (visitor, operator):
        browser.defaults["SERVER_NAME"] = "localhost"
        assert browser.get("/everyone/").status_code == 404
        assert browser.get("/deciders/").status_code == 404


def test_a_host_name_in_capitals_and_with_a_port_is_the_same_host(operator):
    operator.defaults["SERVER_NAME"] = "Northgate.LOCALHOST"
    operator.defaults["SERVER_PORT"] = "8000"
    assert operator.get("/deciders/").status_code == 200


def test_each_role_is_a_set_of_capabilities_and_an_unknown_role_has_none():
    assert set(ROLES) == set(Role)
    assert capabilities_of("emperor") == frozenset()
    assert {capability for granted in ROLES.values() for capability in granted} == set(Capability)


def test_an_auditor_only_reads():
    reads = {"cases.view", "config.view", "audit.view", "audit.verify"}
    assert ROLES[Role.AUDITOR] == {Capability(read) for read in reads}


def test_two_visitors_at_two_hosts_are_told_apart(northgate):
    assert Visitor(HARBOUR).get("/everyone/").status_code == 200
