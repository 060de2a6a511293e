"""Two texts are compared line by line, and within a line word by word."""

from apps.prompts.diff import Row, compare_texts


def said(row: Row) -> tuple[str, str]:
    return "".join(piece.text for piece in row.before), "".join(piece.text for piece in row.after)


def kinds(before: str, after: str) -> list[str]:
    return [row.kind for row in compare_texts(before, after)]


def test_equal_texts_have_nothing_to_show():
    assert compare_texts("Answer kindly.", "Answer kindly.") == []


def test_within_a_changed_line_only_the_changed_words_are_marked():
    (row,) = compare_texts("Cite each passage once.", "Cite every passage once.")
    assert row.kind == "changed"
    assert [piece.text for piece in row.before if piece.changed] == ["each"]
    assert [piece.text for piece in row.after if piece.changed] == ["every"]


def test_each_side_still_reads_as_its_own_text():
    before, after = "One\nTwo words here\nThree", "One\nTwo other words here\nThree\nFour"
    rows = compare_texts(before, after)
    assert [said(row)[0] for row in rows if row.before_line] == before.splitlines()
    assert [said(row)[1] for row in rows if row.after_line] == after.splitlines()


def test_lines_with_nothing_in_common_went_and_came():
    assert kinds("Be brief.", "1234567890") == ["removed", "added"]
    assert kinds("a\nb", "a\nb\nc") == ["same", "same", "added"]
    assert kinds("a\nb", "a") == ["same", "removed"]


def test_from_nothing_every_line_is_added():
    assert kinds("", "a\nb") == ["added", "added"]


def test_what_is_far_from_any_change_is_left_out_and_counted():
    lines = [f"line {n}" for n in range(50)]
    rows = compare_texts("\n".join(lines), "\n".join([*lines, "new"]))
    assert (rows[0].kind, rows[0].left_out) == ("gap", 47)
    assert [row.kind for row in rows[1:]] == ["same"] * 3 + ["added"]
