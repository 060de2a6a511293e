"""Documents become passages that can be read, cited and searched on their own."""

import pytest

from apps.corpora.documents import LARGEST, parse_document, single_passage
from apps.corpora.sections import Block
from apps.corpora.splitting import split_blocks
from tests.corpora.library import document

HEAD = "---\nslug: returns\ntitle: Returns\nversion: 2\nowner: Service\nregions: [EU]\n---\n"
TABLE = "| tier | days |\n|---|---|\n| gold | 60 |"


def test_each_section_is_a_passage_under_the_slug_of_its_heading() -> None:
    read = parse_document(HEAD + "# Returns\n\nIntro.\n\n## Return window (EU)\n\nThirty days.\n\n### Über uns\n\nWe.")
    found = [(passage.anchor, passage.heading, passage.text) for passage in read.passages]
    assert found == [
        ("returns", "Returns", "Intro."),
        ("return-window-eu", "Return window (EU)", "Thirty days."),
        ("über-uns", "Über uns", "We."),
    ]


def test_a_heading_that_comes_again_has_an_anchor_of_its_own() -> None:
    read = document("a", "## Fees\n\nOne.\n\n## Fees\n\nTwo.")
    assert [passage.anchor for passage in read.passages] == ["fees", "fees-2"]


def test_text_before_the_first_heading_belongs_to_the_title() -> None:
    (passage,) = document("a", "Just text.", title="House rules").passages
    assert (passage.anchor, passage.heading) == ("house-rules", "House rules")


def test_links_emphasis_and_comments_are_left_out_so_that_quotes_read_in_a_letter() -> None:
    (passage,) = document("a", "See the **[returns policy](returns.md)**, *now*. <!-- draft -->\n\n5 * 3 * 2").passages
    assert passage.text == "See the returns policy, now.\n\n5 * 3 * 2"


def test_a_heading_within_a_code_block_is_no_heading() -> None:
    (passage,) = document("a", "Text.\n\n```\n# not a heading\n```").passages
    assert "# not a heading" in passage.text


def test_a_long_section_is_split_between_sentences_and_keeps_every_word() -> None:
    sentences = [f"Sentence number {number} has exactly eight words here." for number in range(60)]
    read = document("a", "## Long\n\n" + " ".join(sentences))
    assert [passage.part for passage in read.passages] == [1, 2, 3]
    assert all(passage.text.endswith(".") and len(passage.text.split()) <= 170 for passage in read.passages)
    assert " ".join(passage.text for passage in read.passages) == " ".join(sentences)


def test_a_table_is_kept_whole() -> None:
    rows = TABLE + "\n| silver | 30 |" * 200
    parts = split_blocks([Block("prose", "Before."), Block("whole", rows), Block("prose", "After.")])
    assert rows in parts


def test_a_list_is_split_between_items() -> None:
    items = "\n".join(f"{number}. " + "word " * 39 for number in range(1, 11))
    parts = split_blocks([Block("list", items)])
    assert len(parts) == 3
    assert all(part[0].isdigit() for part in parts)


def test_a_sentence_without_end_is_cut_between_words() -> None:
    parts = split_blocks([Block("prose", "word " * 400)])
    assert [len(part.split()) for part in parts] == [170, 170, 60]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", "begins with front matter"),
        ("---\nslug: [\n---\ntext", "not YAML"),
        (HEAD.replace("regions: [EU]\n", "") + "text", "regions"),
        (HEAD.replace("[EU]", "[Europe]") + "text", "regions"),
        (HEAD.replace("owner", "ownr") + "text", "owner"),
        (HEAD, "no text below"),
        (HEAD.replace("---\n", "---\neffective_from: 2026-02-01\neffective_to: 2026-01-31\n", 1) + "text", "ends"),
        (HEAD + "x" * (LARGEST + 1), "at most"),
    ],
)
def test_what_cannot_be_used_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_document(text)


def test_nul_bytes_are_dropped() -> None:
    head = document("a", "text").head
    assert single_passage(head, "nul\0byte").passages[0].text == "nulbyte"
