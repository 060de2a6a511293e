"""Whoever changes data writes an audit entry for it, or is listed here with the reason why not."""

from pathlib import Path

import pytest
from django.db.models import Model

from tests.architecture.planting import tenant_models
from tests.architecture.writes import Product

ROOT = Path(__file__).parents[2]
ALLOWED = {
    "apps.audit.commitments:subject_keys": "A key is made for the first digest; that digest is in an entry.",
    "apps.audit.indexing:index_batch": "Repeats what the entries say, for searching. It can be made again.",
    "apps.audit.sequencer:sequence_batch": "Gives entries their places. An entry about it would need a place itself.",
    "apps.audit.reads:forget_old_reads": "Deletes marks that a read is in the log. The entries stay.",
    "apps.cases.claiming:claim": "Takes a lease. Nothing about the case changes until a layer is committed.",
    "apps.cases.processing:_again": "Gives a lease back. Nothing about the case changes until a layer is committed.",
    "apps.evaluations.lifecycle:_pause": "Gives a lease back until a stage that waits looks again.",
    "apps.cases.processing:_remember": "Keeps a vector of the text for finding cases like it; the layer has its entry.",
    "apps.inference.local.build:_build_into": "Writes model files from an installed package, not data.",
    "apps.tenants.provisioning:create_tenant": "Makes the schema that the log lives in, before there is a log.",
    "apps.tenants.tasks:clear_sessions": "Deletes sessions that have expired and open nothing any more.",
}

RECORD = "from apps.audit.entries import record\n"
WRITE = "def change(case):\n    case.save()\n"


@pytest.fixture(scope="module")
def product() -> Product:
    return Product.under(ROOT)


def test_every_write_is_audited(product: Product) -> None:
    unaudited = product.unaudited(ALLOWED)
    assert not unaudited, "\n".join(f"{name}: {how}" for name, how in sorted(unaudited.items()))


@pytest.mark.parametrize("name", ALLOWED)
def test_every_exception_is_still_needed(product: Product, name: str) -> None:
    others = {other: why for other, why in ALLOWED.items() if other != name}
    assert name in product.unaudited(others), f"{name} needs no exception any more: take it off the list."


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_every_tenants_table_has_writers_that_the_walk_sees(product: Product, model: type[Model]) -> None:
    """Else a table could be filled by a way that nobody looks at, and the walk above would not notice."""
    app = model.__module__.rpartition(".")[0]
    assert product.writers_of(app, model.__name__, model._meta.db_table), (
        f"Nobody is seen to write {model._meta.label}."
    )


def test_a_table_that_nobody_writes_is_told() -> None:
    read = "from apps.cases.models import Case\ndef look(case):\n    return Case.objects.get(pk=case)\n"
    write = "def enter(cursor):\n    cursor.execute('INSERT INTO cases_step VALUES (1)')\n"
    product = Product({"apps.cases.reading": read, "apps.cases.entering": write})
    assert not product.writers_of("apps.cases", "Case", "cases_case")
    assert product.writers_of("apps.cases", "Step", "cases_step") == {"apps.cases.entering:enter"}


def test_a_deed_that_we_know_is_found_and_found_to_be_audited(product: Product) -> None:
    found = product.scopes["apps.workflows.services:create_workflow"]
    assert found.writes
    assert found.recorded


