"""The pages: what was tried and found, worst first, and the cases behind it, whose words are a look that is counted."""

from typing import Any

import pytest

from apps.evaluations.assurance.runs import assure, work
from apps.evaluations.models import AssuranceRun, HoldoutLook, LabelledSet
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release, Workflow
from tests.cases.world import shop_system, workflow  # noqa: F401
from tests.cast import Member
from tests.evaluations.small_set import release_with_rules, small_set
from tests.evaluations.test_assurance_runs import GULLIBLE, RULES


@pytest.fixture
def labelled_set(workflow: Workflow) -> LabelledSet:  # noqa: F811
    return small_set(workflow, 5)


@pytest.fixture
def gullible(workflow: Workflow) -> Release:  # noqa: F811
    return release_with_rules(workflow, [GULLIBLE, *(rule for rule in RULES if rule["id"] != "complaint")])


def text(response: Any) -> str:
    assert response.status_code == 200
    return str(response.content.decode())


def test_without_a_set_the_page_teaches_what_is_missing(consultant: Member, workflow: Workflow) -> None:  # noqa: F811
    assert "Nothing to try it on yet" in text(consultant.get("/assurance/"))
    assert workflow.production
    assert "nothing to try it on" in text(consultant.get(f"/assurance/new/{workflow.production.pk}/", follow=True))


def test_the_consultant_tries_a_release_and_reads_what_was_found(
    consultant: Member, gullible: Release, labelled_set: LabelledSet
) -> None:
    assert "not tried yet" in text(consultant.get("/assurance/"))
    assert "one thing changed" in text(consultant.get(f"/assurance/new/{gullible.pk}/"))
    started = consultant.post(f"/assurance/new/{gullible.pk}/")
    run = AssuranceRun.objects.get()
    address = f"/assurance/runs/{run.pk}/"
    assert started["Location"] == address
    assert "Waiting for a worker" in text(consultant.get(address))
    work(run.pk)
    page = text(consultant.get(address))
    for words in (
        "Claims an agreement with the management", "Typing mistakes", "In documents",
        "Nothing but a protected attribute", "A wrong case type", "95 % interval", "nothing to run again",
    ):  # fmt: skip
        assert words in page, words
    assert page.index("critical</span>") < page.index("minor</span>")
    assert "critical" in text(consultant.get("/assurance/"))
    assert consultant.get(f"/assurance/new/{gullible.pk}/")["Location"] == address

    behind = f"{address}findings/planted.authority/"
    page = text(consultant.get(behind))
    assert "Your head of service agreed this with me" in page
    assert "The case as it is" in page
    assert "I must complain" not in page  # a holdout case's own words are a look, which is counted
    assert not HoldoutLook.objects.exists()
    page = text(consultant.post(f"{behind}look/", {"page": "1"}, follow=True))
    assert "number" in page
    assert "Show the words" not in page
    looks = HoldoutLook.objects.count()
    assert looks == len({probe.split("/")[-1] for probe in run_findings(run)["planted.authority"]["probes"]})
    consultant.post(f"{behind}look/")
    assert HoldoutLook.objects.count() == looks  # once for each case and person


def run_findings(run: AssuranceRun) -> dict[str, Any]:
    run.refresh_from_db()
    return {each["key"]: each for each in run.report["findings"]}


def test_a_run_can_be_cancelled_and_tried_again(
    consultant: Member, gullible: Release, labelled_set: LabelledSet
) -> None:
    run = assure(actor=SYSTEM, release=gullible, labelled_set=labelled_set)
    assert "Cancelled" in text(consultant.post(f"/assurance/runs/{run.pk}/cancel/", follow=True))
    assert f"/assurance/new/{gullible.pk}/" in text(consultant.get("/assurance/"))


def test_readers_look_and_do_not_touch(
    auditor: Member, intruder: Member, gullible: Release, labelled_set: LabelledSet
) -> None:
    run = assure(actor=SYSTEM, release=gullible, labelled_set=labelled_set)
    assert ">Try</a>" not in text(auditor.get("/assurance/"))
    assert auditor.post(f"/assurance/new/{gullible.pk}/").status_code == 403
    assert auditor.post(f"/assurance/runs/{run.pk}/cancel/").status_code == 403
    assert intruder.get("/assurance/").status_code == 404
    assert auditor.get(f"/assurance/runs/{run.pk}/findings/none/").status_code == 404


def test_the_comparison_says_that_an_assurance_is_missing(
    consultant: Member, gullible: Release, labelled_set: LabelledSet
) -> None:
    from tests.charters import sign

    page = f"/evaluations/compare/{gullible.pk}/"
    assert "No behavioural assurance" not in text(consultant.get(page))
    assert gullible.workflow.production
    sign(gullible.workflow, gullible.workflow.production, without_assurance=False)
    assert "No behavioural assurance" in text(consultant.get(page))
