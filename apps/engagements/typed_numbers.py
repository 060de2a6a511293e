"""Numbers as people type them."""

import re

_GROUPED = re.compile(r"\s*[-−+]?\d{1,3}(?:[, ]\d{3})+(?:\.\d*)?\s*")


def ungrouped(text: str) -> str:
    """Without what stands between thousands. Any other comma stays, so that “12,5” is refused and not read as 125."""
    return re.sub("[, ]", "", text) if _GROUPED.fullmatch(text) else text.strip()