@pytest.mark.parametrize(
    "line",
    [
        "case.save()",
        "Case.objects.create(number=1)",
        "case.steps.get_or_create(layer='intake')",
        "Case.objects.bulk_create(cases, ignore_conflicts=True)",
        "Case.objects.filter(pk=1).update(state='closed')",
        "due.update(lease_until=None)",
        "Case.objects.filter(pk=1).delete()",
        "cursor.execute('INSERT INTO cases_case (id) VALUES (1)')",
        "cursor.execute(f'UPDATE cases_case SET {column} = 1')",
        "cursor.execute('DELETE FROM cases_case')",
        "cursor.execute('TRUNCATE cases_case')",
        "cursor.execute('WITH a AS (UPDATE cases_case AS c SET state = 1 RETURNING id) SELECT 1')",
        "cursor.copy('COPY corpora_posting (term) FROM STDIN')",
        "transaction.on_commit(lambda: case.save())",
        "cursor.execute(STATEMENT)",
        "cursor.execute(COMPOSED)",
    ],
)
def test_a_write_without_an_entry_is_found(line: str) -> None:
    constants = "STATEMENT = 'UPDATE cases_case SET state = 1'\nCOMPOSED = f'{STATEMENT} WHERE id = 1'\n"
    source = f"{constants}def change(case, cursor):\n    {line}\n"
    assert set(Product({"apps.cases.services": source}).unaudited({})) == {"apps.cases.services:change"}


@pytest.mark.parametrize(
    "line",
    [
        "facts.update(more)",
        "digest.update(b'bytes')",
        "Case.objects.filter(state='open').first()",
        "Case.objects.select_for_update().get(pk=1)",
        "cursor.execute('SELECT id FROM cases_case FOR UPDATE SKIP LOCKED')",
        "raise ValueError('Please UPDATE your SETtings')",
    ],
)
def test_what_writes_nothing_is_left_alone(line: str) -> None:
    assert not Product({"apps.cases.services": f"def look(case, cursor):\n    {line}\n"}).unaudited({})


@pytest.mark.parametrize(
    ("services", "elsewhere"),
    [
        pytest.param(RECORD + WRITE + "    record(action='case.changed')\n", "", id="in the function itself"),
        pytest.param(
            "def change(cursor):\n    cursor.execute('INSERT INTO audit_entry SELECT 1 FROM (UPDATE a SET b = 1)')\n",
            "",
            id="in the same statement",
        ),
        pytest.param(
            RECORD + WRITE + "    _enter(case)\ndef _enter(case):\n    record(action='case.changed')\n",
            "",
            id="in a private function beside it",
        ),
        pytest.param(
            "from apps.cases.entering import enter\n" + WRITE + "    enter(case)\n",
            RECORD + "def enter(case):\n    record(action='case.changed')\n",
            id="in a function that only records",
        ),
        pytest.param(
            WRITE,
            RECORD + "from apps.cases.services import change\ndef approve(case):\n    change(case)\n    record()\n",
            id="in its only caller",
        ),
        pytest.param(
            "class Cases:\n    def change(self):\n        self.save()\n",
            RECORD + "def approve(cases):\n    cases.change()\n    record(action='case.changed')\n",
            id="in the caller of a method",
        ),
    ],
)
def test_an_entry_counts(services: str, elsewhere: str) -> None:
    assert not Product({"apps.cases.services": services, "apps.cases.entering": elsewhere}).unaudited({})


@pytest.mark.parametrize(
    "elsewhere",
    [
        pytest.param("from apps.cases.services import change\ndef view(r):\n    change(r)\n", id="one caller has none"),
        pytest.param(
            RECORD
            + "from apps.cases.services import change\ndef approve(case):\n    change(case)\n    record()\n"
            + "def quietly(case):\n    change(case)\n",
            id="one of two callers has none",
        ),
        pytest.param(RECORD + "def unrelated(case):\n    record(action='other')\n", id="it belongs to something else"),
    ],
)
def test_an_entry_elsewhere_does_not_count(elsewhere: str) -> None:
    found = Product({"apps.cases.services": WRITE, "apps.cases.views": elsewhere}).unaudited({})
    assert set(found) == {"apps.cases.services:change"}


def test_another_services_entry_is_not_ones_own() -> None:
    other = RECORD + "def close(case):\n    case.delete()\n    record(action='case.closed')\n"
    source = "from apps.cases.closing import close\n" + WRITE + "    close(case)\n"
    found = Product({"apps.cases.services": source, "apps.cases.closing": other}).unaudited({})
    assert set(found) == {"apps.cases.services:change"}
