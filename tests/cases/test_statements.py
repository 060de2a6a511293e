"""How PostgreSQL goes about the queue's statements."""

from uuid import uuid4

import pytest

from apps.audit.entries import prepare
from apps.cases.statements import COMMIT, RELEASE_LEASE, entry_parameters, execute
from apps.tenants.actors import SYSTEM


@pytest.mark.parametrize("statement", [COMMIT.format(columns=""), RELEASE_LEASE])
def test_a_write_finds_its_case_by_key_and_not_among_all_that_are_due(northgate, statement):
    entry = entry_parameters(prepare(actor=SYSTEM, action="case.intake", object="case:1"))
    parameters = {
        "case": uuid4(), "fence": 1, "layer": "intake", "next": "context", "queue": "quick", "state": "open",
        "attempt": 0, "release": False, "wait": 0, "result": "{}", "started_at": None, "microseconds": 0, **entry,
    }  # fmt: skip
    plan = "\n".join(row["QUERY PLAN"] for row in execute(f"EXPLAIN {statement}", parameters))
    assert "cases_case_pkey" in plan
    assert "case_due" not in plan
