"""A verifier written from docs/bundle.md alone, to be held against verifier/verifier.py.

It shares no code with it nor with the product, and goes about it differently: the whole bundle in memory, trees by the
recursive definitions of RFC 6962, canonical JSON by the `rfc8785` package.
"""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn

import rfc8785
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG, WITNESS = 1, 4
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
HASH = re.compile(r"[0-9a-f]{64}")
NAMES = ("v", "tenant", "id", "at", "action", "actor", "object")

Bundle = Mapping[str, bytes]  # the content of each file by its name in the folder


class Refused(Exception):
    """What does not hold, beginning with the number of the statement in docs/bundle.md."""


@dataclass(frozen=True)
class PublicKey:
    name: str
    id: bytes
    algorithm: int
    point: bytes

    @classmethod
    def read(cls, written: str) -> "PublicKey":
        name, ident, rest = written.strip().split("+", 2)
        material = _base64(rest)
        expected = hashlib.sha256(name.encode() + b"\n" + material).digest()[:4]
        if not name or len(material) != 33 or material[0] not in (LOG, WITNESS) or expected.hex() != ident:
            raise Refused(f"4: {written!r} is not a public key")
        return cls(name, expected, material[0], material[1:])

    def signed(self, signature: bytes, message: bytes) -> bool:
        try:
            Ed25519PublicKey.from_public_bytes(self.point).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class SignedNote:
    text: str
    signatures: tuple[tuple[str, bytes], ...]

    @classmethod
    def read(cls, written: str) -> "SignedNote":
        text, blank, below = written.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise Refused("4: a signed note ends in an empty line and its signatures")
        lines = [re.fullmatch(r"— ([^ +]+) (\S+)", line) for line in below[:-1].split("\n")]
        found = tuple((line[1], _base64(line[2])) for line in lines if line)
        if len(found) != len(lines):
            raise Refused("4: a signature is written `— name base64`")
        return cls(text + "\n", found)

    def lines(self) -> list[str]:
        lines = self.text.split("\n")
        if len(lines) != 4:
            raise Refused("4: the text of the note has three lines")
        return lines[:3]

    def is_by(self, keys: Sequence[PublicKey]) -> bool:
        """Whether one of the keys signed it. A signature that claims to be of one of them and is not is refused."""
        answers = [
            len(value) == 68 and key.signed(value[4:], self.text.encode())
            for key in keys
            for name, value in self.signatures
            if key.algorithm == LOG and (name, value[:4]) == (key.name, key.id)
        ]
        return bool(answers) and all(answers)

    def was_seen_by(self, witness: PublicKey) -> bool:
        return any(
            len(value) == 76
            and witness.algorithm == WITNESS
            and (name, value[:4]) == (witness.name, witness.id)
            and witness.signed(
                value[12:], f"cosignature/v1\ntime {int.from_bytes(value[4:12], 'big')}\n{self.text}".encode()
            )
            for name, value in self.signatures
        )


def problems(bundle: Bundle, keys: Sequence[str] = (), witnesses: Sequence[str] = ()) -> list[str]:
    """What is wrong with the bundle; empty when it is intact. `keys` are the log's as its owner published them."""
    found = []
    for check in (_manifest, _entries, _tree, _checkpoints, _openings):
        try:
            check(bundle, keys, witnesses)
        except Refused as error:
            found.append(str(error))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError, OverflowError) as error:
            found.append(f"{check.__name__[1:]} cannot be read: {error!r}")
    return found


def _manifest(bundle: Bundle, keys: Sequence[str], _: Sequence[str]) -> None:
    manifest, trusted = _read_manifest(bundle, keys)
    exact = hashlib.sha256(bundle["manifest.json"]).hexdigest()
    note = SignedNote.read(bundle["manifest.note"].decode())
    if len(note.signatures) != 1 or not note.is_by(trusted):
        raise Refused("1: manifest.note must bear the log's signature and no other")
    if note.lines() != ["thinslice-audit-export/1", manifest["origin"], exact]:
        raise Refused("1: manifest.note does not name this manifest.json")
    present = {
        name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in bundle.items()
        if name not in ("manifest.json", "manifest.note")
    }
    listed = manifest["files"]
    if differing := {name for name in {*present, *listed} if present.get(name) != listed.get(name)}:
        raise Refused(f"1: not as listed: {', '.join(sorted(differing))}")


