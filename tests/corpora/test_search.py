"""Search finds what the case may use, best first, and says how much was kept back and why."""

import random
from datetime import date

import bm25s
import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.corpora import search as searching
from apps.corpora.analyser import terms_of
from apps.corpora.late_interaction import max_sim, pack
from apps.corpora.scope import Query, measure, usable_regions
from apps.corpora.search import WrongIndex, passages_at, search
from apps.corpora.statements import RRF
from apps.tenants.models import Tenant
from tests.corpora.library import TODAY, ask, corpus_of, document
from tests.local_models import local_encoder

LIBRARY = (
    document("returns", "## Window\n\nYou can return unworn items within 30 days of delivery."),
    document("loyalty", "## Points\n\nGold members collect two points for each euro.", requires_consent=True),
    document("california", "## Notice\n\nCalifornia residents may ask what we know about them.", regions=["US-CA"]),
    document("states", "## Deadlines\n\nWe answer within 15 business days.", regions=["US"]),
    document("returns-2024", "## Window\n\nYou can return items within 100 days.", effective_to=date(2026, 2, 28)),
    document("autumn", "## Sale\n\nReturned sale items become a voucher.", effective_from=date(2026, 11, 23)),
    document("signals", "## Signals\n\nSigns that returned items were worn.", audience="internal"),
)


def sources(query: Query) -> set[str]:
    found = search(corpus="policies", version=1, query=query, encoder=local_encoder())
    return {hit.source for hit in found.hits}


@pytest.mark.parametrize(
    ("region", "consent", "expected"),
    [
        ("EU", True, {"returns", "loyalty"}),
        ("EU", False, {"returns"}),
        ("US", True, {"returns", "loyalty", "states"}),
        ("US-CA", False, {"returns", "states", "california"}),
        ("us-ca", False, {"returns", "states", "california"}),
        ("US-TX", False, {"returns", "states"}),
        ("", False, {"returns"}),
    ],
)
def test_only_documents_for_the_case_are_found(
    northgate: Tenant, region: str, consent: bool, expected: set[str]
) -> None:
    corpus_of(*LIBRARY)
    assert sources(ask("return items points notice days", region=region, consent=consent)) == expected


def test_a_region_may_use_what_is_meant_for_the_regions_around_it() -> None:
    assert usable_regions(" us-CA ") == ["*", "US", "US-CA"]


