"""Texts to vectors, on this machine: one sentence vector per text, or one vector per token for late interaction.

Encoder(...).encode(["a", "b"]) is (2, 384) float32 of unit length. A text's vectors do not depend on the texts it is
encoded with, beyond float rounding.
"""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from apps.inference.local.model_folder import HIDDEN, INPUTS, model_folder, verified_manifest

Vectors = NDArray[np.float32]

MAX_TOKENS = 256  # what the encoder was trained with; the rest of a longer text is not read
MAX_CHARACTERS = 20_000  # no 256 tokens of real text reach this far; spares the tokenizer a pasted book
TOKENS_PER_BATCH = 1_024  # bounds memory, and keeps a batch within the processor's caches


class Encoder:
    """A loaded model. Safe to share between threads; one per process is enough (`default_encoder`)."""

    dimensions = HIDDEN

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        manifest = verified_manifest(folder)
        self.fingerprint: str = manifest["encoder.onnx"]
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            folder / "encoder.onnx", options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    @classmethod
    def load(cls, model_dir: Path, *, threads: int = 1) -> "Encoder":
        """The encoder that `build(model_dir)` made. Raises ModelNotBuilt."""
        return cls(model_folder(model_dir), threads=threads)

    def token_ids(self, text: str) -> list[int]:
        """What the model reads of a text: at most MAX_TOKENS, start and end markers included."""
        return list(self._tokenizer.encode(text[:MAX_CHARACTERS]).ids)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """(n, 384), each row of unit length; an empty text has a vector too."""
        vectors = np.empty((len(texts), HIDDEN), np.float32)
        for rows, feed in self._batches(texts):
            vectors[rows] = self._session.run(["sentence_embedding"], feed)[0]
        return vectors

    def encode_tokens(self, texts: Sequence[str]) -> list[Vectors]:
        """Per text (t, 384) unit token vectors, t ≤ 256, start and end markers included."""
        return self.both(texts)[1]

    def both(self, texts: Sequence[str]) -> tuple[Vectors, list[Vectors]]:
        """`encode` and `encode_tokens` for the price of one."""
        vectors = np.empty((len(texts), HIDDEN), np.float32)
        tokens: list[Vectors] = [np.empty((0, HIDDEN), np.float32)] * len(texts)
        for rows, feed in self._batches(texts):
            vectors[rows], padded = self._session.run(["sentence_embedding", "token_embeddings"], feed)
            padded /= np.linalg.norm(padded, axis=2, keepdims=True)
            for row, count, matrix in zip(rows, feed["attention_mask"].sum(axis=1), padded, strict=True):
                tokens[row] = matrix[:count].copy()
        return vectors, tokens

    def _batches(self, texts: Sequence[str]) -> Iterator[tuple[list[int], dict[str, NDArray[np.int64]]]]:
        """Texts of like length together, so that little is computed for padding."""
        encodings = self._tokenizer.encode_batch([text[:MAX_CHARACTERS] for text in texts])
        order = sorted(range(len(texts)), key=lambda row: len(encodings[row]))
        batch: list[int] = []
        for row in order:
            if batch and len(encodings[row]) * (len(batch) + 1) > TOKENS_PER_BATCH:
                yield batch, _padded([encodings[member] for member in batch])
                batch = []
            batch.append(row)
        if batch:
            yield batch, _padded([encodings[member] for member in batch])


def _padded(encodings: list[Encoding]) -> dict[str, NDArray[Any]]:
    ids, mask, kinds = (np.zeros((len(encodings), max(map(len, encodings))), np.int64) for _ in INPUTS)
    for row, encoding in enumerate(encodings):
        ids[row, : len(encoding)] = encoding.ids
        mask[row, : len(encoding)] = 1
    return dict(zip(INPUTS, (ids, mask, kinds), strict=True))


@cache
def default_encoder(model_dir: Path, threads: int = 1) -> Encoder:
    """This process's encoder, loaded at first use. Raises ModelNotBuilt.

    Workers are many, so each takes one thread. A process that forks workers must not call it before the fork: the
    runtime's threads do not survive one.
    """
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # its threads would not survive a fork either
    return Encoder.load(model_dir, threads=threads)
