"""Vectors by text, kept in a file between rehearsals: encoding is nearly all that a rehearsal waits for.

Per text the sentence vector in half precision and, where they were asked for, one bit a dimension of its token vectors.
That is all that an index keeps of a passage, so an index made from remembered vectors is the same.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from apps.corpora.late_interaction import pack, unpack
from apps.inference.local.encoder import Encoder, Vectors

BATCH = 128  # texts encoded between two reports of progress

Progress = Callable[[int, int], None]  # texts done, of how many


class RememberingEncoder:
    """Encodes a text once for all rehearsals on this machine. Not for queries: their token vectors are used whole."""

    def __init__(self, encoder: Encoder, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._encoder = encoder
        self._kept = sqlite3.connect(folder / f"vectors-{encoder.fingerprint[:16]}.sqlite", timeout=60)
        self._kept.execute("CREATE TABLE IF NOT EXISTS text (sha256 BLOB PRIMARY KEY, vector BLOB, tokens BLOB)")

    @property
    def fingerprint(self) -> str:
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """(n, 384), each row of unit length but for half precision's rounding."""
        names = [_name(text) for text in texts]
        missing = [text for name, text in zip(names, texts, strict=True) if self._read(name) is None]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            for text, vector in zip(batch, self._encoder.encode(batch), strict=True):
                self._write(text, vector, None)
            self._kept.commit()
            if progress:
                progress(min(start + BATCH, len(missing)), len(missing))
        return np.array([self._vector(name) for name in names], np.float32).reshape(len(texts), -1)

    def both(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """As the encoder's, the token vectors by their signs alone: 1 or -1."""
        names = [_name(text) for text in texts]
        missing = [
            text for name, text in zip(names, texts, strict=True) if (self._read(name) or (b"", None))[1] is None
        ]
        if missing:
            for text, vector, tokens in zip(missing, *self._encoder.both(missing), strict=True):
                self._write(text, vector, pack(tokens))
            self._kept.commit()
        vectors = np.array([self._vector(name) for name in names], np.float32)
        return vectors, [unpack(self._row(name)[1] or b"") for name in names]

    def close(self) -> None:
        self._kept.close()

    def _vector(self, name: bytes) -> Vectors:
        return np.frombuffer(self._row(name)[0], np.float16).astype(np.float32)

    def _row(self, name: bytes) -> tuple[bytes, bytes | None]:
        row = self._read(name)
        if row is None:
            raise KeyError(name.hex())
        return row

    def _read(self, name: bytes) -> tuple[bytes, bytes | None] | None:
        row: tuple[bytes, bytes | None] | None = self._kept.execute(
            "SELECT vector, tokens FROM text WHERE sha256 = ?", [name]
        ).fetchone()
        return row

    def _write(self, text: str, vector: Vectors, tokens: bytes | None) -> None:
        row = (_name(text), vector.astype(np.float16).tobytes(), tokens)
        self._kept.execute("INSERT OR REPLACE INTO text VALUES (?, ?, ?)", row)


def _name(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
