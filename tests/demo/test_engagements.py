"""The engagement behind a demo workflow: its phases on the days they are told to have begun, once."""

import pytest

from apps.audit.models import Entry
from apps.engagements.engagements import current, working_day
from apps.engagements.map_models import MapVersion, MinedLog
from apps.engagements.statement.sow import accepted
from apps.planning.forms import RoiForm, SprintForm
from apps.reviews import calendars
from apps.workflows.models import Workflow
from demo import engagements, maps, sow
from demo.world import DemoTenant, tenants
from tests.cases.world import shop_system, workflow
from tests.cast import PASSWORD
from tests.demo.test_history import shop
from tests.evaluations.small_set import small_set

__all__ = ["shop_system", "workflow"]


def test_an_engagement_is_begun_once_and_stands_in_its_last_phase(workflow: Workflow) -> None:
    for _ in range(2):
        engagements.begin(shop())
    engagement = current()
    assert engagement
    assert (engagement.phase, engagement.run_on) == ("run", engagements.monday(22))
    assert Entry.objects.filter(action="engagement.phase_begun").count() == 2


def test_days_of_discovery_end_today(workflow: Workflow) -> None:
    tenant = shop()
    phases = tenant.phases.model_copy(update={"discovery_days": 7})
    first = engagements.first_day(tenant.model_copy(update={"phases": phases}))
    assert working_day(first, 7) <= calendars.today() < working_day(first, 8)


@pytest.mark.parametrize("tenant", tenants(), ids=lambda tenant: tenant.slug)
def test_what_was_put_into_the_public_tools_is_what_they_take(tenant: DemoTenant) -> None:
    answers = tenant.answers()
    assert RoiForm(answers["roi"]).is_valid()
    assert SprintForm(answers["sprint"]).is_valid()


def test_the_statement_of_work_is_accepted_once_in_its_second_version(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sow, "PASSWORD", PASSWORD)
    small_set(workflow, 20)
    engagements.begin(shop())
    for _ in range(2):
        sow.agree(shop())
    engagement = current()
    assert engagement
    version = accepted(engagement)
    assert version
    assert version.number == 2
    assert version.created_at.date() == working_day(engagement.discovery_on, 9)


@pytest.mark.parametrize("slug", ["northgate", "harbour", "calloway"])
def test_the_map_is_drawn_once_from_a_file_or_from_an_event_log(workflow: Workflow, slug: str) -> None:
    tenant = shop().model_copy(update={"slug": slug})
    engagements.begin(tenant)
    for _ in range(2):
        maps.draw(tenant)
    drawn = MapVersion.objects.all()
    assert {each.side for each in drawn} == {"today", "target"}
    assert len(drawn) == 2
    assert MinedLog.objects.exists() == (slug == "calloway")
