"""The public site as visitors, search engines and models read it."""

import json
import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.planning.tools import TOOLS
from apps.portal.concepts import concepts
from apps.portal.views_public import PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def anybody() -> Client:
    return Client(SERVER_NAME="localhost")


@pytest.mark.parametrize("slug", concepts())
def test_a_concept_states_its_definition_before_anything_else(anybody, slug):
    page = anybody.get(f"/concepts/{slug}/").content.decode()
    concept = concepts()[slug]
    first = re.search(r"<h1>.*?</h1>\s*<p><b>(.*?)</b></p>", page)
    assert first
    assert first[1] == concept.definition
    assert concept.title.lower().removeprefix("the ").split()[0].rstrip(",") in concept.definition.lower()


@pytest.mark.parametrize("slug", concepts())
def test_search_engines_get_the_definition_and_the_questions(anybody, slug):
    page = anybody.get(f"/concepts/{slug}/").content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    term, faq = json.loads(found[1])["@graph"]
    assert (term["@type"], term["description"]) == ("DefinedTerm", concepts()[slug].definition)
    assert [each["name"] for each in faq["mainEntity"]] == [each.ask for each in concepts()[slug].questions]


def test_nothing_in_the_linked_data_can_end_its_element(anybody):
    page = anybody.get("/").content.decode()
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    assert json.loads(found[1])["name"] == "Thinslice"
    assert "<" not in found[1]


def test_every_address_of_the_sitemap_answers(anybody):
    addresses = re.findall(r"<loc>(.*?)</loc>", anybody.get("/sitemap.xml").content.decode())
    assert len(addresses) == len(concepts()) + len(PAGES)
    for address in addresses:
        assert anybody.get(address.removeprefix("http://localhost")).status_code == 200, address


def test_models_find_every_concept_and_tool_in_one_text(anybody):
    text = anybody.get("/llms.txt").content.decode()
    assert text.startswith("# Thinslice\n\n> ")
    for address in re.findall(r"http://localhost(/[\w/.-]*)", text):
        assert anybody.get(address).status_code == 200, address


def test_robots_are_led_to_the_sitemap(anybody):
    assert "Sitemap: http://localhost/sitemap.xml" in anybody.get("/robots.txt").content.decode()


def test_an_unknown_concept_is_not_there(anybody):
    assert anybody.get("/concepts/magic/").status_code == 404


@pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.page)
def test_each_tool_says_in_its_head_what_it_does(anybody, tool):
    page = anybody.get(reverse(tool.page, urlconf="config.urls_public")).content.decode()
    assert f'<meta name="description" content="{tool.does}">' in page
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', page).group(1))
    assert (data["@type"], data["description"]) == ("WebApplication", tool.does)
    assert anybody.get(data["url"].removeprefix("http://localhost")).status_code == 200


def test_who_asks_only_for_the_head_gets_it(anybody):
    for address in ("/", "/roi/", "/readiness/", "/start/", "/concepts/", "/llms.txt", "/sitemap.xml", "/roi.json"):
        assert anybody.head(address).status_code == 200, address
