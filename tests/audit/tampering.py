"""Seeded ways to tamper: with an exported bundle, and with the rows of the log as the owner of the database could.

A change of a bundle may be covered up: the manifest made to fit and signed anew, by a stranger's key or by the log's.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from django.db import connection

from apps.audit.canonical import canonical
from apps.audit.entries import leaf_hash, timestamp
from apps.audit.notes import Note, Tree
from tests.audit.conftest import execute
from tests.audit.test_verifier import LOG, PRIVATE, WITNESS

Files = dict[str, bytes]

LINES = ("entries.jsonl", "places.jsonl", "siblings.jsonl")
CORE = (*LINES, "checkpoint")  # what the tree and its signatures protect, whoever signs the manifest
SEALS = ("manifest.json", "manifest.note")
INSIDE = {
    "action": "case.rejected",
    "object": "case:other",
    "tenant": "t_harbour",
    "lane": "auto",
    "v": 2,
    "actor": {"kind": "person", "id": "nobody", "role": "operator"},
}


@dataclass(frozen=True)
class Material:
    intact: list[Files]  # selections of one log
    fork: Files  # of the same log with another past, over the checkpoints that left the house
    stranger: Files  # another tenant's


def tamper(chance: Random, material: Material) -> tuple[str, Files]:
    """A bundle that is not what was exported, and how it came about."""
    while True:
        original = chance.choice(material.intact)
        files = dict(original)
        change = chance.choice(BUNDLES)
        change(chance, files, material)
        protected = any(files.get(name) != original[name] for name in CORE)
        cover = chance.choice(("", "stranger's", "log's") if protected else ("", "stranger's"))
        if files != original:
            if cover:
                seal_anew(files, PRIVATE if cover == "log's" else WITNESS)
            return f"{change.__name__} {cover and f'sealed with the {cover} key'}".strip(), files


def seal_anew(files: Files, private: Any) -> None:
    try:
        manifest = json.loads(files["manifest.json"])
        manifest["entries"] = files["entries.jsonl"].count(b"\n")
        manifest["files"] = {
            name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
            for name, content in files.items()
            if name not in SEALS
        }
        origin = manifest["origin"]
    except (ValueError, KeyError, TypeError):
        return  # what cannot be read cannot be made to fit either
    files["manifest.json"] = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
    digest = hashlib.sha256(files["manifest.json"]).hexdigest()
    note = Note(f"thinslice-audit-export/1\n{origin}\n{digest}\n").signed(LOG.name, private)
    files["manifest.note"] = str(note).encode()


def flip(chance: Random, files: Files, _: Material) -> None:
    name, at = _somewhere(chance, files)
    files[name] = _with(files[name], at, bytes([files[name][at] ^ 1 << chance.randrange(8)]))


def insert(chance: Random, files: Files, _: Material) -> None:
    name, at = _somewhere(chance, files)
    added = bytes([chance.randrange(33, 256)])  # a blank between two values of a line would change nothing
    files[name] = files[name][:at] + added + files[name][at:]


def remove(chance: Random, files: Files, _: Material) -> None:
    name, at = _somewhere(chance, files)
    files[name] = files[name][:at] + files[name][at + 1 :]


def truncate(chance: Random, files: Files, _: Material) -> None:
    name, at = _somewhere(chance, files)
    files[name] = files[name][:at]


def truncate_the_log(chance: Random, files: Files, _: Material) -> None:
    kept = chance.randrange(files["entries.jsonl"].count(b"\n"))
    for name in LINES[:2]:
        files[name] = b"".join(files[name].splitlines(keepends=True)[:kept])


def leave_out_a_file(chance: Random, files: Files, _: Material) -> None:
    del files[chance.choice(sorted(files))]


def reorder(chance: Random, files: Files, _: Material) -> None:
    def swapped(lines: list[bytes], first: int, second: int) -> None:
        lines[first], lines[second] = lines[second], lines[first]

    _rearranged(chance, files, swapped)


def leave_out_a_line(chance: Random, files: Files, _: Material) -> None:
    _rearranged(chance, files, lambda lines, first, _second: lines.__delitem__(first))


def repeat_a_line(chance: Random, files: Files, _: Material) -> None:
    _rearranged(chance, files, lambda lines, first, second: lines.insert(second, lines[first]))


def rewrite_an_entry(chance: Random, files: Files, _: Material) -> None:
    name = chance.choice(sorted(INSIDE))
    _rewritten(chance, files, lambda entry: entry.__setitem__(name, INSIDE[name]))


def turn_the_clock(chance: Random, files: Files, _: Material) -> None:
    shift = timedelta(microseconds=chance.choice((-1, 1)) * 10 ** chance.randrange(13))
    _rewritten(chance, files, lambda entry: entry.__setitem__("at", _shifted(entry["at"], shift)))


def turn_the_witness_clock(chance: Random, files: Files, _: Material) -> None:
    note = Note.parse(files["checkpoint"].decode())
    *others, (name, ident, signature) = note.signatures
    seconds = int.from_bytes(signature[:8], "big") ^ 1 << chance.randrange(64)
    cosigned = Note(note.text, (*others, (name, ident, seconds.to_bytes(8, "big") + signature[8:])))
    files["checkpoint"] = str(cosigned).encode()


def fork(chance: Random, files: Files, material: Material) -> None:
    names = (*CORE, *SEALS)
    for name in chance.sample(names, chance.randint(1, len(names))):
        files[name] = material.fork[name]


def replay_another_tenant(chance: Random, files: Files, material: Material) -> None:
    groups = (LINES, ("checkpoint",), SEALS)
    for group in chance.sample(groups, chance.randint(1, 2)):  # all three are an intact bundle, of another log
        files.update({name: material.stranger[name] for name in group})


def swap_the_key(chance: Random, files: Files, material: Material) -> None:
    note = Note.parse(files["checkpoint"].decode())
    tree = Tree.parse(note.text)
    if chance.random() < 0.5:  # and say something else with it
        tree = Tree(tree.origin, tree.size, hashlib.sha256(chance.randbytes(8)).digest())
    files["checkpoint"] = str(Note(tree.text, note.signatures[1:]).signed(LOG.name, WITNESS)).encode()
    if chance.random() < 0.5:
        key = Note(tree.text).signed(LOG.name, WITNESS).signatures[0][1].hex()
        public = b64encode(b"\1" + WITNESS.public_key().public_bytes_raw()).decode()
        manifest = json.loads(files["manifest.json"]) | {"keys": [f"{LOG.name}+{key}+{public}"]}
        files["manifest.json"] = json.dumps(manifest, indent=2, ensure_ascii=False).encode()


BUNDLES: tuple[Callable[[Random, Files, Material], None], ...] = (
    flip,
    insert,
    remove,
    truncate,
    truncate_the_log,
    leave_out_a_file,
    reorder,
    leave_out_a_line,
    repeat_a_line,
    rewrite_an_entry,
    turn_the_clock,
    turn_the_witness_clock,
    fork,
    replay_another_tenant,
    swap_the_key,
)


def change_rows(chance: Random, size: int) -> str:
    """Change the current tenant's log of `size` entries, all covered by checkpoints, in one seeded way; says which."""
    change = chance.choice(ROWS)
    change(chance, size)
    return change.__name__


