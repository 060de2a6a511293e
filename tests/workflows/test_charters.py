"""No owner, no traffic."""

import pytest
from django.db import IntegrityError, connection, transaction

from apps.cases.admission import NotAdmitted, admit
from apps.cases.submission import Submission
from apps.tenants.actors import SYSTEM
from apps.workflows import charters
from apps.workflows.charters import (
    CharterRefused,
    RiskTolerance,
    RoleHolder,
    StopCondition,
    draft_charter,
    sign_charter,
)
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.charters import actor, content, sign
from tests.factories import customer_service

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(northgate):
    return customer_service()


def test_without_a_signed_charter_no_case_comes_in(workflow):
    other = create_workflow(actor=SYSTEM, slug="returns", title="Returns", owner="dora@cast.example")
    Workflow.objects.filter(pk=other.pk).update(production=workflow.production)
    other.refresh_from_db()
    draft_charter(actor=actor("consultant"), workflow=other, content=content())
    with pytest.raises(NotAdmitted, match="No owner, no traffic"):
        admit(actor=SYSTEM, workflow=other, submission=Submission(external_id="1", text="Hello"), region="EU")


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ({"data_owner": RoleHolder()}, "a data owner"),
        ({"model_steward": RoleHolder(name="Pia Sand")}, "a model steward"),
        ({"outcome": ""}, "the outcome"),
        ({"stop_conditions": ()}, "stop condition"),
        ({"lanes": {}}, "a lane"),
    ],
)
def test_an_incomplete_charter_is_not_signed(workflow, lacking, said):
    with pytest.raises(CharterRefused, match=said):
        sign(workflow, workflow.production, **lacking)


def test_only_the_owner_whom_it_names_signs_it(workflow):
    charter = draft_charter(actor=actor("consultant"), workflow=workflow, content=content(workflow.production))
    with pytest.raises(CharterRefused, match="Only a decision owner"):
        sign_charter(actor=actor("consultant"), charter=charter)
    with pytest.raises(CharterRefused, match="Pia Sand"):
        sign(workflow, workflow.production, decision_owner=RoleHolder(name="Pia Sand", email="pia@cast.example"))


def test_lanes_may_be_stricter_than_those_in_production_and_never_freer(workflow):
    lanes = dict(charters.lanes_of(workflow.production))
    with pytest.raises(CharterRefused, match="complaint"):
        sign(workflow, workflow.production, lanes=lanes | {"complaint": "automatic"})
    signed = sign(workflow, workflow.production, lanes=lanes | {"invoice": "reserved"})
    assert charters.in_force(workflow) == signed


def test_every_type_in_production_needs_a_lane(workflow):
    lanes = dict(charters.lanes_of(workflow.production))
    del lanes["invoice"]
    with pytest.raises(CharterRefused, match="invoice"):
        sign(workflow, workflow.production, lanes=lanes)


def test_one_metric_stops_at_one_limit(workflow):
    twice = (StopCondition(metric="error", limit="0.1"), StopCondition(metric="error", limit="0.2"))
    with pytest.raises(CharterRefused, match="error has more than one"):
        sign(workflow, workflow.production, stop_conditions=twice)


@pytest.mark.parametrize(
    ("metric", "limit"), [("rejection", "5"), ("error", "1"), ("complaint", "0"), ("latency", "0.0"), ("drift", "0")]
)
def test_a_limit_that_nothing_can_be_tested_against_is_not_signed(workflow, metric, limit):
    off_scale = (StopCondition(metric=metric, limit=limit),)
    with pytest.raises(CharterRefused, match=f"The limit of {metric} is {limit}"):
        sign(workflow, workflow.production, stop_conditions=off_scale)


@pytest.mark.parametrize(("wrong", "confidence"), [("0", "0.95"), ("2", "0.95"), ("0.02", "0.3"), ("0.02", "1")])
def test_a_risk_that_no_threshold_can_promise_is_not_signed(workflow, wrong, confidence):
    tolerance = RiskTolerance(wrong=wrong, confidence=confidence)
    with pytest.raises(CharterRefused, match="risk tolerance"):
        sign(workflow, workflow.production, risk_tolerance=tolerance)


def test_a_draft_changes_nothing_until_it_is_signed(workflow):
    before = charters.in_force(workflow)
    draft_charter(actor=actor("consultant"), workflow=workflow, content=content(workflow.production))
    assert charters.in_force(workflow) == before


@pytest.mark.parametrize("change", ["note = 'x'", "content = '{}'", "signed_name = 'Somebody'"])
def test_a_signed_charter_is_never_changed(workflow, change):
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE workflows_charter SET {change}")


def test_a_workflow_without_a_charter_has_nobody_who_answers(workflow):
    other = create_workflow(actor=SYSTEM, slug="returns", title="Returns", owner="dora@cast.example")
    with pytest.raises(charters.NoCharter):
        charters.require(other)
