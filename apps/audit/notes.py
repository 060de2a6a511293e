"""Signed notes and checkpoints as C2SP specifies them (signed-note, tlog-checkpoint, tlog-cosignature), with Ed25519.

A note is a text that ends in a newline, a blank line, and signature lines `— <name> <base64>`. A checkpoint is a note
whose text is three lines: the log's origin, its size in decimal, its root in base64.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SIGNATURE = 0x01  # algorithm bytes of the key id
COSIGNATURE = 0x04
DASH = "\u2014 "
NAME = re.compile(r"[^\s+]+")
SIZE = re.compile(r"0|[1-9][0-9]*")


class BadNote(ValueError):
    """The note cannot be read. The message says where."""


@dataclass(frozen=True)
class Key:
    """Who may sign: a name without spaces and plus signs, an Ed25519 public key of 32 bytes, and for what."""

    name: str
    public: bytes
    algorithm: int = SIGNATURE

    @property
    def id(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        return hashlib.sha256(f"{self.name}\n".encode() + bytes([self.algorithm]) + self.public).digest()[:4]

    @property
    def encoded(self) -> str:
        """`name+id+key`, the form in which keys are published."""
        return f"{self.name}+{self.id.hex()}+{_base64(bytes([self.algorithm]) + self.public)}"

    @classmethod
    def parse(cls, encoded: str) -> "Key":
        """Raises BadNote."""
        name, _, rest = encoded.strip().partition("+")
        id_, _, material = rest.partition("+")
        octets = _octets(material, "The key")
        if not NAME.fullmatch(name) or len(octets) != 33 or octets[0] not in (SIGNATURE, COSIGNATURE):
            raise BadNote("A key is written name+id+key: eight hex digits, then base64 of 33 bytes.")
        key = cls(name, octets[1:], octets[0])
        if key.id.hex() != id_:
            raise BadNote(f"The key of {name} does not have the id {id_}: it has {key.id.hex()}.")
        return key


@dataclass(frozen=True)
class Note:
    """A text and the signature lines below it: (name, key id, signature)."""

    text: str
    signatures: tuple[tuple[str, bytes, bytes], ...] = ()

    @classmethod
    def parse(cls, note: str) -> "Note":
        """Raises BadNote."""
        text, blank, below = note.rpartition("\n\n")
        if not blank or not below.endswith("\n"):
            raise BadNote("A note is a text, a blank line, and signatures, each on a line that ends.")
        signatures = []
        for line in below.split("\n")[:-1]:
            name, _, encoded = line.removeprefix(DASH).partition(" ")
            octets = _octets(encoded, f"The signature of {name}")
            if not line.startswith(DASH) or not NAME.fullmatch(name) or len(octets) < 5:
                raise BadNote(f"This is no signature line: {line!r}.")
            signatures.append((name, octets[:4], octets[4:]))
        if not signatures:
            raise BadNote("The note has no signature.")
        return cls(text + "\n", tuple(signatures))

    def __str__(self) -> str:
        lines = (f"{DASH}{name} {_base64(id_ + signature)}\n" for name, id_, signature in self.signatures)
        return f"{self.text}\n{''.join(lines)}"

    def signed(self, name: str, private: Ed25519PrivateKey) -> "Note":
        """The note with one more signature."""
        key = Key(name, private.public_key().public_bytes_raw())
        return Note(self.text, (*self.signatures, (name, key.id, private.sign(self.text.encode()))))

    def cosigned(self, name: str, private: Ed25519PrivateKey, at: datetime) -> "Note":
        """The note with the signature of a witness, who has seen it then and nothing that contradicts it."""
        key = Key(name, private.public_key().public_bytes_raw(), COSIGNATURE)
        seconds = int(at.timestamp())
        signature = seconds.to_bytes(8, "big") + private.sign(_cosigned(self.text, seconds))
        return Note(self.text, (*self.signatures, (name, key.id, signature)))

    def verified(self, key: Key) -> bool:
        """Whether it bears a valid signature of the key."""
        return any(
            self._holds(key, signature) for name, id_, signature in self.signatures if (name, id_) == (key.name, key.id)
        )

    def seen_at(self, key: Key) -> datetime | None:
        """When the witness saw it, in UTC; None without a valid cosignature of the key."""
        for name, id_, signature in self.signatures:
            if (name, id_, key.algorithm) == (key.name, key.id, COSIGNATURE) and self._holds(key, signature):
                return datetime.fromtimestamp(int.from_bytes(signature[:8], "big"), UTC)
        return None

    def _holds(self, key: Key, signature: bytes) -> bool:
        message = self.text.encode()
        if key.algorithm == COSIGNATURE:
            message, signature = _cosigned(self.text, int.from_bytes(signature[:8], "big")), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Tree:
    """What a checkpoint says: which log, how many entries, and the root over them (32 bytes)."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"

    @classmethod
    def parse(cls, text: str) -> "Tree":
        """From a note's text; lines after the third are extensions and are left alone. Raises BadNote."""
        lines = text.split("\n")
        if len(lines) < 4 or not lines[0] or not SIZE.fullmatch(lines[1]):
            raise BadNote("A checkpoint has three lines: the log's origin, its size in decimal, its root in base64.")
        root = _octets(lines[2], "The root")
        if len(root) != 32:
            raise BadNote("The root is not of 32 bytes.")
        return cls(lines[0], int(lines[1]), root)


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _base64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


def _octets(encoded: str, what: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote(f"{what} is not base64: {encoded[:60]!r}.") from None