def flip_a_bit(chance: Random, size: int) -> None:
    table, column, key, value = chance.choice(
        (
            ("audit_entry", "bytes", "id", _entry_at(chance.randrange(size))),
            ("audit_entry", "leaf", "id", _entry_at(chance.randrange(size))),
            ("audit_leaf", "leaf", "seq", chance.randrange(size)),
            ("audit_checkpoint", "root", "tree_size", size),
            ("audit_checkpoint", "frontier", "tree_size", size),
        )
    )
    at = f"(%s %% (8 * octet_length({column})))::bigint"
    execute(
        f"UPDATE {table} SET {column} = set_bit({column}, {at}, 1 - get_bit({column}, {at})) WHERE {key} = %s",
        *[bit := chance.randrange(2**31), bit, value],
    )


def change_a_column(chance: Random, size: int) -> None:
    column, value = chance.choice(
        (
            ("action", "'case.' || md5(action)"),
            ("object", "object || '0'"),
            ("actor", "'person:' || md5(actor)"),
            ("at", f"at + interval '{chance.randint(1, 10**9)} microseconds'"),
            ("case_id", "gen_random_uuid()"),
        )
    )
    execute(f"UPDATE audit_entry SET {column} = {value} WHERE id = %s", _entry_at(chance.randrange(size)))


def rewrite_a_row(chance: Random, size: int) -> None:
    entry = _entry_at(chance.randrange(size))
    with connection.cursor() as cursor:
        cursor.execute("SELECT bytes FROM audit_entry WHERE id = %s", [entry])
        said = json.loads(bytes(cursor.fetchone()[0]))
    name = chance.choice(("at", *sorted(INSIDE)))
    said[name] = _shifted(said["at"], timedelta(days=-chance.randint(1, 900))) if name == "at" else INSIDE[name]
    execute(
        "UPDATE audit_entry SET bytes = %s, leaf = %s WHERE id = %s", canonical(said), leaf_hash(canonical(said)), entry
    )


