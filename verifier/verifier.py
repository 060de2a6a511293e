#!/usr/bin/env python3
"""Check an exported bundle of a Thinslice audit log. Needs Python 3.9+ alone, and `cryptography` to check signatures.

    python verifier.py BUNDLE [--key KEY]... [--witness KEY]... [--json]

BUNDLE is the folder or the .zip file of an export. KEY is a public key as the log's owner published it (name+id+key):
take it from elsewhere than the bundle, for whoever forges a bundle forges the key inside it too.

What is checked, in this order (docs/bundle.md says how a bundle is made up):
  manifest     manifest.note bears the log's signature over the SHA-256 of manifest.json
  files        each file is the one that the manifest lists, by length and SHA-256
  entries      each line is canonical JSON (RFC 8785) of the manifest's log, hashes to its leaf, and none comes twice
  tree         the leaves, with the subtrees of those that are not shown, give the checkpoint's root (RFC 6962)
  signatures   the checkpoint bears the log's Ed25519 signature (C2SP signed note); so do the earlier ones; cosignatures
  growth       the log only grew from each earlier checkpoint to this one (RFC 6962 consistency)
  openings     each text that is shown is the one that its entry committed to (HMAC-SHA-256 under the person's key)

Exit status: 0 all holds, 1 something does not (each finding is named), 2 the bundle cannot be read at all.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import hashlib
import hmac
import json
import re
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:  # everything else is checked without it, and the result says that signatures were not
    SIGNATURES = False
else:
    SIGNATURES = True

FORMAT = "thinslice-audit-bundle/1"
EXPORT = "thinslice-audit-export/1"  # the first line of manifest.note
LARGEST = 2**53 - 1
LISTED = 100  # findings that are printed whole; the others are counted
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
HASH = re.compile(r"[0-9a-f]{64}")


class Unreadable(Exception):
    """The bundle cannot be read at all."""


# --------------------------------------------------------------------------------------------------------------- bundle


class Bundle:
    """The files of a folder or a zip file, read as streams."""

    def __init__(self, path: str) -> None:
        self._folder = Path(path)
        self._zip = zipfile.ZipFile(path) if self._folder.is_file() else None
        if self._zip is None and not self._folder.is_dir():
            raise Unreadable(f"There is no folder or zip file {path}.")
        files = (file for file in self._folder.rglob("*") if not file.is_dir())
        self.names = set(self._zip.namelist() if self._zip else (each.relative_to(path).as_posix() for each in files))

    def open(self, name: str) -> IO[bytes]:
        if name not in self.names:
            raise Unreadable(f"The bundle has no file {name}.")
        if self._zip:
            return self._zip.open(name)
        return (self._folder / name).open("rb", 1 << 20)

    def read(self, name: str) -> bytes:
        with self.open(name) as file:
            return file.read()


class Findings:
    def __init__(self) -> None:
        self.all: list[dict[str, Any]] = []
        self.count = 0

    def add(self, check: str, detail: str, sequence: int | None = None) -> None:
        self.count += 1
        if len(self.all) < LISTED:
            self.all.append({"check": check, "sequence": sequence, "detail": detail})


# ------------------------------------------------------------------------------------------------------- canonical JSON


def canonical(value: Any) -> bytes:
    """RFC 8785 for values without floats. Raises ValueError for others."""
    return _json(value).encode("utf-8")


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False).encode


def _json(value: Any) -> str:
    return _encode(value) if _plain(value) else _slowly(value)


def _plain(value: Any) -> bool:
    """Refuse what has no canonical form; False when names need sorting by UTF-16 units: beyond U+FFFF it differs."""
    if value is None or isinstance(value, (bool, str)):
        return True
    if isinstance(value, int):
        if abs(value) > LARGEST:
            raise ValueError("a number beyond 2**53 - 1")
        return True
    if not isinstance(value, (list, dict)):
        raise ValueError("a number that is not an integer")
    plain = isinstance(value, list) or all(name.isascii() or max(name) <= "\uffff" for name in value)
    for item in value.values() if isinstance(value, dict) else value:
        plain = _plain(item) and plain
    return plain


def _slowly(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{_encode(name)}:{_slowly(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_slowly(item) for item in value) + "]"
    return _encode(value)


# ------------------------------------------------------------------------------------------------------------- the tree


def leaf_hash(exact: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + exact).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """A Merkle tree that grows by leaves and by complete subtrees; only the roots of its complete subtrees are kept."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, root: bytes, width: int = 1) -> None:
        if width < 1 or width & (width - 1) or self.size % width:
            raise ValueError(f"a subtree of {width} leaves cannot begin at place {self.size}")
        whole = self.size // width
        while whole & 1:
            root = node_hash(self._roots.pop(), root)
            whole >>= 1
        self._roots.append(root)
        self.size += width

    def root(self) -> bytes:
        if not self._roots:
            return hashlib.sha256().digest()
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root


def consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: list[bytes]) -> bool:
    """RFC 9162, section 2.1.4.2: whether the tree of `second` leaves begins with the tree of `first`."""
    if first == second:
        return first_root == second_root and not path
    if not 0 < first < second or not path:
        return False
    if not first & (first - 1):
        path = [first_root, *path]
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0]
    for hash_ in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = node_hash(new, hash_)
        node, last = node >> 1, last >> 1
    return last == 0 and old == first_root and new == second_root


# --------------------------------------------------------------------------------------------------------- signed notes


class Key(NamedTuple):
    """`name+id+key`: the id is four bytes in hex, the key is base64 of an algorithm byte and 32 bytes of Ed25519."""

    name: str
    id: bytes
    algorithm: int  # 1 signs notes, 4 cosigns them
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Key:
        name, _, rest = text.strip().partition("+")
        id_, _, material = rest.partition("+")
        octets = _base64(material)
        right = hashlib.sha256(name.encode() + b"\n" + octets).digest()[:4]
        if not name or len(octets) != 33 or octets[0] not in (1, 4) or right.hex() != id_:
            raise ValueError(f"{text!r} is not a public key of the form name+id+key")
        return cls(name, right, octets[0], octets[1:])


class Note(NamedTuple):
    """A text and what stands signed below it: (name, key id, signature)."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]

    @classmethod
    def parse(cls, note: bytes) -> Note:
        text, blank, below = note.decode("utf-8").rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise ValueError("it is no signed note: a text, a blank line, signatures")
        signatures = []
        for line in below.split("\n")[:-1]:
            name, encoded = (*line.split(" "), "", "")[1:3]
            octets = _base64(encoded)
            if line != f"\u2014 {name} {encoded}" or not name or len(octets) < 5:
                raise ValueError(f"this is no signature line: {line!r}")
            signatures.append((name, octets[:4], octets[4:]))
        if not signatures:
            raise ValueError("it bears no signature")
        return cls(text + "\n", signatures)


def signed_by(note: Note, key: Key) -> str | None:
    """None when the key has not signed the note, else when: "" for the log itself, a time in UTC for a witness."""
    for name, id_, signature in note.signatures:
        if (name, id_) != (key.name, key.id):
            continue
        if key.algorithm == 4:
            seconds = int.from_bytes(signature[:8], "big")
            if _ed25519(key.public, signature[8:], f"cosignature/v1\ntime {seconds}\n{note.text}".encode()):
                return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
        elif _ed25519(key.public, signature, note.text.encode()):
            return ""
    return None


class Checkpoint(NamedTuple):
    """What a note says of a log: its origin, its size in entries, its root."""

    note: Note
    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, octets: bytes) -> Checkpoint:
        note = Note.parse(octets)
        lines = note.text.split("\n")
        if len(lines) != 4 or not lines[0] or not re.fullmatch(r"0|[1-9][0-9]*", lines[1]):
            raise ValueError("it is no checkpoint: origin, size, root")
        root = _base64(lines[2])
        if len(root) != 32:
            raise ValueError("its root is not of 32 bytes")
        return cls(note, lines[0], int(lines[1]), root)


def _ed25519(public: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _base64(text: str) -> bytes:
    try:
        octets = base64.b64decode(text, validate=True)
    except binascii.Error:
        octets = b""
    if base64.b64encode(octets).decode() != text:  # also when the same bytes could be written in another way
        raise ValueError(f"{text[:60]!r} is not base64")
    return octets


# ----------------------------------------------------------------------------------------------------------- the checks


class Verification:
    """One run over one bundle. `findings` holds what is wrong; `facts` what was shown."""

    def __init__(self, bundle: Bundle, keys: list[Key], witnesses: list[Key]) -> None:
        self.bundle, self.keys, self.witnesses = bundle, keys, witnesses
        self.findings = Findings()
        self.facts: dict[str, Any] = {}
        self.manifest = self._manifest()
        self.checkpoint = self._checkpoint("checkpoint", bundle.read("checkpoint"))

    def run(self) -> None:
        self._keys()
        self._signed_manifest()
        self._files()
        self._entries()
        self._signatures()
        self._growth()
        self._openings()

    def _manifest(self) -> dict[str, Any]:
        try:
            manifest: dict[str, Any] = json.loads(self.bundle.read("manifest.json"))
        except ValueError as error:
            raise Unreadable(f"manifest.json cannot be read: {error}.") from None
        known = isinstance(manifest, dict) and manifest.get("format") == FORMAT
        if not known or not all(isinstance(manifest.get(name), kind) for name, kind in MANIFEST.items()):
            raise Unreadable(f"manifest.json does not describe a bundle of the format {FORMAT}.")
        return manifest

    def _checkpoint(self, name: str, note: bytes) -> Checkpoint:
        try:
            return Checkpoint.parse(note)
        except ValueError as error:
            raise Unreadable(f"{name} cannot be read: {error}.") from None

    def _files(self) -> None:
        listed = self.manifest["files"]
        for name in sorted(self.bundle.names - set(listed) - {"manifest.json", "manifest.note"}):
            self.findings.add("files", f"{name} is in the bundle and not in the manifest.")
        for name, said in sorted(listed.items()):
            if name not in self.bundle.names:
                self.findings.add("files", f"{name} is in the manifest and not in the bundle.")
                continue
            digest, length = hashlib.sha256(), 0
            with self.bundle.open(name) as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
                    length += len(chunk)
            if said != {"bytes": length, "sha256": digest.hexdigest()}:
                self.findings.add("files", f"{name} is not the file that the manifest lists: it was changed, or cut.")

    def _entries(self) -> None:
        """One pass in order of place, with one entry in memory at a time (and 16 bytes of each one's id)."""
        tree, shown = Tree(), 0
        seen: set[bytes] = set()
        beside = self._siblings()
        sibling = next(beside, None)
        shift = ""
        with self.bundle.open("entries.jsonl") as entries, self.bundle.open("places.jsonl") as places:
            for line, listed in _pairs(entries, places):
                place, leaf = self._place(listed, shown)
                if line is None or place is None:
                    self.findings.add(
                        "entries",
                        f"entries.jsonl and places.jsonl do not have the same number of lines: one ends after {shown}.",
                    )
                    break
                if not line.endswith(b"\n"):
                    self.findings.add(
                        "entries", "The last line of entries.jsonl does not end: the file was cut.", place
                    )
                exact = line[:-1] if line.endswith(b"\n") else line
                if leaf_hash(exact) != leaf:
                    self.findings.add(
                        "entries",
                        f"The entry at place {place} was changed: its bytes do not give its leaf {leaf.hex()}.",
                        place,
                    )
                self._entry(exact, place, seen)
                try:
                    while sibling and sibling[0] < place:
                        sibling = self._grow(tree, sibling, beside)
                    if place != tree.size:
                        raise ValueError(f"place {place} follows on place {tree.size - 1}")
                    tree.add(leaf)
                except ValueError as error:
                    shift = shift or f"The order of places is broken: {error}."
                shown += 1
        try:
            while sibling:
                sibling = self._grow(tree, sibling, beside)
        except ValueError as error:
            shift = shift or f"The order of places is broken: {error}."
        self._root(tree, shift, shown)

    def _grow(
        self, tree: Tree, sibling: tuple[int, int, bytes], rest: Iterator[tuple[int, int, bytes]]
    ) -> tuple[int, int, bytes] | None:
        at, width, root = sibling
        if at != tree.size:
            raise ValueError(f"the subtree at {at} follows on place {tree.size - 1}")
        tree.add(root, width)
        return next(rest, None)

    def _root(self, tree: Tree, shift: str, shown: int) -> None:
        wanted = self.checkpoint
        if shift:
            self.findings.add("tree", shift)
        elif tree.size != wanted.size:
            self.findings.add(
                "tree", f"The bundle accounts for {tree.size} places; its checkpoint covers {wanted.size}."
            )
        elif tree.root() != wanted.root:
            self.findings.add(
                "tree", f"The entries give the root {tree.root().hex()}; the checkpoint holds {wanted.root.hex()}."
            )
        if shown != self.manifest["entries"] or isinstance(self.manifest["entries"], bool):
            self.findings.add(
                "entries", f"The manifest promises {self.manifest['entries']} entries; there are {shown}."
            )
        self.facts |= {"entries": shown, "of": wanted.size, "root": wanted.root.hex()}

    def _place(self, listed: bytes | None, number: int) -> tuple[int | None, bytes]:
        if listed is None:
            return None, b""
        try:
            said = _object(listed)
            return _count(said["place"]), _hash(said["leaf"])
        except (ValueError, KeyError, TypeError):
            pass
        raise Unreadable(f"places.jsonl, line {number + 1}, is not a place and a leaf.")

    def _siblings(self) -> Iterator[tuple[int, int, bytes]]:
        with self.bundle.open("siblings.jsonl") as file:
            for number, line in enumerate(file, 1):
                try:
                    said = _object(line)
                    at, width, root = _count(said["at"]), _count(said["width"]), _hash(said["root"])
                except (ValueError, KeyError, TypeError):
                    raise Unreadable(f"siblings.jsonl, line {number}, is not a subtree.") from None
                yield at, width, root

    def _entry(self, exact: bytes, place: int, seen: set[bytes]) -> None:
        try:
            said = json.loads(exact)
            right = canonical(said) == exact
        except (ValueError, RecursionError) as error:
            self.findings.add("entries", f"The entry at place {place} is not JSON without floats: {error}.", place)
            return
        if not right:
            self.findings.add("entries", f"The entry at place {place} is not in canonical form (RFC 8785).", place)
        missing = [name for name in FIELDS if not isinstance(said, dict) or name not in said]
        if missing:
            self.findings.add("entries", f"The entry at place {place} lacks {', '.join(missing)}.", place)
            return
        if said["tenant"] != self.manifest["tenant"]:
            self.findings.add("entries", f"The entry at place {place} belongs to the log of {said['tenant']!r}.", place)
        if said["v"] is True or said["v"] != 1 or not _is_time(said["at"]):
            self.findings.add(
                "entries", f"The entry at place {place} is of an unknown version, or its time is none.", place
            )
        identity = str(said["id"]).encode()
        if not isinstance(said["id"], str):
            self.findings.add("entries", f"The entry at place {place} has an id that is no text.", place)
        if identity in seen:
            self.findings.add("entries", f"The entry at place {place} comes twice: {said['id']}.", place)
        seen.add(identity)

    def _keys(self) -> None:
        if not SIGNATURES:
            self.findings.add("signatures", "No signature was checked: `pip install cryptography` and run it again.")
        if self.keys:
            self.facts["keys"] = "given by you"
            return
        try:
            self.keys = [Key.parse(text) for text in self.manifest["keys"]]
        except (ValueError, AttributeError) as error:
            raise Unreadable(f"The manifest's keys cannot be read: {error}.") from None
        self.facts["keys"] = "from the bundle itself: compare them with what the log's owner published"

    def _signed_manifest(self) -> None:
        digest = hashlib.sha256(self.bundle.read("manifest.json")).hexdigest()
        try:
            note = Note.parse(self.bundle.read("manifest.note"))
        except ValueError as error:
            self.findings.add("manifest", f"manifest.note cannot be read: {error}.")
            return
        if note.text != f"{EXPORT}\n{self.manifest['origin']}\n{digest}\n":
            self.findings.add("manifest", "manifest.json is not the one that was signed: it was changed.")
        if len(note.signatures) != 1 or not self._signed(note):
            self.findings.add("manifest", "manifest.note bears no valid signature of the log.")

    def _signatures(self) -> None:
        checkpoint, origin = self.checkpoint, self.manifest["origin"]
        if checkpoint.origin != origin:
            self.findings.add("signatures", f"The checkpoint is of the log {checkpoint.origin!r}, not of {origin!r}.")
        if not origin.endswith("/" + self.manifest["tenant"]):
            self.findings.add("signatures", f"The log {origin!r} is not that of {self.manifest['tenant']!r}.")
        if not self._signed(checkpoint.note):
            names = ", ".join(sorted({key.name for key in self.keys})) or "any key"
            self.findings.add("signatures", f"The checkpoint bears no valid signature of {names}.")
        seen = {key.name: signed_by(checkpoint.note, key) for key in self.witnesses} if SIGNATURES else {}
        for name in sorted(name for name, at in seen.items() if at is None):
            self.findings.add("signatures", f"The witness {name} has not cosigned the checkpoint.")
        if seen:
            self.facts["witnessed"] = seen

    def _signed(self, note: Note) -> bool:
        """By one of the log's keys; a signature that claims to be of one and is not spoils the note, as C2SP has it."""
        claims = [
            _ed25519(key.public, signature, note.text.encode())
            for key in self.keys
            for name, id_, signature in note.signatures
            if SIGNATURES and key.algorithm == 1 and (name, id_) == (key.name, key.id)
        ]
        return not SIGNATURES or (bool(claims) and all(claims))

    def _growth(self) -> None:
        earlier = self.manifest["earlier"]
        for number, said in enumerate(earlier, 1):
            try:
                older = Checkpoint.parse(said["note"].encode())
                path = [_hash(hash_) for hash_ in said["path"]]
            except (ValueError, KeyError, TypeError, AttributeError):
                self.findings.add("growth", f"Earlier checkpoint {number} cannot be read.")
                continue
            if older.origin != self.checkpoint.origin or not self._signed(older.note):
                self.findings.add(
                    "growth", f"The earlier checkpoint over {older.size} entries is not signed by this log."
                )
            if not consistent(older.size, older.root, self.checkpoint.size, self.checkpoint.root, path):
                self.findings.add(
                    "growth",
                    f"The log of {self.checkpoint.size} entries does not go on from its checkpoint over {older.size}: "
                    "its past was rewritten.",
                )
        self.facts["earlier checkpoints"] = len(earlier)

    def _openings(self) -> None:
        if "openings.jsonl" not in self.bundle.names:
            return
        wanted: dict[int, list[tuple[list[str], bytes, bytes]]] = {}
        with self.bundle.open("openings.jsonl") as file:
            for number, line in enumerate(file, 1):
                try:
                    said = _object(line)
                    wanted.setdefault(_count(said["place"]), []).append(
                        (said["field"].split("."), bytes.fromhex(said["key"]), said["text"].encode())
                    )
                except (ValueError, KeyError, TypeError, AttributeError):
                    self.findings.add("openings", f"openings.jsonl, line {number}, cannot be read.")
        opened = 0
        with self.bundle.open("entries.jsonl") as entries, self.bundle.open("places.jsonl") as places:
            for exact, listed in _pairs(entries, places):
                if exact is None or listed is None:
                    break
                place, _ = self._place(listed, 0)
                for field, key, text in wanted.pop(place, ()) if place is not None else ():
                    digest = "hmac-sha256:" + hmac.new(key, text, hashlib.sha256).hexdigest()
                    if _at(exact, field) != digest:
                        self.findings.add(
                            "openings",
                            f"The text shown for {'.'.join(field)} at place {place} is not what its entry holds.",
                            place,
                        )
                    opened += 1
        for place in sorted(wanted):
            self.findings.add("openings", f"Texts are shown for place {place}, which is not in the bundle.", place)
        self.facts["texts opened"] = opened


MANIFEST = {"tenant": str, "origin": str, "entries": int, "files": dict, "keys": list, "earlier": list}
FIELDS = ("v", "tenant", "id", "at", "action", "actor", "object")


def _pairs(first: IO[bytes], second: IO[bytes]) -> Iterator[tuple[bytes | None, bytes | None]]:
    while True:
        pair = first.readline(), second.readline()
        if not any(pair):
            return
        yield pair[0] or None, pair[1] or None


def _object(line: bytes) -> dict[str, Any]:
    said = json.loads(line)
    if not line.endswith(b"\n") or not isinstance(said, dict):
        raise ValueError("it is no line that holds an object and ends")
    return said


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no number of places")
    return value


def _hash(value: Any) -> bytes:
    if not isinstance(value, str) or not HASH.fullmatch(value):
        raise ValueError(f"{value!r} is no hash")
    return bytes.fromhex(value)


def _is_time(value: Any) -> bool:
    try:
        return (
            isinstance(value, str)
            and bool(TIME.fullmatch(value))
            and bool(time.strptime(value[:19], "%Y-%m-%dT%H:%M:%S"))
        )
    except ValueError:
        return False


def _at(exact: bytes, field: list[str]) -> Any:
    """The value at a path of names such as `after.text`; None when there is none."""
    try:
        value = json.loads(exact)
    except ValueError:
        return None
    for name in field:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Check an exported bundle of a Thinslice audit log.")
    parser.add_argument("bundle", help="the folder or .zip file of the export")
    parser.add_argument(
        "--key", action="append", default=[], help="the log's public key, from elsewhere than the bundle"
    )
    parser.add_argument("--witness", action="append", default=[], help="a witness's public key: demand its cosignature")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    given = parser.parse_args(arguments)
    started = time.perf_counter()
    try:
        keys = [Key.parse(text) for text in given.key]
        witnesses = [Key.parse(text) for text in given.witness]
        verification = Verification(Bundle(given.bundle), keys, witnesses)
        verification.run()
    except (Unreadable, ValueError, RecursionError, OSError, zipfile.BadZipFile) as error:
        print(json.dumps({"ok": False, "unreadable": str(error)}) if given.json else f"UNREADABLE  {error}")
        return 2
    findings, facts = verification.findings, verification.facts
    facts["seconds"] = round(time.perf_counter() - started, 2)
    if given.json:
        print(
            json.dumps(
                {"ok": not findings.count, "found": findings.count, "findings": findings.all, "facts": facts}, indent=2
            )
        )
    else:
        for each in findings.all:
            print(f"WRONG  {each['check']:<10}  {each['detail']}")
        if findings.count > LISTED:
            print(f"… and {findings.count - LISTED} more.")
        for name, value in facts.items():
            print(f"{name}: {value}")
        print("NOT INTACT" if findings.count else "INTACT: everything in this bundle is as it was logged.")
    return 1 if findings.count else 0


if __name__ == "__main__":
    sys.exit(main())
