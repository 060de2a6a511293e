"""The key under which people's keys travel: made of a passphrase that whoever exports tells whoever imports.

At home a person's key lies under the installation's master key (apps.audit.commitments), which does not travel.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass
from unicodedata import normalize
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

NONCE_BYTES, SALT_BYTES, SHORTEST = 12, 16, 12
DIFFERENT = 5  # characters of a passphrase that differ: twelve blanks keep nothing
COST, BLOCK, LANES = 2**15, 8, 1  # RFC 7914: 32 MB and a tenth of a second a guess
CHECK = b"thinslice hand-over"


class WrongPassphrase(ValueError):
    """It is not the passphrase that the archive was made with."""


@dataclass(frozen=True)
class TravelKey:
    secret: bytes  # 32
    salt: bytes  # 16

    @classmethod
    def of(cls, passphrase: str, salt: bytes = b"") -> "TravelKey":
        """One way of writing an accent is as good as another: keyboards differ in it, and nobody sees it."""
        salt = salt or os.urandom(SALT_BYTES)
        kdf = Scrypt(salt=salt, length=32, n=COST, r=BLOCK, p=LANES)
        return cls(kdf.derive(normalize("NFC", passphrase).encode()), salt)

    def wrap(self, subject: UUID, key: bytes) -> bytes:
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.secret).encrypt(nonce, key, subject.bytes)

    def unwrap(self, subject: UUID, wrapped: bytes) -> bytes:
        try:
            return AESGCM(self.secret).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], subject.bytes)
        except InvalidTag:
            raise WrongPassphrase("A person's key does not open with this passphrase.") from None

    def seal(self, told: bytes) -> str:
        """HMAC-SHA-256, under a key of its own that follows from this one."""
        own = hmac.digest(self.secret, b"thinslice manifest", hashlib.sha256)
        return hmac.digest(own, told, hashlib.sha256).hex()

    def sealed(self, told: bytes, seal: str) -> bool:
        return hmac.compare_digest(self.seal(told).encode(), seal.encode())

    def head(self) -> dict[str, str | int]:
        """What the manifest says of it, so that a wrong passphrase is told before anything is done."""
        nonce = os.urandom(NONCE_BYTES)
        check = nonce + AESGCM(self.secret).encrypt(nonce, CHECK, self.salt)
        return {"function": "scrypt", "n": COST, "r": BLOCK, "p": LANES, "salt": self.salt.hex(), "check": check.hex()}

    @classmethod
    def opened(cls, passphrase: str, head: dict[str, str]) -> "TravelKey":
        """Raises WrongPassphrase."""
        key, check = cls.of(passphrase, bytes.fromhex(head["salt"])), bytes.fromhex(head["check"])
        try:
            AESGCM(key.secret).decrypt(check[:NONCE_BYTES], check[NONCE_BYTES:], key.salt)
        except InvalidTag:
            raise WrongPassphrase("This is not the passphrase that the archive was made with.") from None
        return key
