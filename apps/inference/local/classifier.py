"""A trained classifier as data, and what it says of a text.

An artefact is a zip of plain arrays: loading one runs no code, and its SHA-256 names it. Prediction needs numpy alone;
`training.fit` makes artefacts.
"""

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from apps.inference.local.calibration import LARGEST, Thresholds, softmax
from apps.inference.local.isotonic import Calibration
from apps.inference.local.lexical import count_slots, weigh
from apps.inference.local.novelty import OUT_OF_SCOPE, nearest_distance, signs

Vectors = NDArray[np.float32]  # (n, 384), unit length

FORMAT, BEFORE_CALIBRATION = 2, 1  # artefacts of the earlier format keep their bytes, and so their names
_LINES = ("stated", "observed")  # of an isotonic calibration
_HALVES = ("by_meaning", "by_words", "bias", "idf")  # stored in half precision, which costs no accuracy


@dataclass(frozen=True)
class Prediction:
    label: str  # may be OUT_OF_SCOPE, when examples of that were trained on
    probability: float  # calibrated, 0-1
    oos_score: float  # how unlike the examples in scope; above 0 it counts as out of scope
    in_scope: bool
    alternatives: tuple[tuple[str, float], ...]  # the next most likely labels, at most four


@dataclass(frozen=True, eq=False)
class Artefact:
    """Everything that a classifier knows. n examples are kept as vectors, c is the number of labels."""

    labels: tuple[str, ...]
    encoder: str  # fingerprint of the encoder whose vectors it was trained on
    thresholds: Thresholds
    examples: int  # how many it was trained on
    held_out: dict[str, float]  # what cross-fitting showed: accuracy, ece, coverage at the precision asked
    oos_weights: tuple[float, float, float]  # of distance, of doubt, of the probability of OUT_OF_SCOPE
    oos_limit: float
    by_meaning: NDArray[np.float32]  # (384, c), on sentence vectors
    by_words: NDArray[np.float32]  # (SLOTS, c), on lexical weights
    bias: NDArray[np.float32]  # (c,)
    idf: NDArray[np.float32]  # (SLOTS,)
    known: NDArray[np.float16]  # (n, 384): in-scope examples, for the distance to the nearest of them
    calibration: Calibration | None = None  # None: made before there was a choice; it is temperature

    def logits(self, texts: Sequence[str], vectors: Vectors) -> NDArray[np.float32]:
        """(texts, c), at the temperature found; `calibration` comes after their softmax."""
        scores = vectors @ self.by_meaning + self.bias
        for row, text in enumerate(texts):
            slots, weights = weigh(count_slots(text), self.idf)
            scores[row] += weights @ self.by_words[slots]
        return np.asarray(scores, np.float32)

    def predict(self, texts: Sequence[str], vectors: Vectors) -> list[Prediction]:
        """One prediction per text. `vectors` are the texts' own, from the encoder that `encoder` names."""
        if len(texts) != len(vectors):
            raise ValueError(f"{len(texts)} texts came with {len(vectors)} vectors.")
        probabilities = np.minimum(softmax(self.logits(texts, vectors)), LARGEST)
        if self.calibration:
            probabilities = self.calibration.apply(probabilities)
        scores = self.oos_scores(probabilities, vectors)
        best = np.argsort(-probabilities, axis=1, kind="stable")[:, :5]
        return [
            Prediction(
                label=self.labels[order[0]],
                probability=float(row[order[0]]),
                oos_score=float(score),
                in_scope=bool(score <= 0) and self.labels[order[0]] != OUT_OF_SCOPE,
                alternatives=tuple((self.labels[other], float(row[other])) for other in order[1:]),
            )
            for row, order, score in zip(probabilities, best, scores, strict=True)
        ]

    def oos_scores(self, probabilities: NDArray[Any], vectors: Vectors) -> NDArray[Any]:
        """Above 0 for a text that is unlike the examples, answered with doubt, or like examples out of scope."""
        seen = signs(probabilities, self.labels, nearest_distance(vectors, self._known))
        return np.asarray(seen @ np.array(self.oos_weights) - self.oos_limit)

    @cached_property
    def _known(self) -> Vectors:
        return self.known.astype(np.float32)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()

    def to_bytes(self) -> bytes:
        """The same artefact gives the same bytes, always."""
        about: dict[str, Any] = {
            "format": FORMAT if self.calibration else BEFORE_CALIBRATION,
            "labels": self.labels,
            "encoder": self.encoder,
            "thresholds": {"high": self.thresholds.high, "medium": self.thresholds.medium},
            "examples": self.examples,
            "held_out": self.held_out,
            "oos_weights": self.oos_weights,
            "oos_limit": self.oos_limit,
        }
        lines: dict[str, Any] = {}
        if self.calibration:
            about["calibration"] = {name: value for name, value in vars(self.calibration).items() if name not in _LINES}
            lines = {name: np.array(getattr(self.calibration, name), np.float64) for name in _LINES}
        stored = io.BytesIO()
        encoded = np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8)
        np.savez(
            stored,
            about=encoded,
            known=self.known,
            **{name: getattr(self, name).astype(np.float16) for name in _HALVES},
            **lines,
        )
        return stored.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Artefact":
        """Raises ValueError when the bytes are no artefact of this format."""
        if not data.startswith(b"PK"):
            raise ValueError("These bytes are not a classifier.")
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as stored:
                about = json.loads(bytes(stored["about"]))
                arrays = {name: stored[name].astype(np.float32) for name in _HALVES}
                known = stored["known"]
                lines: dict[str, Any] = {name: tuple(stored[name].tolist()) for name in _LINES if name in stored}
        except (BadZipFile, EOFError, KeyError, OSError, ValueError) as error:
            raise ValueError("This classifier is damaged.") from error
        if about.pop("format") not in (FORMAT, BEFORE_CALIBRATION):
            raise ValueError("This classifier was stored in another format: train it again.")
        chosen = about.pop("calibration", None)
        calibration = Calibration(**chosen, **lines) if chosen else None
        about |= {"labels": tuple(about["labels"]), "oos_weights": tuple(about["oos_weights"])}
        about |= {"thresholds": Thresholds(**about["thresholds"]), "calibration": calibration}
        return cls(**about, **arrays, known=known)
