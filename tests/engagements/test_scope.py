"""The integration scope and the governance map, as a consultant meets them."""

import json

import pytest

from apps.audit.models import Entry
from apps.engagements.discovery.governance import govern
from apps.engagements.discovery.scope import in_scope
from apps.engagements.discovery.scope_artefacts import governance_artefact, scope_artefact
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import start_engagement
from apps.engagements.scope_models import ScopeItem
from apps.reviews.calendars import today
from apps.workflows.models import Workflow
from tests.cases.world import shop_system, workflow
from tests.cast import Member

__all__ = ["shop_system", "workflow"]

MATTERS = {
    "system": "=Matter management", "operations": "read a matter", "direction": "read", "data": "personal",
    "risk": "high", "state": "named",
}  # fmt: skip


@pytest.fixture
def engagement(workflow: Workflow, consultant: Member) -> Engagement:
    return start_engagement(actor=consultant.actor, workflow=workflow, discovery_on=today(), answers={})


def test_a_system_is_added_changed_taken_out_and_put_back(engagement: Engagement, consultant: Member) -> None:
    refused = consultant.post("/engagement/integration/new/", MATTERS | {"system": ""})
    assert refused.status_code == 400
    assert "read a matter" in refused.content.decode()
    consultant.post("/engagement/integration/new/", MATTERS)
    item = ScopeItem.objects.get()
    assert item.wanting == ["an owner", "how one signs in", "access"]
    assert scope_artefact(engagement).state == "begun"
    assert "Day 10 needs more" in consultant.get("/engagement/integration/").content.decode()
    known = MATTERS | {"owner": "IT", "authentication": "OAuth 2.0", "state": "granted"}
    consultant.post(f"/engagement/integration/{item.pk}/", known)
    assert scope_artefact(engagement).state == "ready"
    assert "'=Matter management" in consultant.get("/engagement/integration/csv/").content.decode()
    consultant.post(f"/engagement/integration/{item.pk}/remove/")
    assert not in_scope(engagement).exists()
    consultant.post(f"/engagement/integration/{item.pk}/remove/", {"do": "back"})
    assert in_scope(engagement).get() == item
    actions = Entry.objects.filter(action__startswith="scope.").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["scope.added", "scope.changed", "scope.removed", "scope.put_back"]
    changed = json.loads(bytes(Entry.objects.get(action="scope.changed").bytes))
    assert (changed["before"]["owner"], changed["after"]["owner"]) == ("", "IT")


def test_connected_systems_come_into_the_scope_once(engagement: Engagement, consultant: Member) -> None:
    for _ in range(2):
        consultant.post("/engagement/integration/connected/")
    item = in_scope(engagement).get()
    assert item.system == "Shop"
    assert item.state == ScopeItem.State.TESTED
    consultant.post(f"/engagement/integration/{item.pk}/remove/")
    consultant.post("/engagement/integration/connected/")
    assert not in_scope(engagement).exists()


def test_more_systems_than_a_scope_holds_are_refused_in_words(
    engagement: Engagement, consultant: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.engagements.discovery.scope.MOST", 0)
    consultant.post("/engagement/integration/connected/")
    assert "too many for one workflow" in consultant.get("/engagement/integration/").content.decode()


def test_the_governance_map_is_one_with_the_charter(engagement: Engagement, consultant: Member) -> None:
    found = govern(engagement)
    assert found.charter
    assert {row.allowed for row in found.lanes} >= {"automatic"}
    assert found.holders[0].title == "Decision owner"
    assert found.undecided == 16
    assert governance_artefact(engagement).state == "begun"
    page = consultant.get("/engagement/governance/").content.decode()
    assert "Segregation of duties" in page
