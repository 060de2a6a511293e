"""Files as people really have them: other encodings, other separators, broken quotes, no text at all."""

from io import BytesIO

import pytest

from apps.cases.rows import RowFile, Unreadable


def read(content: bytes, name: str = "cases.csv", encoding: str = ""):
    file = RowFile(BytesIO(content), name, encoding)
    return file, list(file.rows())


def values(content: bytes, name: str = "cases.csv", encoding: str = ""):
    return [dict(row.values) for row in read(content, name, encoding)[1]]


def why(content: bytes, name: str = "cases.csv", encoding: str = "") -> str:
    with pytest.raises(Unreadable) as stopped:
        read(content, name, encoding)
    return str(stopped.value)


def test_rows_know_the_line_in_which_they_begin():
    _, rows = read(b'id,text\na,one\n\nb,"two\nlines"\nc,three\n')
    assert [(row.line, row.values["id"]) for row in rows] == [(2, "a"), (4, "b"), (6, "c")]
    assert rows[1].values["text"] == "two\nlines"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_told_from_the_first_line(separator):
    content = f'id{separator}text\n1{separator}"a, b; c"\n'
    assert values(content.encode()) == [{"id": "1", "text": "a, b; c"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_marked_encodings_and_all_line_endings_are_read(encoding, ending):
    content = f"id,text{ending}1,Größe 漢字 🥾{ending}2,b{ending}".encode(encoding)
    assert values(content) == [{"id": "1", "text": "Größe 漢字 🥾"}, {"id": "2", "text": "b"}]


def test_a_named_encoding_is_read():
    assert values("id,text\n1,Größe €\n".encode("cp1252"), encoding="cp1252") == [{"id": "1", "text": "Größe €"}]
    assert values("id,text\n1,Größe\n".encode("utf-16-le"), encoding="utf-16-le") == [{"id": "1", "text": "Größe"}]


def test_a_byte_of_another_encoding_spoils_its_own_row_only():
    _, rows = read("id,text\n1,plain\n2,Größe\n3,plain\n".encode("cp1252"))
    assert [row.problem for row in rows if not row.problem] == ["", ""]
    assert rows[1].line == 3
    assert rows[1].problem.startswith("Byte 0xF6 is not utf-8.")
    assert "--encoding cp1252" in rows[1].problem


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"PK\x03\x04rest", "Excel workbook"),
        (b"%PDF-1.7", "a PDF"),
        (b"\x1f\x8b\x08", "compressed"),
        ("id,text\n1,a\n".encode("utf-16-le"), "utf-16-le"),
        (b"id,,text\n", "no name"),
        (b"id,text,id\n", "same name: id"),
        (b"id,te\x00xt\n1,a\n", "Line 1 names the columns"),
        ("id,Größe\n1,a\n".encode("latin-1"), "Line 1 names the columns"),
        (b'id,"text\n', "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(content, words):
    assert words in why(content)


def test_an_unknown_encoding_is_named():
    assert "latin-1" in why(b"id,text\n", encoding="klingon")
    assert "rot13" in why(b"id,text\n", encoding="rot13")


def test_a_file_that_is_not_of_the_named_encoding_says_after_which_line():
    content = "id,text\n1,a\n".encode("utf-16") + b"x"
    assert "is not utf-16" in why(content)


def test_rows_with_too_many_or_too_few_values_are_kept_whole():
    _, rows = read(b"id,text\n1\n2,b,c\n3,d\n")
    assert [row.problem for row in rows] == [
        "The row has 1 values, and the first line names 2 columns.",
        "The row has 3 values, and the first line names 2 columns.",
        "",
    ]
    assert rows[1].values == {"raw": "2,b,c\n"}


def test_a_stray_quotation_mark_spoils_its_own_row_only():
    _, rows = read(b'id,text\n1,"a" b\n2,c\n')
    assert rows[0].problem.startswith("This is not CSV")
    assert rows[1].values == {"id": "2", "text": "c"}


def test_a_quotation_mark_that_is_never_closed_names_the_lines_that_it_swallowed():
    _, rows = read(b'id,text\n1,a\n2,"b\n3,c\n4,d\n')
    assert rows[0].values == {"id": "1", "text": "a"}
    assert "lines 3 to 5 were read as one row" in rows[1].problem
    assert rows[1].values["raw"] == '2,"b\n3,c\n4,d\n'


def test_a_text_of_ten_megabytes_is_read_and_a_larger_line_is_not():
    assert len(values(b"id,text\n1," + b"x" * 10_485_760 + b"\n")[0]["text"]) == 10_485_760
    assert "more than 16,777,216 characters" in why(b"id,text\n1," + b"x" * 17_000_000 + b"\n2,b\n")
    assert "never closed" in why(b'id,text\n1,"' + b"x\n" * 9_000_000)


def test_objects_a_line_are_read_and_the_bad_ones_named():
    lines = [
        b'{"id": "1", "text": "a"}',
        b"",
        b"[1]",
        b'{"id": "2", "id": "3"}',
        b'{"id": "4", "text": "caf\xe9"}',
        b"{" * 100_000,
        b'{"id": "5", "extra": {"deep": true}}',
    ]
    file, rows = read(b"\n".join(lines), "cases.jsonl")
    assert file.columns == ["id", "text", "extra"]
    assert [(row.line, row.problem[:30]) for row in rows] == [
        (1, ""),
        (3, "A case is one JSON object, and"),
        (4, "The field “id” appears twice."),
        (5, "Byte 0xE9 is not utf-8. If the"),
        (6, "This is not JSON: Expecting pr"),
        (7, ""),
    ]


def test_objects_are_recognised_without_a_telling_name():
    assert values(b'{"text": "a"}\n', "download") == [{"text": "a"}]


@pytest.mark.parametrize("content", [b"[\n1\n]\n", b'[{"text": "a"}]'])
def test_a_list_is_not_one_object_a_line(content):
    assert "One object a line" in why(content, "cases.json")
