"""Comparing what a page looks like with what it looked like when somebody last said that it was right.

Pictures are kept an eighth of their size: a rounded corner or another edge of a letter is no change, a part that moved,
vanished or lost its colour is. ACCEPT_LOOKS=1 keeps what is there now as right; look at the pictures before committing.
"""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent / "right"
SMALLER = 8
DIFFERENT = 20  # of 255, in any channel
AT_MOST = 0.004  # of the picture may be different
TALLER = 2  # rows, of the small picture


def assert_looks_right(name: str, png: bytes, seen: Path) -> None:
    """Fails with the place of both pictures, `seen` being where this one is put."""
    picture, right = _small(png), FOLDER / f"{name}.png"
    if os.environ.get("ACCEPT_LOOKS"):
        FOLDER.mkdir(exist_ok=True)
        picture.quantize(64).save(right, optimize=True)
        return
    assert right.exists(), f"Nobody has said yet how {name} looks: ACCEPT_LOOKS=1, and look at {right}."
    problem = difference(Image.open(right).convert("RGB"), picture)
    if problem:
        Image.open(BytesIO(png)).save(seen)
    assert not problem, f"{name} {problem}. Right is {right}; it is {seen} now. ACCEPT_LOOKS=1 if it is better so."


def difference(right: Image.Image, now: Image.Image) -> str:
    """In words; "" where there is none worth telling."""
    if right.width != now.width or abs(right.height - now.height) > TALLER:
        return f"is {now.width} × {now.height} eighths and was {right.width} × {right.height}"
    height = min(right.height, now.height)
    before, after = (np.asarray(each, dtype=np.int16)[:height] for each in (right, now))
    share = float((np.abs(before - after).max(axis=2) > DIFFERENT).mean())
    return f"differs in {100 * share:.1f} % of the picture" if share > AT_MOST else ""


def _small(png: bytes) -> Image.Image:
    full = Image.open(BytesIO(png)).convert("RGB")
    size = max(1, full.width // SMALLER), max(1, full.height // SMALLER)
    small = full.resize(size, Image.Resampling.BOX)
    return small.quantize(64).convert("RGB")
