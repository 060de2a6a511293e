"""The queue's SQL. One statement claims a batch, one commits a layer with its audit entry, so nothing can be half done.

All times are the database's clock: workers on machines with different clocks agree on who holds a lease.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection
from psycopg.rows import dict_row

from apps.audit.entries import Prepared

CLAIM = """
UPDATE cases_case SET fence = fence + 1, attempt = attempt + 1, lease_until = now() + %(lease)s * interval '1 second'
WHERE id = ANY (ARRAY (SELECT id FROM cases_case WHERE state = 'open' AND queue = %(queue)s AND lease_until <= now()
                       ORDER BY lease_until LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
RETURNING id, number, layer, fence, attempt, revision, release_id, subject_id, title, text, channel, customer, language,
          region, consent, received_at
"""

# {columns} is filled from the fixed names of the callers, never from data. `coalesce` keeps the planner off the index
# of due cases: a plan made while few were open would go through all of them at each commit, however many there are.
COMMIT = """
WITH advanced AS (
  UPDATE cases_case SET layer = %(next)s, queue = %(queue)s, state = %(state)s, attempt = %(attempt)s,
         lease_until = CASE WHEN %(release)s THEN now() + %(wait)s * interval '1 second' ELSE lease_until END{columns}
  WHERE id = %(case)s AND fence = %(fence)s AND layer = %(layer)s AND coalesce(state, '') = 'open'
  RETURNING id, revision),
step AS (INSERT INTO cases_step (case_id, layer, revision, result, started_at, microseconds)
  SELECT id, %(layer)s, revision, %(result)s::jsonb, %(started_at)s, %(microseconds)s FROM advanced
  WHERE %(result)s::text IS NOT NULL),
entry AS (INSERT INTO audit_entry (id, at, action, object, actor, case_id, bytes, leaf)
  SELECT %(entry_id)s, %(entry_at)s, %(entry_action)s, %(entry_object)s, %(entry_actor)s, id, %(entry_bytes)s,
    %(entry_leaf)s
  FROM advanced)
SELECT count(*) AS advanced FROM advanced
"""

RELEASE_LEASE = """
UPDATE cases_case SET lease_until = now() + %(wait)s * interval '1 second'
WHERE id = %(case)s AND fence = %(fence)s AND coalesce(state, '') = 'open'
"""

# For a claim that did its work and has nothing to do until then: the next one is no further attempt at anything.
WAIT = """
UPDATE cases_case SET attempt = 0, lease_until = now() + %(wait)s * interval '1 second'
WHERE id = %(case)s AND fence = %(fence)s AND state = 'open'
"""

STEPS = "SELECT layer, result::text AS result FROM cases_step WHERE case_id = %(case)s AND revision = %(revision)s"

DUE = "SELECT DISTINCT queue FROM cases_case WHERE state = 'open' AND lease_until <= now()"


def execute(statement: str, parameters: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """Run one statement, prepared on the server, as the current tenant's role. Rows as dictionaries."""
    with connection.cursor():  # opening it sets the tenant's role and search path where they are not
        pass
    with psycopg.Cursor(connection.connection, row_factory=dict_row) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchall() if cursor.description else []


# Of a step that stores no result, ends the claim and starts counting attempts anew.
USUAL = {"attempt": 0, "release": True, "wait": 0, "result": None, "started_at": None, "microseconds": None}


def commit_layer(*, columns: Mapping[str, Any], **parameters: Any) -> bool:
    """Commit a layer. False when a newer claim has fenced this one out: then nothing was written."""
    assignments = "".join(f", {name} = %({name})s" for name in columns)
    rows = execute(COMMIT.format(columns=assignments), {**USUAL, **parameters, **columns})
    return bool(rows[0]["advanced"])


def entry_parameters(entry: Prepared) -> dict[str, Any]:
    """An audit entry as the parameters that COMMIT and ADMIT take."""
    names = ("id", "at", "action", "object", "actor", "bytes", "leaf")
    return {f"entry_{name}": getattr(entry, name) for name in names}
