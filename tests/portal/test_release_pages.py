"""Releases and prompts in the browser: history, what changed, and new versions by those who may write them."""

from copy import deepcopy

import pytest
import yaml
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.audit.models import Entry
from apps.corpora.models import Snapshot
from apps.evaluations.models import EvaluationRun, GateVerdict, LabelledSet
from apps.prompts.content import Prompt
from apps.prompts.models import PromptVersion
from apps.prompts.services import create_version as create_prompt
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.actors import SYSTEM
from apps.workflows.manifest import TypeThresholds
from apps.workflows.models import Release
from apps.workflows.releases import manifest_of
from apps.workflows.services import create_release
from tests.cases.world import TAXONOMY, shop_system, workflow

__all__ = ["shop_system", "workflow"]


def read(browser, address: str, status: int = 200) -> str:
    response = browser.get(address)
    assert response.status_code == status, address
    return str(response.content.decode())


def candidate_form(**changes: object) -> dict[str, object]:
    parts = {
        "taxonomy": TaxonomyVersion.objects.get(version=1).pk,
        "snapshot": Snapshot.objects.get().pk,
        "high": "0.95",
        "medium": "0.5",
        "action_route": "local:extractive",
        "amount_limit": "100",
        "note": "Decides alone less often.",
    }
    return parts | changes


def newer_taxonomy(**changes: object) -> str:
    content = deepcopy(TAXONOMY) | {"version": 2} | changes
    content["case_types"][0]["lane"] = "drafted"
    return yaml.safe_dump(content)


def test_a_candidate_is_composed_on_a_form_and_audited(consultant, workflow):
    assert 'value="0.900000"' in read(consultant, "/releases/compose/shop/")
    answer = consultant.post("/releases/compose/shop/", candidate_form(), follow=True)
    candidate = Release.objects.exclude(pk=workflow.production_id).get()
    assert answer.redirect_chain == [(f"/releases/{candidate.pk}/", 302)]
    page = answer.content.decode()
    assert "Intake: 1 change" in page
    assert "no traffic yet" in page
    entry = Entry.objects.get(action="release.created", object=f"release:{candidate.pk}")
    assert b"Decides alone less often." in bytes(entry.bytes)


def test_thresholds_of_single_types_are_carried_over_and_must_fit_the_taxonomy(consultant, workflow):
    manifest = manifest_of(workflow.production)
    own = {"refund": TypeThresholds(high="0.970000", medium="0.500000")}
    intake = manifest.intake.model_copy(update={"per_type": own})
    careful = create_release(
        actor=SYSTEM, workflow=workflow, manifest=manifest.model_copy(update={"intake": intake}), note="Careful."
    )
    consultant.post("/releases/compose/shop/", candidate_form(per_type=careful.pk))
    candidate = Release.objects.get(note="Decides alone less often.")
    assert manifest_of(candidate).intake.per_type == own
    assert "alone from 0.970000" in read(consultant, f"/releases/{candidate.pk}/")
    assert "decides refund alone from" in read(
        consultant, f"/releases/compare/?before={workflow.production_id}&after={careful.pk}"
    )


def test_the_same_parts_make_nothing_new(consultant, workflow):
    answer = consultant.post("/releases/compose/shop/", candidate_form(high="0.9"), follow=True)
    assert "nothing was made" in answer.content.decode()
    assert Release.objects.count() == 1


def test_thresholds_the_wrong_way_round_are_refused_beside_their_field(consultant, workflow):
    answer = consultant.post("/releases/compose/shop/", candidate_form(medium="0.99"))
    assert answer.status_code == 400
    assert "not above it" in answer.content.decode()
    assert Release.objects.count() == 1


def test_a_model_without_a_prompt_is_refused(consultant, workflow):
    answer = consultant.post("/releases/compose/shop/", candidate_form(action_route="anthropic:any"))
    assert "needs a prompt" in answer.content.decode()


def test_parts_that_do_not_fit_are_named(consultant, workflow):
    content = newer_taxonomy().replace("returns#refunds", "returns#nowhere")
    consultant.post("/taxonomy/new/?workflow=shop", {"text": content, "save": "1"})
    other = candidate_form(taxonomy=TaxonomyVersion.objects.get(version=2).pk)
    answer = consultant.post("/releases/compose/shop/", other)
    assert answer.status_code == 400
    assert "returns#nowhere is not in shop, snapshot 1" in answer.content.decode()


@pytest.mark.parametrize("view", ["", "&view=inline"])
def test_two_releases_are_compared_without_colour_alone(consultant, workflow, view):
    for number, words in enumerate(("Answer briefly.", "Answer at length."), start=1):
        prompt = Prompt(slug="draft", version=number, purpose="action", model="any", text=words)
        version = create_prompt(actor=SYSTEM, prompt=prompt)
        consultant.post("/releases/compose/shop/", candidate_form(action_prompt=version.pk))
    after, before = Release.objects.exclude(pk=workflow.production_id)
    page = read(consultant, f"/releases/compare/?before={before.pk}&after={after.pk}{view}")
    assert "<del>briefly</del>" in page
    assert "<ins>at length</ins>" in page
    assert '<span class="sr">removed</span>' in page
    assert "decides alone from" in read(
        consultant, f"/releases/compare/?before={workflow.production_id}&after={after.pk}"
    )


