"""A retrieval set in the layout of BEIR: corpus.jsonl, queries.jsonl, and judgements in qrels.test.tsv."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from apps.evaluations.rehearsal.data_files import DataFile, DataProblem, Line, read_file, require_file

ID_COLUMNS = ("_id", "id")
QUERY_COLUMNS, DOCUMENT_COLUMNS, GRADE_COLUMNS = ("query-id", "query_id"), ("corpus-id", "corpus_id"), ("score",)


@dataclass(frozen=True)
class Abstract:
    title: str
    text: str


@dataclass(frozen=True)
class RetrievalSet:
    documents: Mapping[str, Abstract]
    queries: Mapping[str, str]  # those with a relevant document
    grades: Mapping[str, Mapping[str, int]]  # by query, then document; relevant above 0
    warnings: Sequence[str]


def read_retrieval_set(folder: Path) -> RetrievalSet:
    """Raises DataProblem."""
    if not folder.is_dir():
        raise DataProblem(
            f"{folder} is a file; a retrieval set is a folder with corpus.jsonl, queries.jsonl and qrels."
        )
    corpus = read_file(require_file(folder, "corpus.jsonl"))
    documents = _by_id(corpus)
    abstracts = {
        name: Abstract(line.optional_text("title"), line.optional_text("text")) for name, line in documents.items()
    }
    empty = [name for name, abstract in abstracts.items() if not abstract.title and not abstract.text]
    if len(empty) == len(abstracts):
        raise DataProblem(f"{corpus.path}, line {corpus.lines[0].number}: no document has a text.")
    queries = {
        name: line.text("text") for name, line in _by_id(read_file(require_file(folder, "queries.jsonl"))).items()
    }
    judged = read_file(require_file(folder, "qrels.test.tsv", "qrels/test.tsv"))
    grades = _grades(judged, queries.keys(), abstracts.keys())
    wanted = [name for name in queries if any(grade > 0 for grade in grades.get(name, {}).values())]
    if not wanted:
        raise DataProblem(f"{judged.path}, line {judged.lines[0].number}: no query has a relevant document.")
    warnings = [f"{len(empty):,} documents have no text, such as {empty[0]}, and can never be found."] if empty else []
    return RetrievalSet(
        documents={name: abstract for name, abstract in abstracts.items() if abstract.title or abstract.text},
        queries={name: queries[name] for name in wanted},
        grades=grades,
        warnings=warnings,
    )


def _by_id(file: DataFile) -> dict[str, Line]:
    column = file.column("", ID_COLUMNS, "_id")
    found: dict[str, Line] = {}
    for line in file.lines:
        name = line.name(column)
        if name in found:
            raise line.problem(f"{column} {name} came before, in line {found[name].number}.")
        found[name] = line
    return found


def _grades(file: DataFile, queries: Collection[str], documents: Collection[str]) -> dict[str, dict[str, int]]:
    columns = [file.column("", names, "the first line") for names in (QUERY_COLUMNS, DOCUMENT_COLUMNS, GRADE_COLUMNS)]
    found: dict[str, dict[str, int]] = {}
    for line in file.lines:
        query, document, grade = (line.name(column) for column in columns)
        if query not in queries:
            raise line.problem(f"the query {query} is not in queries.jsonl.")
        if document not in documents:
            raise line.problem(f"the document {document} is not in corpus.jsonl.")
        if document in found.setdefault(query, {}):
            raise line.problem(f"query {query} and document {document} are judged twice.")
        try:
            found[query][document] = int(grade)
        except ValueError:
            raise line.problem(f"the score {grade!r} is not a whole number.") from None
    return found
