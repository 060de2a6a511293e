"""Where a rehearsal may write: a scratch corpus that is gone afterwards, in a tenant of its own unless one is named."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import call_command
from django.db import ProgrammingError, connection
from uuid6 import uuid7

from apps.corpora.models import Corpus
from apps.corpora.services import create_corpus, delete_scratch_corpus
from apps.evaluations.rehearsal.data_files import DataProblem
from apps.tenants.actors import Actor
from apps.tenants.models import Tenant
from apps.tenants.provisioning import create_tenant
from apps.tenants.schemas import in_public

ACTOR = Actor("service", "rehearsal", "Rehearsal", "")
SCHEMA = "t_rehearsal"
PREFIX = "rehearsal-"
LOCKS = 0x7265_6865  # namespace of the advisory locks that say which scratch corpora are in use


def schema_for(tenant: str) -> str:
    """The named tenant's schema; without a name that of the rehearsals' own tenant, made when it is not there.

    Raises DataProblem when there is no such tenant, or none can be made.
    """
    with in_public():
        try:
            known = list(Tenant.objects.order_by("slug").values_list("slug", "schema_name"))
        except ProgrammingError:  # a database that nobody has used yet
            known = []
    if tenant:
        found = [schema for slug, schema in known if tenant in {slug, schema}]
        if not found:
            there = ", ".join(slug for slug, _ in known) or "none yet"
            raise DataProblem(f"There is no tenant {tenant!r}. There are: {there}.")
        return str(found[0])
    if settings.DATABASE_OWNER_URL:
        if not known:
            call_command("migrate_schemas", shared=True, interactive=False, verbosity=0)
        domain = f"rehearsal.{settings.BASE_DOMAIN}"
        create_tenant(schema=SCHEMA, slug="rehearsal", name="Rehearsals", region="EU", domain=domain)
    elif SCHEMA not in {schema for _, schema in known}:
        raise DataProblem("Name a tenant with --tenant, or set DATABASE_OWNER_URL so that one can be made.")
    return SCHEMA


@contextmanager
def scratch_corpus() -> Iterator[Corpus]:
    """An empty corpus of the current tenant, deleted with all it holds at the end.

    One that a killed rehearsal left behind is deleted first: nobody holds its lock any more.
    """
    for corpus in Corpus.objects.filter(scratch=True, slug__startswith=PREFIX):
        if _lock(corpus.slug):
            delete_scratch_corpus(actor=ACTOR, corpus=corpus)
            _unlock(corpus.slug)
    slug = f"{PREFIX}{uuid7()}"
    _lock(slug)  # before it exists, so that no other rehearsal can take it for abandoned
    corpus = create_corpus(actor=ACTOR, slug=slug, scratch=True)
    try:
        yield corpus
    finally:
        delete_scratch_corpus(actor=ACTOR, corpus=corpus)
        _unlock(slug)


def _lock(slug: str) -> bool:
    """Hold the corpus until this process's connection ends, however it ends. False when another one holds it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCKS, _number(slug)])
        return bool(cursor.fetchone()[0])


def _unlock(slug: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCKS, _number(slug)])


def _number(slug: str) -> int:
    """Of its name, which no other tenant has: advisory locks are the whole database's."""
    return zlib.crc32(slug.encode()) - 2**31
