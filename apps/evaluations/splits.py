"""Which case of a labelled set trains, which calibrates and which is held out."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from apps.evaluations.models import LabelledCase

Split = LabelledCase.Split
SHARES: tuple[tuple[str, float], ...] = ((Split.TRAIN, 0.6), (Split.CALIBRATION, 0.2), (Split.HOLDOUT, 0.2))


def plan_splits(case_types: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """A split for each external id: 60/20/20 within each case type.

    `before` holds the splits of earlier versions, which stay: a case that trained never becomes a holdout, nor the
    other way about. New cases fill up what their type lacks, in the order of their ids' hashes: the same set is always
    split in the same way, whatever order its cases came in.
    """
    members: dict[str, list[str]] = defaultdict(list)
    for external_id, case_type in case_types.items():
        members[case_type].append(external_id)
    planned: dict[str, str] = {}
    for ids in members.values():
        planned |= _within(ids, before)
    return planned


def _within(ids: Iterable[str], before: Mapping[str, str]) -> dict[str, str]:
    planned = {external_id: before[external_id] for external_id in ids if external_id in before}
    counts = Counter(planned.values())
    for external_id in sorted((each for each in ids if each not in before), key=_place):
        size = counts.total() + 1
        split = max(SHARES, key=lambda share: share[1] * size - counts[share[0]])[0]
        planned[external_id] = split
        counts[split] += 1
    return planned


def _place(external_id: str) -> bytes:
    return hashlib.sha256(external_id.encode()).digest()