def _entries(bundle: Bundle, keys: Sequence[str], _: Sequence[str]) -> None:
    manifest, _trusted = _read_manifest(bundle, keys)
    exact, places = _lines(bundle["entries.jsonl"]), list(_placed(bundle))
    if not len(exact) == len(places) == manifest["entries"] or isinstance(manifest["entries"], bool):
        raise Refused("2: entries, places and the manifest differ in number")
    seen = set()
    for line, (place, _width, leaf) in zip(exact, places, strict=True):
        entry = json.loads(line, parse_float=_no_float, parse_constant=_no_float)
        if rfc8785.dumps(entry) != line:
            raise Refused(f"2: the entry at {place} is not canonical")
        if missing := [name for name in NAMES if name not in entry]:
            raise Refused(f"2: the entry at {place} lacks {missing}")
        if entry["v"] is True or entry["v"] != 1 or entry["tenant"] != manifest["tenant"]:
            raise Refused(f"2: the entry at {place} is of another version or tenant")
        if not MOMENT.fullmatch(entry["at"]) or not datetime.fromisoformat(entry["at"]):
            raise Refused(f"2: the entry at {place} has no moment")
        if hashlib.sha256(b"\0" + line).digest() != leaf:
            raise Refused(f"2: the entry at {place} does not hash to its leaf")
        if not isinstance(entry["id"], str) or entry["id"] in seen:
            raise Refused(f"2: the entry at {place} is there twice, or has no id")
        seen.add(entry["id"])


def _tree(bundle: Bundle, _: Sequence[str], __: Sequence[str]) -> None:
    _origin, size, root = _checkpoint(SignedNote.read(bundle["checkpoint"].decode()))
    placed, rest = list(_placed(bundle)), list(_siblings(bundle))
    if placed != sorted(placed) or rest != sorted(rest):
        raise Refused("3: places and siblings must ascend")
    parts = sorted([*placed, *rest])[::-1]

    def tree(begin: int, width: int) -> bytes:
        """Merkle tree hash over the leaves from `begin` on: one part, or two smaller trees."""
        if not parts or parts[-1][0] != begin or parts[-1][1] > width:
            raise Refused(f"3: nothing that fits begins at place {begin}")
        if parts[-1][1] == width:
            return parts.pop()[2]
        left = 1 << (width - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + tree(begin, left) + tree(begin + left, width - left)).digest()

    computed = tree(0, size) if size else hashlib.sha256().digest()
    if parts:
        raise Refused("3: there is more than the checkpoint covers")
    if computed != root:
        raise Refused("3: the entries do not lead to the checkpoint")


def _checkpoints(bundle: Bundle, keys: Sequence[str], witnesses: Sequence[str]) -> None:
    manifest, trusted = _read_manifest(bundle, keys)
    if not manifest["origin"].endswith(f"/{manifest['tenant']}"):
        raise Refused("4: the origin is another tenant's")
    note = SignedNote.read(bundle["checkpoint"].decode())
    origin, size, root = _checkpoint(note)
    if origin != manifest["origin"] or not note.is_by(trusted):
        raise Refused("4: the checkpoint is not the log's")
    for witness in witnesses:
        if not note.was_seen_by(PublicKey.read(witness)):
            raise Refused(f"4: {witness.partition('+')[0]} has not seen the checkpoint")
    for each in manifest["earlier"]:
        older = SignedNote.read(each["note"])
        before, first, then = _checkpoint(older)
        if before != origin or not older.is_by(trusted):
            raise Refused("4: an earlier checkpoint is not the log's")
        if (
            (not first and size)
            or first > size
            or not _goes_on(first, then, size, root, [_hash(node) for node in each["path"]])
        ):
            raise Refused(f"4: the log does not go on from the checkpoint over {first} entries")


