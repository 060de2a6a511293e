"""The local encoder for tests, built once and shared by every run and every test process."""

from functools import cache
from pathlib import Path

from apps.inference.local.build import build
from apps.inference.local.encoder import Encoder

MODEL_DIR = Path(__file__).resolve().parent.parent / "var" / "test-models"


@cache
def local_encoder() -> Encoder:
    build(MODEL_DIR)
    return Encoder.load(MODEL_DIR)
