"""What the log holds: exact bytes that say who did what to which object, committed in the transaction of the deed.

An entry names people, cases and subjects by id. Texts about a person go beside the log, and the entry holds their
commitment (apps.audit.commitments). Configuration, ids, hashes and decimal strings may stand in clear.
"""

import hashlib
from datetime import UTC, datetime
from typing import NamedTuple, TypeAlias
from uuid import UUID

from django.db import connection
from uuid6 import uuid7

from apps.audit.canonical import Json, canonical
from apps.tenants.actors import Actor
from apps.tenants.schemas import PUBLIC, current_schema

VERSION = 1
LEAF_PREFIX = b"\x00"  # RFC 6962, section 2.1: a leaf can never be taken for a node
RESERVED = frozenset({"v", "tenant", "id", "at"})
INSERT = """
INSERT INTO audit_entry (id, at, action, object, actor, case_id, bytes, leaf) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""

Octets: TypeAlias = bytes


class Prepared(NamedTuple):
    """An entry that is ready to be inserted: the columns of `audit_entry`, and the tenant that its bytes name."""

    id: UUID
    at: datetime
    action: str
    object: str
    actor: str  # "person:<user id>", "key:<key id>" or "service:<name>"
    case: UUID | None
    bytes: Octets
    leaf: Octets
    tenant: str


def prepare(
    *,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002
    case: UUID | None = None,
    layer: str = "",
    reason: str = "",
    before: Json = None,
    after: Json = None,
    **facts: Json,
) -> Prepared:
    """Build an entry for the current tenant without touching the database.

    `action` is `noun.verb` in the past tense, `object` is `kind:id`. `facts` are further fields under names of the base
    record (docs/adr/0002): subject, workflow, release, lane, input, output, prompt, sources, confidence, disposition,
    and so on. Fields that are None or "" are left out. Raises NotCanonical for floats and other values without
    canonical form.
    """
    tenant = current_schema()
    if tenant == PUBLIC:
        raise RuntimeError("An audit entry belongs to a tenant, and none is set.")
    if not RESERVED.isdisjoint(facts):
        raise ValueError(f"These names are the log's own: {', '.join(sorted(RESERVED & facts.keys()))}.")
    entry_id, at = uuid7(), datetime.now(UTC)
    optional: dict[str, Json] = {
        **facts,
        "case": str(case) if case else None,
        "layer": layer,
        "reason": reason,
        "before": before,
        "after": after,
    }
    entry: dict[str, Json] = {name: value for name, value in optional.items() if value is not None and value != ""}
    entry |= {
        "v": VERSION,
        "tenant": tenant,
        "id": str(entry_id),
        "at": timestamp(at),
        "action": action,
        "actor": {"kind": actor.kind, "id": actor.id, "role": actor.role},
        "object": object,
    }
    exact = canonical(entry)
    return Prepared(entry_id, at, action, object, f"{actor.kind}:{actor.id}", case, exact, leaf_hash(exact), tenant)


def append(prepared: Prepared) -> None:
    """Insert the entry. Raises RuntimeError outside a transaction: it is committed with its deed or not at all."""
    if not connection.in_atomic_block:
        raise RuntimeError("An audit entry must be appended inside the transaction of the deed that it records.")
    if prepared.tenant != current_schema():
        raise RuntimeError(f"The entry was prepared for {prepared.tenant}, not for {current_schema()}.")
    with connection.cursor() as cursor:
        cursor.execute(INSERT, prepared[:8])


def record(
    *,
    actor: Actor,
    action: str,
    object: str,  # noqa: A002
    case: UUID | None = None,
    layer: str = "",
    reason: str = "",
    before: Json = None,
    after: Json = None,
    **facts: Json,
) -> Prepared:
    """Prepare an entry and append it. Arguments and errors are those of `prepare` and `append`."""
    prepared = prepare(
        actor=actor,
        action=action,
        object=object,
        case=case,
        layer=layer,
        reason=reason,
        before=before,
        after=after,
        **facts,
    )
    append(prepared)
    return prepared


def leaf_hash(exact: Octets) -> Octets:
    return hashlib.sha256(LEAF_PREFIX + exact).digest()


def timestamp(at: datetime) -> str:
    """RFC 3339 in UTC, always with microseconds: 2026-11-22T15:45:00.000000Z."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
