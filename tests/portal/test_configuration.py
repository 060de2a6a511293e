"""The configuration can be read whole, by those who may, and says what is in production."""

import pytest

from apps.corpora.models import Document
from apps.prompts.content import Prompt
from apps.prompts.services import create_version as create_prompt
from apps.taxonomies.models import TaxonomyVersion
from apps.tenants.actors import SYSTEM
from apps.workflows.models import Release
from tests.cases.world import shop_system, workflow

__all__ = ["shop_system", "workflow"]

PAGES = ("/taxonomy/", "/corpus/", "/prompts/", "/releases/")


def read(browser, address: str) -> str:
    response = browser.get(address)
    assert response.status_code == 200, address
    return str(response.content.decode())


def test_before_anything_is_configured_each_page_says_what_belongs_there(auditor):
    for address, words in zip(PAGES, ("no taxonomy", "no documents", "no prompts", "no workflow"), strict=True):
        assert words in read(auditor, address)


def test_the_taxonomy_shows_lanes_decisions_and_rules(auditor, workflow):
    page = read(auditor, "/taxonomy/")
    assert "in production" in page
    for kind in workflow_taxonomy(workflow).case_types:
        assert kind.title in page
        assert kind.decisions[-1].title in page
    assert "otherwise" in page


def test_the_owner_signs_a_taxonomy_off_once(consultant, decision_owner, workflow):
    version = TaxonomyVersion.objects.get()
    address = f"/taxonomy/{version.pk}/sign-off/"
    assert "Sign off version" not in read(consultant, "/taxonomy/")
    assert consultant.post(address).status_code == 403
    assert "Sign off version" in read(decision_owner, "/taxonomy/")
    decision_owner.post(address, {"reason": "Checked with the operators."})
    version.refresh_from_db()
    assert version.signed_off_name
    page = read(decision_owner, "/taxonomy/")
    assert f"signed off by {version.signed_off_name}" in page
    assert "Sign off version" not in page
    assert "was signed off by" in decision_owner.post(address, follow=True).content.decode()


def workflow_taxonomy(workflow):
    from apps.cases.reading import taxonomy_of

    return taxonomy_of(workflow.production_id)


def test_documents_show_their_passages(auditor, workflow):
    document = Document.objects.get(slug="returns")
    assert f'href="/corpus/{document.pk}/"' in read(auditor, "/corpus/")
    page = read(auditor, f"/corpus/{document.pk}/")
    for passage in document.passages.all():
        assert passage.heading.rpartition(" › ")[2][:20] in page
        assert f"returns#{passage.anchor}" in page


def test_prompts_are_shown_word_for_word(auditor, northgate):
    prompt = Prompt(slug="draft-reply", version=1, purpose="action", model="any", text="Say <only> what is there.")
    create_prompt(actor=SYSTEM, prompt=prompt)
    assert "Say &lt;only&gt; what is there." in read(auditor, "/prompts/")


def test_releases_show_their_parts_and_which_is_in_production(auditor, workflow):
    release = Release.objects.get()
    assert "in production" in read(auditor, "/releases/")
    page = read(auditor, f"/releases/{release.pk}/")
    assert release.pk in page
    assert "snapshot 1" in page
    assert "shop.refund" in page
    assert "&quot;schema_version&quot;: 1" in page


@pytest.mark.parametrize(
    "address",
    ["/corpus/999/", "/corpus/99999999999999999999/", "/releases/none/", "/releases/%00/", "/taxonomy/?version=999"],
)
def test_what_is_not_there_is_not_found(auditor, workflow, address):
    assert auditor.get(address).status_code == 404


def test_an_odd_version_shows_the_one_in_force(auditor, workflow):
    assert "in production" in read(auditor, "/taxonomy/?version=%00x")


def test_everyone_in_the_house_may_read_the_configuration(operator, tenant_admin, workflow):
    for browser in (operator, tenant_admin):
        for address in PAGES:
            read(browser, address)