def test_a_document_is_in_force_from_its_first_to_its_last_day(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    assert "returns-2024" in sources(ask("return items", on=date(2026, 2, 28)))
    assert "returns-2024" not in sources(ask("return items", on=date(2026, 3, 1)))
    assert "autumn" in sources(ask("return items", on=date(2026, 11, 23)))


def test_internal_documents_are_for_internal_questions_only(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    assert "signals" in sources(ask("worn items", audience="internal"))


def test_passages_kept_back_are_counted_under_their_first_reason(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    allowed = ("returns", "loyalty", "california", "returns-2024", "autumn")
    found = search(
        corpus="policies", version=1, query=ask("return", sources=allowed, consent=False), encoder=local_encoder()
    )
    assert found.withheld == {"allow_list": 2, "not_in_force": 2, "region": 1, "consent": 1}
    assert [hit.source for hit in found.hits] == ["returns"]


def test_when_nothing_may_be_used_nothing_is_found(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    found = search(corpus="policies", version=1, query=ask("return", sources=()), encoder=local_encoder())
    assert (found.hits, found.withheld, found.reranker) == ((), {"allow_list": 7}, "")


def test_filters_come_before_the_cut_so_a_crowd_of_withheld_passages_hides_nothing(northgate: Tenant) -> None:
    crowd = [document(f"crowd-{number}", "## A\n\nrefund refund refund", regions=["US"]) for number in range(150)]
    corpus_of(*crowd, document("wanted", "## A\n\nA refund takes five days."))
    found = search(corpus="policies", version=1, query=ask("refund", limit=3), encoder=local_encoder(), depth=5)
    assert [hit.source for hit in found.hits] == ["wanted"]


def test_anchors_give_the_passages_in_their_order_within_the_same_filters(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    anchors = ["loyalty#points", "returns#window", "california#notice", "returns#nothing", "returns-2024#window"]
    hits = passages_at(corpus="policies", version=1, anchors=anchors, query=ask(""))
    assert [hit.id for hit in hits] == ["loyalty#points", "returns#window"]


def test_a_hit_says_how_each_ranking_placed_it(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    best = search(corpus="policies", version=1, query=ask("unworn items within 30 days"), encoder=local_encoder()).hits[
        0
    ]
    assert (best.id, best.heading, best.version) == ("returns#window", "Window", 1)
    assert best.ranks == {"words": 1, "meaning": 1, "rerank": 1}
    assert best.score == pytest.approx(3 / (RRF + 1))


def test_a_question_in_other_words_is_found_by_meaning_alone(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    best = search(corpus="policies", version=1, query=ask("loyalty rewards programme"), encoder=local_encoder()).hits[0]
    assert best.source == "loyalty"
    assert "meaning" in best.ranks


def test_without_reranker_none_is_claimed(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    found = search(corpus="policies", version=1, query=ask("return"), encoder=local_encoder(), reranker="")
    assert found.reranker == ""
    assert all("rerank" not in hit.ranks for hit in found.hits)


@pytest.mark.parametrize("text", ["", "the of and", "'; DROP TABLE corpora_passage; --", "日本語", "a" * 300_000])
def test_any_text_can_be_asked(northgate: Tenant, text: str) -> None:
    corpus_of(*LIBRARY)
    found = search(corpus="policies", version=1, query=ask(text), encoder=local_encoder())
    assert {hit.source for hit in found.hits} == {"returns", "loyalty"}


def test_a_search_is_two_statements(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    with CaptureQueriesContext(connection) as queries:
        search(corpus="policies", version=1, query=ask("return"), encoder=local_encoder())
    assert sum("corpora_" in query["sql"] for query in queries) == 2


def test_vectors_of_another_encoder_are_not_compared(northgate: Tenant) -> None:
    class Other:
        fingerprint = "another"
        both = local_encoder().both

    corpus_of(*LIBRARY)
    with pytest.raises(WrongIndex, match="was indexed by"):
        search(corpus="policies", version=1, query=ask("return"), encoder=Other())


WORDS = """
refund parcel order label gold silver days return window receipt carrier boots tent jacket size colour
"""


def random_library(count: int) -> list[str]:
    chance = random.Random(7)
    return [" ".join(chance.choices(WORDS.split(), k=chance.randint(3, 40))) for _ in range(count)]


def test_word_ranking_is_that_of_an_independent_bm25(northgate: Tenant) -> None:
    texts = random_library(200)
    corpus_of(*(document(f"d{number}", text, title=f"d{number}") for number, text in enumerate(texts)))
    peer = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    peer.index([terms_of(f"d{number}\n{text}") for number, text in enumerate(texts)], show_progress=False)
    for question in ("refund for gold boots", "tent tent jacket", "label receipt carrier window size"):
        scores = peer.get_scores(terms_of(question))
        expected = sorted(range(len(texts)), key=lambda number: (-round(float(scores[number]), 4), number))
        found = search(
            corpus="policies",
            version=1,
            query=ask(question, limit=200),
            encoder=local_encoder(),
            reranker="",
            depth=200,
        )
        by_words = sorted((hit.ranks["words"], hit.source) for hit in found.hits if "words" in hit.ranks)
        ours = [int(source[1:]) for _, source in by_words]
        assert len(ours) == sum(score > 0 for score in scores)
        assert [round(float(scores[number]), 4) for number in ours] == [
            round(float(scores[number]), 4) for number in expected[: len(ours)]
        ]


def test_the_index_for_large_corpora_finds_what_the_exact_search_finds(
    northgate: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = random_library(120)
    region = ["EU", "US"]
    corpus_of(*(document(f"d{number}", text, regions=[region[number % 2]]) for number, text in enumerate(texts)))
    query = ask("gold boots refund", limit=10)
    exact = search(corpus="policies", version=1, query=query, encoder=local_encoder())
    monkeypatch.setattr(searching, "EXACT_UP_TO", 10)
    approximate = search(corpus="policies", version=1, query=query, encoder=local_encoder())
    assert len({hit.id for hit in exact.hits} & {hit.id for hit in approximate.hits}) >= 9


def test_the_scope_counts_what_may_be_used(northgate: Tenant) -> None:
    corpus_of(*LIBRARY)
    scope = measure("policies", 1, ask("", region="US-CA"))
    assert (scope.passages, scope.allowed) == (7, 4)


def test_late_interaction_on_bits_ranks_as_on_the_vectors_themselves() -> None:
    texts = ["You can return items within 30 days.", "Gold members collect points.", "Parcels arrive in three days."]
    _, passages = local_encoder().both(texts)
    question = local_encoder().encode_tokens(["How many days do I have to send something back?"])[0]
    exact = [float((question @ passage.T).max(axis=1).sum()) for passage in passages]
    packed = max_sim(question, [pack(passage) for passage in passages])
    assert np.argsort(packed).tolist() == np.argsort(exact).tolist()
    assert len(pack(passages[0])) == 48 * len(passages[0])


def test_terms_are_folded_stemmed_and_rid_of_stopwords() -> None:
    assert terms_of("The Returns of \uff57\uff49\uff44\uff45 order 88-20417") == [
        "return",
        "wide",
        "order",
        "88",
        "20417",
    ]


def test_today_of_the_library_is_within_the_validity_it_tests() -> None:
    assert date(2026, 2, 28) < TODAY < date(2026, 11, 23)
