"""The signing keys and what they signed last, in a folder that only the signer's user can read. One key chain per log.

<folder>/<origin, percent-encoded>/001.pem, 002.pem, …   Ed25519, PKCS 8; the last one signs
<folder>/<origin, percent-encoded>/last.json              {"size": n, "root": hex} of the newest signed checkpoint
"""

import json
import os
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from apps.audit.notes import Key


class KeyChain:
    """The keys of one log. Keys are never deleted: what they signed must stay checkable."""

    def __init__(self, folder: Path, origin: str) -> None:
        self.origin = origin
        self._folder = folder / quote(origin, safe="")

    def current(self) -> Ed25519PrivateKey:
        """The key that signs; the first one is made when it is asked for."""
        files = self._files()
        return _read(files[-1]) if files else self.rotate()

    def rotate(self) -> Ed25519PrivateKey:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        private = Ed25519PrivateKey.generate()
        octets = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(self._folder / f"{len(self._files()) + 1:03}.pem", octets)
        return private

    def public(self) -> list[Key]:
        """All public keys, the present one first."""
        return [Key(self.origin, _read(path).public_key().public_bytes_raw()) for path in reversed(self._files())]

    @property
    def last(self) -> tuple[int, bytes]:
        """Size and root of the newest checkpoint that was signed; (0, b"") before the first."""
        try:
            said = json.loads((self._folder / "last.json").read_bytes())
        except FileNotFoundError:
            return 0, b""
        return said["size"], bytes.fromhex(said["root"])

    def remember(self, size: int, root: bytes) -> None:
        """On disk before the signature leaves: a signer that is killed has not forgotten what it signed."""
        _write(self._folder / "last.json", json.dumps({"size": size, "root": root.hex()}).encode())

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("[0-9]*.pem"))


def _read(path: Path) -> Ed25519PrivateKey:
    private = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(f"{path} does not hold an Ed25519 key.")
    return private


def _write(path: Path, octets: bytes) -> None:
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
