"""manage.py rehearse on small made-up sets: real layers, real search, nothing left behind."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.cases.models import Case
from apps.corpora.late_interaction import pack
from apps.corpora.models import Corpus
from apps.corpora.services import create_corpus
from apps.evaluations.rehearsal import retrieval, scratch
from apps.evaluations.rehearsal.attribution import sentence_spans
from apps.evaluations.rehearsal.data_files import DataProblem
from apps.evaluations.rehearsal.releases import taxonomy_of
from apps.evaluations.rehearsal.remembered import RememberingEncoder
from apps.evaluations.rehearsal.retrieval_data import Abstract
from apps.tenants.models import Tenant
from apps.tenants.schemas import in_public, in_schema
from tests.cast import NORTHGATE
from tests.evaluations.test_rehearsal_data import folder_of, grounding, intents, jsonl
from tests.local_models import local_encoder

THEMES = {
    "Card lost?": ("my card is lost", "I lost the card", "the card was stolen", "cannot find my card anywhere"),
    "card lost!": ("send money abroad", "transfer to another country", "wire money overseas", "pay somebody in Spain"),
    "9 lives": ("the cat is ill", "my cat does not eat", "vet for a cat", "the kitten coughs"),
}


@pytest.fixture
def rehearse(northgate, settings, tmp_path):
    """Runs the command and gives what it wrote."""
    settings.VAR_DIR = tmp_path / "var"

    def run(kind: str, path: Path, **options: Any) -> Any:
        output = tmp_path / "out" / "figures.json"
        call_command("rehearse", kind=kind, data=path, json=output, tenant="northgate", **options)
        return json.loads(output.read_text())

    return run


def small_intents(tmp_path):
    rows = [f"{text} {number},{label}\n" for label, texts in THEMES.items() for text in texts for number in range(5)]
    test = [f"{texts[0]} please,{label}\n" for label, texts in THEMES.items()]
    head = "text,category\n"
    return intents(
        tmp_path, head + "".join(rows), head + "".join(test), oos_dot_csv="text\nquantum chromodynamics on lattices\n"
    )


def small_library(tmp_path):
    return folder_of(
        tmp_path,
        corpus_dot_jsonl=jsonl(
            [
                {"_id": "MED/1", "title": "Wings", "text": "A wing creates lift from moving air."},
                {"_id": "MED/2", "title": "", "text": "Heat moves slowly through a thick slab."},
                {"_id": "MED/3", "title": "Ovens", "text": "An oven bakes bread."},
            ]
        ),
        queries_dot_jsonl=jsonl([{"_id": 1, "text": "what creates lift"}, {"_id": 2, "text": "heat in slabs"}]),
        qrels_dot_test_dot_tsv="query-id\tcorpus-id\tscore\n1\tMED/1\t2\n2\tMED/2\t1\n",
    )


def test_intent_is_measured_through_intake_with_labels_of_any_spelling(rehearse, tmp_path):
    said = rehearse("intent", small_intents(tmp_path))
    assert said["accuracy"] == 1.0
    assert said["n"]["accuracy"] == 3
    assert said["labels"] == 3
    assert said["oos_auroc"] == 1.0
    assert said["intervals"]["accuracy"][0] < 1.0
    assert said["milliseconds"]["intake"]["n"] == 4
    assert {"macro_f1", "ece", "coverage_at_95", "precision_reached", "tag_accuracy"} <= said.keys()


def test_the_limit_bounds_what_is_tested_not_what_is_learnt(rehearse, tmp_path):
    said = rehearse("intent", small_intents(tmp_path), limit=2)
    assert (said["n"]["accuracy"], said["trained_on"]) == (2, 60)


def test_retrieval_is_measured_plain_and_reranked_and_leaves_no_corpus(rehearse, tmp_path):
    said = rehearse("retrieval", small_library(tmp_path))
    assert (said["ndcg_at_10"], said["ndcg_at_10_reranked"], said["recall_at_50"]) == (1.0, 1.0, 1.0)
    assert said["milliseconds"]["context"]["n"] == 2
    assert not Corpus.objects.filter(scratch=True).exists()
    actions = [action for action in Entry.objects.values_list("action", flat=True) if action.startswith("corpus.")]
    assert sorted(actions) == ["corpus.created", "corpus.deleted", "corpus.filled", "corpus.snapshot_published"]


def test_a_text_is_encoded_once_for_all_rehearsals_on_this_machine(tmp_path, monkeypatch):
    texts = ["A wing creates lift.", "Heat moves."]
    encoder = local_encoder()
    first = RememberingEncoder(encoder, tmp_path)
    vectors, tokens = first.both(texts)
    first.close()
    monkeypatch.setattr(encoder, "both", None)
    monkeypatch.setattr(encoder, "encode", None)
    again = RememberingEncoder(encoder, tmp_path)
    assert (again.encode(texts) == vectors).all()
    assert [pack(each) for each in again.both(texts)[1]] == [pack(each) for each in tokens]


def test_remembered_token_vectors_index_as_the_encoders_own(tmp_path):
    texts = ["A wing creates lift.", "Heat moves."]
    remembered = RememberingEncoder(local_encoder(), tmp_path).both(texts)[1]
    assert [pack(each) for each in remembered] == [pack(each) for each in local_encoder().both(texts)[1]]


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_rehearsal_left_is_removed_and_what_is_in_use_stays(northgate):
    create_corpus(actor=scratch.ACTOR, slug="rehearsal-left-behind", scratch=True)
    create_corpus(actor=scratch.ACTOR, slug="policies")
    with scratch.scratch_corpus() as corpus:
        assert set(Corpus.objects.values_list("slug", flat=True)) == {"policies", corpus.slug}
    assert list(Corpus.objects.values_list("slug", flat=True)) == ["policies"]


def test_an_error_removes_the_scratch_corpus(northgate):
    with pytest.raises(RuntimeError, match="half-way"), scratch.scratch_corpus():
        raise RuntimeError("half-way")
    assert not Corpus.objects.exists()


def test_grounding_flags_the_sentence_that_no_source_bears_out(rehearse, tmp_path):
    source = "The tent is waterproof. Returns are free within 30 days."
    rows: list[dict[str, Any]] = [
        {"text": "Returns are free within 30 days.", "sources": [source], "unsupported": []},
        {"text": "The tent is waterproof. It comes with a gas stove.", "sources": [source], "unsupported": [[24, 50]]},
        {"text": "Returns are free within 60 days.", "sources": [source], "unsupported": ["60 days"]},
    ]
    said = rehearse("grounding", grounding(tmp_path, *rows))
    assert said["fully_grounded"] == said["fully_grounded_labelled"] == pytest.approx(1 / 3)
    assert (said["unsupported_precision"], said["unsupported_recall"], said["unsupported_f1"]) == (1.0, 1.0, 1.0)
    assert said["sentences"] == 4


def test_a_rehearsal_admits_no_case(rehearse, tmp_path):
    rehearse("intent", small_intents(tmp_path))
    assert not Case.objects.exists()


def test_a_broken_set_an_unknown_tenant_and_a_missing_path_are_one_clear_line(rehearse, tmp_path):
    with pytest.raises(CommandError, match=r"corpus\.jsonl"):
        rehearse("retrieval", folder_of(tmp_path, queries_dot_jsonl="{}"))
    with pytest.raises(CommandError, match=r"no tenant 'nobody'\. There are: harbour, northgate"):
        call_command("rehearse", kind="retrieval", data=small_library(tmp_path), tenant="nobody")
    with pytest.raises(CommandError, match="does not exist"):
        rehearse("intent", tmp_path / "nothing")


@pytest.mark.django_db(transaction=True)
def test_without_a_tenant_the_rehearsals_get_one_of_their_own(db, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "var"
    call_command("rehearse", kind="retrieval", data=small_library(tmp_path))
    with in_public():
        assert Tenant.objects.filter(schema_name=scratch.SCHEMA).exists()
    with in_schema(scratch.SCHEMA):
        assert not Corpus.objects.exists()
    with in_schema(NORTHGATE):
        assert not Entry.objects.exists()


def test_without_the_owner_a_tenant_must_be_named(northgate, settings):
    settings.DATABASE_OWNER_URL = ""
    with pytest.raises(DataProblem, match="Name a tenant with --tenant"):
        scratch.schema_for("")


def test_labels_become_slugs_that_differ():
    taxonomy, slugs = taxonomy_of(["Card lost?", "card lost!", "9 lives", "¿?", "out of scope"])
    assert list(slugs.values()) == ["card_lost", "card_lost_2", "type_9_lives", "type", "out_of_scope_2"]
    assert [kind.title for kind in taxonomy.case_types][:2] == ["Card lost?", "card lost!"]


@pytest.mark.parametrize("title", ["", "word " * 60, "x" * 250])
def test_a_title_that_is_missing_or_too_long_loses_no_word(title):
    document = retrieval.document_of("d0", Abstract(title.strip(), "The text. " * 30))
    indexed = document.indexed_text(document.passages[0])
    assert indexed.replace(" ", "").replace("\n", "") == (title + "The text. " * 30).replace(" ", "")


def test_sentences_keep_their_places_in_the_text():
    text = "One. “Two!” Three\n\n- four?\n***\n"
    assert [text[start:end] for start, end in sentence_spans(text)] == ["One.", "“Two!”", "Three", "- four?"]
