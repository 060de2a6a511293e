"""Any two releases can be compared, part by part, in words."""

from copy import deepcopy
from dataclasses import replace
from decimal import Decimal
from typing import Any

from apps.corpora.documents import parse_document
from apps.corpora.models import Corpus, Snapshot
from apps.corpora.services import import_documents, publish_snapshot
from apps.prompts.content import Prompt
from apps.prompts.services import create_version as create_prompt
from apps.taxonomies.content import Taxonomy
from apps.taxonomies.models import TaxonomyVersion
from apps.taxonomies.services import create_version
from apps.tenants.actors import SYSTEM
from apps.workflows.composition import Parts, compose
from apps.workflows.diff import Difference, between
from apps.workflows.history import events, predecessor, standings
from apps.workflows.models import Release, Workflow
from apps.workflows.services import create_release
from tests.cases.world import RETURNS, TAXONOMY, shop_system, workflow
from tests.local_models import local_encoder

__all__ = ["shop_system", "workflow"]


def candidate(workflow: Workflow, **changes: Any) -> Release:
    parts = Parts(
        taxonomy=TaxonomyVersion.objects.get(workflow="shop", version=1),
        snapshot=Snapshot.objects.get(version=1),
        prompts={},
        classifiers={},
        high=0.9,
        medium=0.5,
        amount_limit=Decimal(100),
    )
    return create_release(actor=SYSTEM, workflow=workflow, manifest=compose(workflow, replace(parts, **changes)))


def incumbent(workflow: Workflow) -> Release:
    assert workflow.production
    return workflow.production


def told(difference: Difference) -> dict[str, list[tuple[str, str, str]]]:
    return {
        section.title: [(each.what or each.where, each.before, each.after) for each in section.changes]
        for section in difference.sections
    }


def test_a_release_and_itself_differ_in_nothing(workflow: Workflow) -> None:
    difference = between(incumbent(workflow), incumbent(workflow))
    assert (difference.count, difference.summary) == (0, "Nothing changed")


def test_thresholds_and_limits_say_from_and_to(workflow: Workflow) -> None:
    difference = between(incumbent(workflow), candidate(workflow, high=0.95, amount_limit=Decimal(50)))
    assert told(difference) == {
        "Intake": [("decides alone from", "0.900000", "0.950000")],
        "Action": [("asks a person above", "100", "50")],
    }
    assert difference.summary == "Intake: 1 change; Action: 1 change"


def test_a_taxonomy_says_what_is_inside_of_it_and_which_grants_it_brings(workflow: Workflow) -> None:
    content = deepcopy(TAXONOMY)
    content["version"] = 2
    content["case_types"][0]["decisions"][0]["effects"] = []
    newer = create_version(actor=SYSTEM, workflow="shop", taxonomy=Taxonomy.model_validate(content))
    found = told(between(incumbent(workflow), candidate(workflow, taxonomy=newer)))
    assert found["Taxonomy"][0] == ("version", "1", "2")
    assert found["Taxonomy"][1][0] == "does"
    assert found["Action"] == [("may do shop.refund", "yes", "")]


def test_documents_say_which_came_went_and_changed(workflow: Workflow) -> None:
    changed = RETURNS.replace("version: 1", "version: 2").replace("30 days", "14 days")
    more = RETURNS.replace("slug: returns", "slug: sizes").replace("title: Returns policy", "title: Sizes")
    documents = [parse_document(changed), parse_document(more)]
    corpus = Corpus.objects.get()
    import_documents(actor=SYSTEM, corpus=corpus, documents=documents, encoder=local_encoder())
    newer = candidate(workflow, snapshot=publish_snapshot(actor=SYSTEM, corpus=corpus))
    forward, back = between(incumbent(workflow), newer), between(newer, incumbent(workflow))
    assert ("version", "1", "2") in told(forward)["Documents"]
    assert [each.kind for each in forward.sections[1].changes if each.where == "Document sizes"] == ["added"]
    assert [each.kind for each in back.sections[1].changes if each.where == "Document sizes"] == ["removed"]


def test_prompts_are_compared_word_by_word(workflow: Workflow) -> None:
    first, second = (
        create_prompt(
            actor=SYSTEM, prompt=Prompt(slug="draft", version=n, purpose="action", model="any", text=f"Say it {words}.")
        )
        for n, words in ((1, "once"), (2, "twice"))
    )
    difference = between(
        candidate(workflow, prompts={"action": first}), candidate(workflow, prompts={"action": second})
    )
    (text,) = difference.texts
    assert (text.title, text.before, text.after) == ("Prompt of action", "draft, version 1", "draft, version 2")
    assert [piece.text for row in text.rows for piece in row.after if piece.changed] == ["twice"]


def test_the_history_tells_who_made_and_moved_what_newest_first(workflow: Workflow) -> None:
    told_events = events(workflow)
    titles = [event.title for event in told_events]
    assert titles == ["Traffic: all traffic", "May take traffic: first release", "Release made"]
    assert "Dora Lindqvist" in told_events[0].who
    later = candidate(workflow, high=0.8)
    assert predecessor(later) == incumbent(workflow)
    assert standings(workflow)[incumbent(workflow).pk].words == "in production"
    assert later.pk not in standings(workflow)