def test_the_list_tells_the_history(auditor, workflow):
    page = read(auditor, "/releases/")
    assert "May take traffic: first release" in page
    assert "Dora Lindqvist" in page
    assert "Compose" not in page


def test_what_the_gate_said_is_part_of_the_history(auditor, consultant, workflow):
    consultant.post("/releases/compose/shop/", candidate_form())
    candidate = Release.objects.exclude(pk=workflow.production_id).get()
    labelled_set = LabelledSet.objects.create(workflow=workflow, name="First")
    run = EvaluationRun.objects.create(release=candidate, labelled_set=labelled_set, split="holdout", total=0)
    GateVerdict.objects.create(
        candidate=candidate, incumbent=workflow.production, labelled_set=labelled_set, candidate_run=run, passed=False,
        sentence="It does not beat the incumbent.", report={}, created_by=consultant.actor.id, created_name="Ines",
    )  # fmt: skip
    assert "refused by the gate" in read(auditor, "/releases/")
    assert "It does not beat the incumbent." in read(auditor, f"/releases/{candidate.pk}/")


def test_the_next_version_of_a_prompt_keeps_its_name_and_is_compared_with_the_last(consultant, workflow):
    first = {"slug": "draft", "purpose": "action", "model": "any", "text": "Be brief.\r\nBe kind."}
    consultant.post("/prompts/version/new/", first)
    second = {"slug": "other", "purpose": "intake", "model": "any", "text": "Be brief.\r\nBe exact."}
    consultant.post("/prompts/version/new/?slug=draft", second)
    newer, older = PromptVersion.objects.all()
    assert (newer.slug, newer.version, newer.purpose) == ("draft", 2, "action")
    assert older.text == "Be brief.\nBe kind."
    page = read(consultant, "/prompts/draft/")
    assert "<del>kind</del>" in page
    assert "<ins>exact</ins>" in page
    assert "Ines Calder" in page
    assert Entry.objects.filter(action="prompt.version_created").count() == 2


def test_a_prompt_is_not_begun_twice_under_one_name(consultant, workflow):
    form = {"slug": "draft", "purpose": "action", "model": "any", "text": "Be brief."}
    consultant.post("/prompts/version/new/", form)
    answer = consultant.post("/prompts/version/new/", form | {"text": "Be long."})
    assert answer.status_code == 400
    assert PromptVersion.objects.count() == 1


def test_the_same_words_again_store_nothing(consultant, workflow):
    form = {"slug": "draft", "purpose": "action", "model": "any", "text": "Be brief."}
    consultant.post("/prompts/version/new/", form)
    answer = consultant.post("/prompts/version/new/?slug=draft", form, follow=True)
    assert "nothing was stored" in answer.content.decode()


def test_a_taxonomy_shows_what_it_would_change_before_it_is_stored(consultant, workflow):
    file = SimpleUploadedFile("taxonomy.yaml", newer_taxonomy().encode())
    page = consultant.post("/taxonomy/new/?workflow=shop", {"file": file}).content.decode()
    assert "Store it as version 2" in page
    assert "<del>automatic</del>" in page
    assert TaxonomyVersion.objects.count() == 1
    consultant.post("/taxonomy/new/?workflow=shop", {"text": newer_taxonomy(), "save": "1"})
    assert TaxonomyVersion.objects.filter(version=2).exists()
    assert Entry.objects.filter(action="taxonomy.version_created", object="taxonomy:shop/2").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (newer_taxonomy(title=""), "title: "),
        (yaml.safe_dump(TAXONOMY), "nothing to store"),
        (newer_taxonomy(version=1), "needs a higher number"),
    ],
)
def test_a_taxonomy_that_cannot_be_stored_says_why(consultant, workflow, text, words):
    answer = consultant.post("/taxonomy/new/?workflow=shop", {"text": text})
    assert answer.status_code == 400
    assert words in answer.content.decode()
    assert TaxonomyVersion.objects.count() == 1


@pytest.mark.parametrize(
    "address", ["/releases/compose/shop/", "/prompts/version/new/", "/taxonomy/new/?workflow=shop"]
)
def test_only_who_may_edit_the_configuration_reaches_its_forms(operator, decision_owner, workflow, address):
    read(operator, address, 403)
    read(decision_owner, address)


@pytest.mark.parametrize(
    "address",
    ["/prompts/none/", "/releases/compare/", "/releases/compare/?before=%00&after=x", "/releases/compose/none/",
     "/releases/compose/shop/?from=none", "/taxonomy/new/", "/taxonomy/new/?workflow=%00"],
)  # fmt: skip
def test_what_is_not_there_is_not_found(consultant, workflow, address):
    read(consultant, address, 404)
