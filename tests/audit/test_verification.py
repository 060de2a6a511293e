"""The owner of the database changes rows behind the log's back; verification says which, and what about them."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from apps.audit.entries import leaf_hash
from apps.audit.findings import Finding
from apps.audit.merkle import Frontier
from apps.audit.models import Checkpoint, Entry, Leaf
from apps.audit.sequencer import sequence
from apps.audit.verification import Report, verify
from tests.audit.conftest import execute, write

pytestmark = pytest.mark.usefixtures("insider")


@pytest.fixture(autouse=True)
def log(insider: None) -> None:
    """Thirty entries under three checkpoints, over 10, 20 and 30 of them, with nothing wrong yet."""
    for _ in range(3):
        write(10)
        assert sequence() == 10
    assert verify().ok


def entry_at(place: int) -> str:
    return str(Leaf.objects.get(seq=place).entry_id)


def change(place: int, assignments: str, *parameters: object) -> None:
    execute(f"UPDATE audit_entry SET {assignments} WHERE id = %s", *parameters, entry_at(place))


def only(report: Report) -> Finding:
    assert report.found == 1, report.findings
    return report.findings[0]


def test_an_untouched_log_is_verified_to_its_newest_root() -> None:
    report = verify()
    assert (report.ok, report.entries, report.checkpoints, report.waiting) == (True, 30, 3, 0)
    assert report.root == bytes(Checkpoint.objects.get(tree_size=30).root).hex()


def test_entries_that_wait_for_their_place_are_counted_and_no_fault() -> None:
    write(2)
    assert (verify().ok, verify().waiting) == (True, 2)


def test_a_changed_byte_is_found_and_named() -> None:
    execute("ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_leaf_is_hash")
    place = 17
    exact = entry_bytes(place)
    position = exact.index(b"reviewed")
    change(place, "bytes = set_byte(bytes, %s, %s)", position, ord("x"))
    finding = only(verify())
    assert (finding.problem, finding.sequence, str(finding.entry)) == ("bytes", place, entry_at(place))
    assert f"byte {position} was 0x72 ('r') and is 0x78 ('x')" in finding.detail


def entry_bytes(place: int) -> bytes:
    return bytes(Entry.objects.get(pk=entry_at(place)).bytes)


def test_bytes_that_were_changed_in_many_places_are_found_too() -> None:
    execute("ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_leaf_is_hash")
    change(3, "bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 'case', 'race'), 'UTF8')")
    problems = {finding.problem for finding in verify().findings}
    assert {"bytes", "column"} <= problems


def test_an_entry_that_was_rewritten_with_its_hash_is_found_in_the_sequence() -> None:
    altered = entry_bytes(0).replace(b"senior_reviewer", b"operator")
    change(0, "bytes = %s, leaf = %s", altered, leaf_hash(altered))
    assert (only(verify()).problem, only(verify()).sequence) == ("rewritten", 0)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "case.rejected"),
        ("object", "case:other"),
        ("actor", "person:someone-else"),
        ("at", "2020-01-01T00:00:00Z"),
        ("case_id", "019aa0b4-7d00-7000-8000-000000000002"),
    ],
)
def test_a_column_that_does_not_say_what_the_bytes_say_is_named(column: str, value: str) -> None:
    change(29, f"{column} = %s", value)
    finding = only(verify())
    assert (finding.problem, finding.sequence) == ("column", 29)
    assert f"The bytes say {column.removesuffix('_id')} " in finding.detail


def test_an_entry_that_was_removed_is_missed_at_its_place() -> None:
    gone = entry_at(12)
    execute("DELETE FROM audit_entry WHERE id = %s", gone)
    finding = only(verify())
    assert (finding.problem, finding.sequence, str(finding.entry)) == ("missing", 12, gone)


def test_an_entry_that_was_taken_out_of_the_sequence_leaves_a_gap() -> None:
    gone = entry_at(12)
    execute("DELETE FROM audit_leaf WHERE seq = 12")
    problems = {(finding.problem, finding.sequence) for finding in verify().findings}
    assert {("gap", 13), ("root", 10), ("unplaced", None)} <= problems
    assert gone in {str(finding.entry) for finding in verify().findings}


def test_two_entries_that_changed_places_are_both_named() -> None:
    fourth, fifth = entry_at(4), entry_at(5)
    execute("UPDATE audit_leaf SET entry_id = gen_random_uuid() WHERE seq = 4")
    execute("UPDATE audit_leaf SET entry_id = %s WHERE seq = 5", fourth)
    execute("UPDATE audit_leaf SET entry_id = %s WHERE seq = 4", fifth)
    assert [(finding.problem, finding.sequence) for finding in verify().findings] == [
        ("rewritten", 4),
        ("rewritten", 5),
    ]


def test_a_forged_hash_in_the_sequence_breaks_its_own_checkpoint_and_no_other() -> None:
    execute("UPDATE audit_leaf SET leaf = sha256('forged') WHERE seq = 15")
    found = [(finding.problem, finding.sequence) for finding in verify().findings]
    assert found == [("rewritten", 15), ("root", 10)]


def test_a_forged_root_is_named_with_what_the_entries_give() -> None:
    execute("UPDATE audit_checkpoint SET root = sha256('forged') WHERE tree_size = 20")
    finding = only(verify())
    assert (finding.problem, finding.sequence) == ("root", 10)
    assert "over 20 entries" in finding.detail


def test_forged_subtree_hashes_are_found() -> None:
    execute("UPDATE audit_checkpoint SET frontier = sha256('a') || sha256('b') WHERE tree_size = 20")
    assert only(verify()).problem == "frontier"


def test_a_log_that_was_cut_off_behind_a_checkpoint_is_found() -> None:
    execute("DELETE FROM audit_leaf WHERE seq >= 25")
    assert {"gap", "unplaced"} <= {finding.problem for finding in verify().findings}


def test_a_checkpoint_that_was_removed_leaves_places_uncovered() -> None:
    execute("DELETE FROM audit_checkpoint WHERE tree_size = 30")
    assert [finding.problem for finding in verify().findings] == ["uncovered"] * 10


def test_a_checkpoint_over_entries_that_do_not_exist_is_found() -> None:
    tree = Frontier()
    tree.extend(bytes([number]) * 32 for number in range(40))
    Checkpoint.objects.create(tree_size=40, root=tree.root(), frontier=tree.encoded())
    assert "gap" in {finding.problem for finding in verify().findings}


def test_an_entry_that_vanished_while_it_waited_is_found_before_and_after_it_got_its_place() -> None:
    (entry,) = write(1)
    execute("DELETE FROM audit_entry WHERE id = %s", entry.id)
    assert (only(verify()).problem, only(verify()).entry) == ("vanished", entry.id)
    sequence()
    assert (only(verify()).problem, only(verify()).entry) == ("missing", entry.id)


def test_an_entry_that_was_kept_from_the_sequencer_is_found() -> None:
    (entry,) = write(1)
    execute("DELETE FROM audit_pending")
    assert (only(verify()).problem, only(verify()).entry) == ("unplaced", entry.id)


def test_an_entry_that_is_put_back_on_the_sequencers_list_is_found() -> None:
    execute("INSERT INTO audit_pending (entry_id, leaf) SELECT entry_id, leaf FROM audit_leaf WHERE seq = 7")
    assert (only(verify()).problem, str(only(verify()).entry)) == ("duplicate", entry_at(7))


def test_the_log_of_another_tenant_cannot_be_passed_off_as_this_ones() -> None:
    execute("ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_leaf_is_hash")
    change(8, "bytes = convert_to(replace(convert_from(bytes, 'UTF8'), 't_northgate', 't_harbour'), 'UTF8')")
    assert "belong to tenant 't_harbour'" in " ".join(finding.detail for finding in verify().findings)


def test_more_than_a_page_of_entries_is_verified_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.audit.verification.PAGE", 7)
    assert (verify().ok, verify().entries, verify().checkpoints) == (True, 30, 3)
    execute("UPDATE audit_checkpoint SET root = sha256('forged') WHERE tree_size = 20")
    assert only(verify()).problem == "root"


def test_the_command_prints_a_line_per_tenant_and_says_verified() -> None:
    out = StringIO()
    call_command("audit_verify", stdout=out)
    lines = out.getvalue().splitlines()
    assert "t_northgate: verified. 30 entries recomputed, 3 checkpoints" in " ".join(lines)
    assert any(line.startswith("t_harbour: verified.") for line in lines)


def test_the_command_fails_and_names_the_entry_when_something_is_wrong() -> None:
    change(29, "action = %s", "case.rejected")
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("audit_verify", tenant="northgate", stdout=out)
    assert stopped.value.code == 1
    assert "NOT verified, 1 findings" in out.getvalue()
    assert f"column at place 29, entry {entry_at(29)}: The bytes say action 'case.approved'" in out.getvalue()


def test_the_command_writes_json_for_programs() -> None:
    change(29, "action = %s", "case.rejected")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("audit_verify", tenant="t_northgate", json=True, stdout=out)
    said = json.loads(out.getvalue())
    assert said["ok"] is False
    assert [(tenant["tenant"], tenant["entries"], tenant["found"]) for tenant in said["tenants"]] == [
        ("t_northgate", 30, 1)
    ]
    assert said["tenants"][0]["findings"][0]["sequence"] == 29


def test_the_command_says_when_there_is_no_such_tenant() -> None:
    with pytest.raises(CommandError, match="no tenant 'nowhere'"):
        call_command("audit_verify", tenant="nowhere")
