"""Which column of a file holds what. A column that nobody spoke of is never dropped silently."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import rfc8785

from apps.cases.submission import Submission

TEXT, ID, LABEL = "text", "external_id", "label"
LEFT_OUT = ""
FIELDS = tuple(Submission.model_fields)
CHANNEL = "file"

Columns = Mapping[str, str | None]  # column → field, LEFT_OUT or LABEL; None while nobody has said


class ColumnsUnclear(ValueError):
    """Some columns are not understood, or the text is missing. The message says which, and how to say more."""


def match_columns(names: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str | None]:
    """Match columns by name; `given` (column → field) comes first. Raises ColumnsUnclear where `given` is wrong."""
    given = given or {}
    missing = [name for name in given if name not in names]
    if missing:
        raise ColumnsUnclear(f"The file has no column {_listed(missing)}. It has {_listed(names)}.")
    wrong = [field for field in given.values() if field not in {*FIELDS, LABEL, LEFT_OUT}]
    if wrong:
        raise ColumnsUnclear(f"A case has no field {_listed(wrong)}. It has {_listed(FIELDS)}.")
    taken = set(given.values())
    matched: dict[str, str | None] = dict(given)
    for name in names:
        field = re.sub(r"[\s-]+", "_", name.strip().lower())
        matched.setdefault(name, field if field in FIELDS and field not in taken else None)
    columns = {name: matched[name] for name in names}
    said = [field for field in columns.values() if field]
    twice = sorted({field for field in said if said.count(field) > 1})
    if twice:
        raise ColumnsUnclear(f"Two columns are meant to be {_listed(twice)}.")
    return columns


def check_columns(columns: Columns) -> None:
    """Raises ColumnsUnclear, with what to say on the command line."""
    unknown = [name for name, field in columns.items() if field is None]
    if TEXT not in columns.values():
        raise ColumnsUnclear(
            f"No column is the text. The file has {_listed(columns)}. Say which one it is: --text-field COLUMN"
        )
    if unknown:
        raise ColumnsUnclear(
            f"Not understood: {_listed(unknown)}. Say what each is (--field {unknown[0]}=customer), or leave them out: "
            f"--leave-out {','.join(unknown)}"
        )


def submission_values(columns: Columns, values: Mapping[str, Any]) -> dict[str, Any]:
    """A row's values by field, for `Submission`. Empty ones are left out; what is no column stays, to be named.

    Without an id column the id is made from the row, so that the same row is the same case whenever it comes.
    """
    found: dict[str, Any] = {"channel": CHANNEL}
    for name, value in values.items():
        field = columns.get(name, name)
        if field and field != LABEL and value is not None and value != "":
            found[field] = value
    if ID not in columns.values() and ID not in found:
        found[ID] = row_id(found)
    return found


def row_id(values: Mapping[str, Any]) -> str:
    try:
        canonical = rfc8785.dumps(dict(values))
    except (
        rfc8785.CanonicalizationError
    ):  # half a surrogate pair, or a huge number: refused with its reason right after
        return "row"
    return f"row-{hashlib.sha256(canonical).hexdigest()[:32]}"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)