def delete_an_entry(chance: Random, size: int) -> None:
    execute("DELETE FROM audit_entry WHERE id = %s", _entry_at(chance.randrange(size)))


def delete_a_place(chance: Random, size: int) -> None:
    execute("DELETE FROM audit_leaf WHERE seq = %s", chance.randrange(size))


def delete_both(chance: Random, size: int) -> None:
    place = chance.randrange(size)
    execute("DELETE FROM audit_entry WHERE id = %s", _entry_at(place))
    execute("DELETE FROM audit_leaf WHERE seq = %s", place)


def swap_places(chance: Random, size: int) -> None:
    first, second = chance.sample(range(size), 2)
    for old, new in ((first, -1), (second, first), (-1, second)):
        execute("UPDATE audit_leaf SET seq = %s WHERE seq = %s", new, old)


def cut_the_end(chance: Random, size: int) -> None:
    kept = chance.randrange(size)
    if chance.random() < 0.5:
        execute("DELETE FROM audit_entry WHERE id IN (SELECT entry_id FROM audit_leaf WHERE seq >= %s)", kept)
    else:
        execute("DELETE FROM audit_checkpoint WHERE tree_size > %s", kept)
    execute("DELETE FROM audit_leaf WHERE seq >= %s", kept)


def move_a_checkpoint(chance: Random, size: int) -> None:
    execute("UPDATE audit_checkpoint SET tree_size = tree_size + %s WHERE tree_size = %s", chance.randint(1, 9), size)


def delete_the_newest_checkpoint(_: Random, size: int) -> None:
    execute("DELETE FROM audit_checkpoint WHERE tree_size = %s", size)


def move_a_place(chance: Random, size: int) -> None:
    execute("UPDATE audit_leaf SET seq = %s WHERE seq = %s", size + chance.randrange(99), chance.randrange(size))


def put_another_entry_in_its_place(chance: Random, size: int) -> None:
    execute("UPDATE audit_leaf SET entry_id = gen_random_uuid() WHERE seq = %s", chance.randrange(size))


def let_it_wait_again(chance: Random, size: int) -> None:
    execute(
        "INSERT INTO audit_pending (entry_id, leaf) SELECT entry_id, leaf FROM audit_leaf WHERE seq = %s",
        chance.randrange(size),
    )


ROWS: tuple[Callable[[Random, int], None], ...] = (
    flip_a_bit,
    change_a_column,
    rewrite_a_row,
    delete_an_entry,
    delete_a_place,
    delete_both,
    swap_places,
    cut_the_end,
    move_a_checkpoint,
    delete_the_newest_checkpoint,
    move_a_place,
    put_another_entry_in_its_place,
    let_it_wait_again,
)


def _somewhere(chance: Random, files: Files) -> tuple[str, int]:
    name = chance.choice([name for name in sorted(files) if files[name]])
    return name, chance.randrange(len(files[name]))


def _with(content: bytes, at: int, byte: bytes) -> bytes:
    return content[:at] + byte + content[at + 1 :]


def _rearranged(chance: Random, files: Files, change: Callable[[list[bytes], int, int], object]) -> None:
    """The same of the entries and of their places, or of one file alone."""
    names = chance.choice([LINES[:2], *((name,) for name in LINES if files[name].count(b"\n") > 1)])
    first, second = chance.sample(range(min(files[name].count(b"\n") for name in names)), 2)
    for name in names:
        lines = files[name].splitlines(keepends=True)
        change(lines, first, second)
        files[name] = b"".join(lines)


def _rewritten(chance: Random, files: Files, change: Callable[[dict[str, Any]], object]) -> None:
    """Another entry instead of one of them, and mostly its leaf too."""
    entries, places = (files[name].splitlines() for name in LINES[:2])
    at = chance.randrange(len(entries))
    entry = json.loads(entries[at])
    change(entry)
    entries[at] = canonical(entry)
    if chance.random() < 0.7:
        leaf = {**json.loads(places[at]), "leaf": leaf_hash(entries[at]).hex()}
        places[at] = json.dumps(leaf, separators=(",", ":")).encode()
    for name, lines in zip(LINES[:2], (entries, places), strict=True):
        files[name] = b"".join(line + b"\n" for line in lines)


def _shifted(at: str, shift: timedelta) -> str:
    return timestamp(datetime.fromisoformat(at) + shift)


def _entry_at(place: int) -> UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT entry_id FROM audit_leaf WHERE seq = %s", [place])
        found: UUID = cursor.fetchone()[0]
        return found
