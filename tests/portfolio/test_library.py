"""The delivery library: starters that fit, what is taken out of what a client gives, and what comes of using it."""

from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from apps.audit.models import Entry
from apps.engagements.engagement_models import Engagement
from apps.engagements.engagements import start_engagement
from apps.engagements.workflow_map import maps
from apps.engagements.workflow_map.map_content import MapContent, Step
from apps.portfolio import library
from apps.prompts.models import PromptVersion
from apps.reviews.calendars import today
from apps.workflows.models import Workflow
from tests.cases.world import shop_system, workflow
from tests.cast import Member

__all__ = ["shop_system", "workflow"]


@pytest.fixture
def engagement(workflow: Workflow, consultant: Member) -> Engagement:
    return start_engagement(actor=consultant.actor, workflow=workflow, discovery_on=today(), answers={})


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path) -> object:
    with override_settings(MEDIA_ROOT=str(tmp_path)):
        yield default_storage


@pytest.mark.parametrize("template", library.starters(), ids=lambda each: each.slug)
def test_every_starter_can_be_used(engagement: Engagement, consultant: Member, template: library.Template) -> None:
    answer = consultant.post(f"/library/{template.slug}/use/")
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert Entry.objects.filter(action="library.used").count() == 1


def test_templates_are_found_by_words_and_kind(engagement: Engagement, consultant: Member) -> None:
    assert {each.kind for each in library.templates()} == {"charter", "map", "prompt", "taxonomy"}
    assert [each.kind for each in library.templates("playbook clauses")] == ["map"]
    assert "Nothing is like that" in consultant.get("/library/?q=zebra").content.decode()
    assert "Compare with the playbook" in consultant.get("/library/map-review-of-agreements/").content.decode()


def test_what_a_client_gives_names_nobody_of_theirs(
    engagement: Engagement, consultant: Member, decision_owner: Member
) -> None:
    steps = (
        Step(
            title="Ask Dora Lindqvist",
            actor="Northgate shop",
            system="+44 20 7946 0958, help@northgate.example",
            volume=640,
        ),
    )
    maps.write_map(
        actor=consultant.actor, engagement=engagement, side="target", content=MapContent(steps=steps), note="", base=0
    )
    page = decision_owner.get("/library/give/map/").content.decode()
    assert "Ask [person]" in page
    assert "640" not in page, "figures stay with the client"
    assert decision_owner.post("/library/give/map/", {"title": " "}).status_code == 400
    assert decision_owner.post("/library/give/map/", {"title": "Shops like Northgate"}).status_code == 302
    given = library.template_of("map-shops-like-client")
    assert given
    for secret in ("Dora", "Northgate", "7946", "help@"):
        assert secret.casefold() not in f"{given.title} {given.text}".casefold()
    assert consultant.get("/library/give/map/").status_code == 403
    again = decision_owner.post("/library/give/map/", {"title": "Shops like Northgate"})
    assert "already" in again.content.decode()


def test_nothing_is_given_where_nothing_is(engagement: Engagement, decision_owner: Member) -> None:
    assert decision_owner.get("/library/give/prompt/").status_code == (200 if PromptVersion.objects.exists() else 404)
    assert decision_owner.get("/library/give/nothing/").status_code == 404