def _goes_on(first: int, then: bytes, second: int, now: bytes, path: list[bytes]) -> bool:
    """RFC 6962, 2.1.2, read backwards: SUBPROOF gives both roots while it uses up the path."""
    left = path[::-1]

    def roots(old: int, size: int, whole: bool) -> tuple[bytes, bytes]:
        if old == size:
            same = then if whole else left.pop()
            return same, same
        split = 1 << (size - 1).bit_length() - 1
        if old <= split:
            before, after = roots(old, split, whole)
            return before, hashlib.sha256(b"\1" + after + left.pop()).digest()
        before, after = roots(old - split, size - split, False)
        beside = left.pop()
        return hashlib.sha256(b"\1" + beside + before).digest(), hashlib.sha256(b"\1" + beside + after).digest()

    return roots(first, second, True) == (then, now) and not left


def _openings(bundle: Bundle, _: Sequence[str], __: Sequence[str]) -> None:
    places = [place for place, _width, _leaf in _placed(bundle)]
    entries = dict(zip(places, _lines(bundle["entries.jsonl"]), strict=True))
    for line in _lines(bundle.get("openings.jsonl", b"")):
        opening = json.loads(line)
        value = json.loads(entries[opening["place"]])
        for name in opening["field"].split("."):
            value = value[name]
        digest = hmac.new(bytes.fromhex(opening["key"]), opening["text"].encode(), hashlib.sha256).hexdigest()
        if value != f"hmac-sha256:{digest}":
            raise Refused(f"5: the text is not what the entry at {opening['place']} holds in {opening['field']}")


def _read_manifest(bundle: Bundle, keys: Sequence[str]) -> tuple[dict[str, Any], list[PublicKey]]:
    manifest = json.loads(bundle["manifest.json"])
    if manifest["format"] != "thinslice-audit-bundle/1":
        raise Refused("1: another format")
    return manifest, [PublicKey.read(key) for key in (keys or manifest["keys"])]


def _checkpoint(note: SignedNote) -> tuple[str, int, bytes]:
    origin, size, root = note.lines()
    if not re.fullmatch(r"0|[1-9][0-9]*", size) or len(_base64(root)) != 32:
        raise Refused("4: a checkpoint is an origin, a size and a root")
    return origin, int(size), _base64(root)


def _placed(bundle: Bundle) -> Iterator[tuple[int, int, bytes]]:
    for line in _lines(bundle["places.jsonl"]):
        each = json.loads(line)
        yield _count(each["place"]), 1, _hash(each["leaf"])


def _siblings(bundle: Bundle) -> Iterator[tuple[int, int, bytes]]:
    for line in _lines(bundle["siblings.jsonl"]):
        each = json.loads(line)
        at, width = _count(each["at"]), _count(each["width"])
        if width.bit_count() != 1 or at % width:
            raise Refused(f"3: {width} leaves from {at} on are no complete subtree")
        yield at, width, _hash(each["root"])


def _lines(content: bytes) -> list[bytes]:
    *lines, rest = content.split(b"\n")
    if rest:
        raise Refused("2: the last line does not end")
    return lines


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise Refused(f"3: {value!r} is no place")
    return value


def _hash(value: str) -> bytes:
    if not HASH.fullmatch(value):
        raise Refused(f"3: {value!r} is no hash")
    return bytes.fromhex(value)


def _base64(written: str) -> bytes:
    try:
        value = base64.b64decode(written, validate=True)
    except binascii.Error:
        value = b""
    if not value or base64.b64encode(value).decode() != written:
        raise Refused(f"4: {written!r} is not base64")
    return value


def _no_float(written: str) -> NoReturn:
    raise Refused(f"2: an entry holds {written}, which has no canonical form here")
