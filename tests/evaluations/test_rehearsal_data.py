"""Labelled sets as people hand them in: what is wrong with one is said with the file and the line."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.evaluations.rehearsal.data_files import DataProblem
from apps.evaluations.rehearsal.grounding_data import read_grounding_set
from apps.evaluations.rehearsal.intent_data import read_intent_set
from apps.evaluations.rehearsal.retrieval_data import read_retrieval_set

TRAIN = "text,category\nWhere is my card?,card\nMy card is lost,card\nSend money abroad,transfer\n"
TEST = "text,category\nIs my card on its way?,card\nHow do I send money?,transfer\n"
CORPUS = [{"_id": "A", "title": "Wings", "text": "Lift and drag."}, {"_id": "B", "text": "Heat moves through a slab."}]
QUERIES = [{"_id": "1", "text": "what lifts a wing"}]
QRELS = "query-id\tcorpus-id\tscore\n1\tA\t1\n"


def jsonl(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def folder_of(tmp_path: Path, **files: str | bytes) -> Path:
    for name, content in files.items():
        path = tmp_path / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tmp_path


def intents(tmp_path: Path, train: str | bytes = TRAIN, test: str | bytes = TEST, **files: str) -> Path:
    return folder_of(tmp_path, train_dot_csv=train, test_dot_csv=test, **files)


def retrieval(
    tmp_path: Path,
    corpus: list[dict[str, Any]] | None = None,
    queries: list[dict[str, Any]] | None = None,
    qrels: str = QRELS,
) -> Path:
    return folder_of(
        tmp_path,
        corpus_dot_jsonl=jsonl(corpus or CORPUS),
        queries_dot_jsonl=jsonl(queries or QUERIES),
        qrels_dot_test_dot_tsv=qrels,
    )


def test_a_folder_is_read_as_train_test_and_what_lies_outside(tmp_path):
    data = read_intent_set(intents(tmp_path, oos_dot_csv="text\nWho won the match?\n"))
    assert data.labels == ["card", "transfer"]
    assert [len(part) for part in (data.train, data.test, data.outside)] == [3, 2, 1]
    assert list(data.warnings) == []


def test_a_test_row_labelled_out_of_scope_lies_outside(tmp_path):
    data = read_intent_set(intents(tmp_path, test=TEST + "Nice weather,oos\n"))
    assert [example.text for example in data.outside] == ["Nice weather"]
    assert len(data.test) == 2


def test_one_file_is_split_by_its_texts_the_same_way_every_time_and_says_so(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(jsonl([{"q": f"question number {n}", "y": n % 3} for n in range(200)]))
    first, again = (read_intent_set(path, "q", "y") for _ in range(2))
    assert first.train == again.train
    assert 20 <= len(first.test) <= 60
    assert {example.text for example in first.train}.isdisjoint(example.text for example in first.test)
    assert f"{len(first.train)} rows were trained on and {len(first.test)} tested" in first.warnings[0]


def test_what_is_odd_is_warned_of_and_stops_nothing(tmp_path):
    train = TRAIN + "my card  is LOST,transfer\n"
    data = read_intent_set(intents(tmp_path, train=train, test=TEST + "My card is lost,card\nHello,greeting\n"))
    said = " ".join(data.warnings)
    assert "1 rows of train repeat an earlier text." in said
    assert "1 texts of train stand under two labels." in said
    assert "1 rows of test stand in train too, the first in line 4" in said
    assert "a label that train never shows, such as greeting" in said


@pytest.mark.parametrize(
    ("train", "words"),
    [
        ("sentence,category\na,b\n", r"train\.csv, line 1: there is no column text.*sentence, category.*--text-field"),
        ("text,kind\na,b\n", r"train\.csv, line 1: there is no column category or label"),
        (TRAIN + " ,card\n", r"train\.csv, line 5: text is empty"),
        (TRAIN + "hello,\n", r"train\.csv, line 5: category is empty"),
        (TRAIN + "a\0b,card\n", r"train\.csv, line 5: text holds a NUL byte"),
        (TRAIN + "hello\n", r"train\.csv, line 5: The row has 1 values"),
        (TRAIN.encode() + b"caf\xe9,card\n", r"train\.csv, line 5: Byte 0xE9"),
        ("text,category\na,card\nb,card\n", r"train\.csv, line 2: the only label is card; at least two"),
        ("text,category\n", r"train\.csv names its columns and holds no row"),
        ("", r"train\.csv: The file is empty"),
    ],
)
def test_a_broken_intent_set_is_refused_with_file_and_line(tmp_path, train, words):
    with pytest.raises(DataProblem, match=words):
        read_intent_set(intents(tmp_path, train=train))


def test_a_folder_without_its_files_says_what_it_has(tmp_path):
    with pytest.raises(DataProblem, match=r"has no test\.csv or test\.jsonl; it has train\.csv"):
        read_intent_set(folder_of(tmp_path, train_dot_csv=TRAIN))


def test_a_text_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "set.jsonl"
    path.write_text(jsonl([{"text": "a", "label": "x"}, {"text": ["b"], "label": "y"}]))
    with pytest.raises(DataProblem, match=r"set\.jsonl, line 2: text is not a text but list"):
        read_intent_set(path)


def test_a_beir_folder_is_read_with_either_place_of_the_judgements(tmp_path):
    data = read_retrieval_set(retrieval(tmp_path))
    assert list(data.documents) == ["A", "B"]
    assert data.grades == {"1": {"A": 1}}
    (tmp_path / "qrels.test.tsv").unlink()
    assert read_retrieval_set(folder_of(tmp_path, qrels__test_dot_tsv=QRELS)).grades == data.grades


def test_a_query_that_nobody_judged_is_not_asked(tmp_path):
    queries = [*QUERIES, {"_id": "2", "text": "unjudged"}]
    assert list(read_retrieval_set(retrieval(tmp_path, queries=queries)).queries) == ["1"]


def test_a_document_without_text_is_warned_of(tmp_path):
    data = read_retrieval_set(retrieval(tmp_path, corpus=[*CORPUS, {"_id": "C", "title": "", "text": ""}]))
    assert list(data.documents) == ["A", "B"]
    assert "1 documents have no text, such as C" in data.warnings[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"corpus": [*CORPUS, CORPUS[0]]}, r"corpus\.jsonl, line 3: _id A came before, in line 1"),
        ({"corpus": [{"text": "no id"}]}, r"corpus\.jsonl, line 1: there is no column _id or id"),
        ({"corpus": [{"_id": "A", "text": "a\0b"}]}, r"corpus\.jsonl, line 1: text holds a NUL"),
        ({"corpus": [{"_id": "A", "text": " "}]}, r"corpus\.jsonl, line 1: no document has a text"),
        ({"queries": [{"_id": "1", "text": ""}]}, r"queries\.jsonl, line 1: text is empty"),
        ({"qrels": QRELS + "1\tZ\t1\n"}, r"qrels\.test\.tsv, line 3: the document Z is not in corpus\.jsonl"),
        ({"qrels": QRELS + "9\tA\t1\n"}, r"qrels\.test\.tsv, line 3: the query 9 is not in queries\.jsonl"),
        ({"qrels": QRELS + "1\tA\t1\n"}, r"line 3: query 1 and document A are judged twice"),
        ({"qrels": QRELS + "1\tB\tgood\n"}, r"line 3: the score 'good' is not a whole number"),
        ({"qrels": "1\tA\t5\n2\tB\t5\n"}, r"line 1: there is no column query-id"),
        ({"qrels": "query-id\tcorpus-id\tscore\n1\tA\t0\n"}, r"line 2: no query has a relevant document"),
    ],
)
def test_a_broken_retrieval_set_is_refused_with_file_and_line(tmp_path, changes, words):
    with pytest.raises(DataProblem, match=words):
        read_retrieval_set(retrieval(tmp_path, **changes))


def grounding(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "set.jsonl"
    path.write_text(jsonl(list(rows)))
    return path


def test_spans_are_offsets_words_or_objects_and_sources_texts_or_objects(tmp_path):
    text = "It rains. It snows."
    rows: list[dict[str, Any]] = [
        {"text": text, "sources": "It rains.", "unsupported": [[10, 19]]},
        {"text": text, "sources": ["It rains."], "unsupported": ["It snows."]},
        {"text": text, "sources": [{"text": "It rains."}], "unsupported": [{"start": 10, "end": 19}]},
    ]
    data = read_grounding_set(grounding(tmp_path, *rows))
    assert {each.unsupported for each in data.texts} == {((10, 19),)}
    assert {each.sources for each in data.texts} == {("It rains.",)}


def test_a_span_that_stands_nowhere_leaves_its_row_out_and_says_so(tmp_path):
    rows = [{"text": "a b", "sources": "a", "unsupported": words} for words in ([], ["zzz"])]
    data = read_grounding_set(grounding(tmp_path, *rows))
    assert len(data.texts) == 1
    assert "1 rows are left out" in data.warnings[0]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "a", "unsupported": []}, "line 1: there is no column sources"),
        ({"text": "", "sources": "a", "unsupported": []}, "line 1: text is empty"),
        ({"text": "a", "sources": [], "unsupported": []}, "line 1: sources is not a text or a list of texts"),
        ({"text": "a", "sources": ["a\0"], "unsupported": []}, "line 1: sources .* NUL byte"),
        ({"text": "a", "sources": "a", "unsupported": "b"}, "line 1: unsupported is not a list"),
        ({"text": "a", "sources": "a", "unsupported": [[0, 9]]}, r"line 1: \[0, 9\] in unsupported is neither"),
    ],
)
def test_a_broken_grounding_set_is_refused_with_file_and_line(tmp_path, row, words):
    with pytest.raises(DataProblem, match=words):
        read_grounding_set(grounding(tmp_path, row))


def test_hypotheses_over_documents_are_supported_where_they_are_entailed(tmp_path):
    choices = {"n-1": {"choice": "Entailment", "spans": []}, "n-2": {"choice": "NotMentioned", "spans": []}}
    content = {
        "documents": [{"text": "Both sides keep it secret.", "annotation_sets": [{"annotations": choices}]}],
        "labels": {"n-1": {"hypothesis": "It is secret."}, "n-2": {"hypothesis": "It ends."}},
    }
    path = tmp_path / "dev.json"
    path.write_text(json.dumps(content))
    assert [each.unsupported for each in read_grounding_set(path).texts] == [(), ((0, 8),)]


@pytest.mark.parametrize(("content", "words"), [("{\n,", "line 2: this is not JSON"), ("{}", "documents")])
def test_a_json_file_of_another_form_is_refused(tmp_path, content, words):
    path = tmp_path / "dev.json"
    path.write_text(content)
    with pytest.raises(DataProblem, match=words):
        read_grounding_set(path)
