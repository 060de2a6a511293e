"""Writes a selection of the log as a folder that `verifier/verifier.py` checks without us. Format: docs/bundle.md.

In bounded memory: entries are read in pages, and of those that are not shown only the roots of their subtrees.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.db import connection

from apps.audit.merkle_proofs import Sibling
from apps.audit.notes import Key, Note, Tree
from apps.audit.proofs import beside, consistency
from apps.tenants.schemas import current_schema

FORMAT = "thinslice-audit-bundle/1"
EXPORT = "thinslice-audit-export/1"
ENTRIES, PLACES, SIBLINGS = GROWING = ("entries.jsonl", "places.jsonl", "siblings.jsonl")
PAGE = 2_000
ROWS = """
SELECT place.seq, place.leaf, entry.bytes
FROM audit_leaf AS place JOIN audit_entry AS entry ON entry.id = place.entry_id
WHERE place.seq = ANY(%s) ORDER BY place.seq
"""


def write_entries(folder: Path, places: Iterable[int], size: int, begin: int = 0) -> int:
    """Append entries, places and siblings of these places (ascending) in the tree of `size` leaves. Returns how many.

    A long selection is written in pieces: `size` is then the place behind the last one of the piece, `begin` the
    `size` of the piece before, and the last piece, which may be empty, ends with the tree. Entries that the database
    no longer holds are left out, and their leaves stand among the siblings.
    """
    written = 0

    def shown(into: IO[bytes], listed: IO[bytes]) -> Iterator[int]:
        nonlocal written
        for place, leaf, exact in _rows(places):
            into.write(exact + b"\n")
            listed.write(_line({"place": place, "leaf": leaf.hex()}))
            written += 1
            yield place

    with (
        (folder / ENTRIES).open("ab") as entries,
        (folder / PLACES).open("ab") as listed,
        (folder / SIBLINGS).open("ab") as siblings,
    ):
        for each in beside(shown(entries, listed), size, begin):
            siblings.write(_sibling(each))
    return written


def seal(
    folder: Path,
    *,
    checkpoint: Note,
    earlier: Sequence[Note],
    keys: Sequence[Key],
    scope: Mapping[str, Any],
    entries: int,
    sign: Callable[[str], Note],
) -> dict[str, Any]:
    """Write the checkpoint, the manifest over all files of the folder and its signed note. Returns the manifest.

    `sign` gets the note's text. The `earlier` checkpoints are those that have left the house before: the bundle proves
    that the log only grew since. `scope` says in plain words and values what was asked for.
    """
    tree = Tree.parse(checkpoint.text)
    (folder / "checkpoint").write_text(str(checkpoint))
    manifest = {
        "format": FORMAT,
        "tenant": current_schema(),
        "origin": tree.origin,
        "scope": scope,
        "entries": entries,
        "keys": [key.encoded for key in keys],
        "earlier": [{"note": str(note), "path": _path(Tree.parse(note.text).size, tree.size)} for note in earlier],
        "files": {path.relative_to(folder).as_posix(): _described(path) for path in sorted(_files(folder))},
    }
    exact = json.dumps(manifest, indent=2, ensure_ascii=False).encode()
    (folder / "manifest.json").write_bytes(exact)
    note = sign(f"{EXPORT}\n{tree.origin}\n{hashlib.sha256(exact).hexdigest()}\n")
    (folder / "manifest.note").write_text(str(note))
    return manifest


def _rows(places: Iterable[int]) -> Iterator[tuple[int, bytes, bytes]]:
    wanted = iter(places)
    while page := list(islice(wanted, PAGE)):
        with connection.cursor() as cursor:
            cursor.execute(ROWS, [page])
            yield from ((seq, bytes(leaf), bytes(exact)) for seq, leaf, exact in cursor.fetchall())


def _sibling(each: Sibling) -> bytes:
    return _line({"at": each.at, "width": each.width, "root": each.root.hex()})


def _path(first: int, second: int) -> list[str]:
    return [each.hex() for each in consistency(first, second).path]


def _files(folder: Path) -> Iterator[Path]:
    return (
        path for path in folder.rglob("*") if path.is_file() and path.name not in ("manifest.json", "manifest.note")
    )


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def _line(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
