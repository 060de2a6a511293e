import pytest
from django.db import transaction

from apps.audit.entries import append, prepare
from apps.audit.merkle import Frontier
from apps.audit.models import Checkpoint, Leaf, Pending
from apps.audit.sequencer import lock_key, sequence, sequence_batch
from apps.audit.tasks import sequence_entries
from apps.tenants.models import Tenant
from apps.tenants.schemas import current_schema, in_schema
from apps.tenants.tasks import TenantMissing
from config.celery import app
from embedded.product import long_running
from tests.audit.conftest import REVIEWER, write
from tests.cast import HARBOUR, NORTHGATE

pytestmark = pytest.mark.usefixtures("northgate")


def placed() -> list[tuple[int, object]]:
    return list(Leaf.objects.order_by("seq").values_list("seq", "entry_id"))


def test_entries_get_consecutive_places_in_order_of_arrival() -> None:
    first = write(3)
    assert sequence() == 3
    second = write(2)
    assert sequence() == 2
    assert placed() == list(enumerate(entry.id for entry in first + second))
    assert not Pending.objects.exists()


def test_the_order_is_the_databases_and_not_the_writers_clocks() -> None:
    early, late = [prepare(actor=REVIEWER, action="case.approved", object=f"case:{number}") for number in range(2)]
    append(late)
    append(early)
    sequence()
    assert placed() == [(0, late.id), (1, early.id)]


def test_each_batch_ends_in_a_checkpoint_over_everything_so_far() -> None:
    entries = write(5)
    assert sequence(batch=2) == 5
    for checkpoint in Checkpoint.objects.all():
        tree = Frontier()
        tree.extend(entry.leaf for entry in entries[: checkpoint.tree_size])
        assert (bytes(checkpoint.root), bytes(checkpoint.frontier)) == (tree.root(), tree.encoded())
    assert list(Checkpoint.objects.order_by("tree_size").values_list("tree_size", flat=True)) == [2, 4, 5]


def test_nothing_waiting_means_no_new_checkpoint() -> None:
    write(1)
    assert [sequence(), sequence()] == [1, 0]
    assert Checkpoint.objects.count() == 1


def test_a_sequencer_that_dies_half_way_leaves_nothing_behind() -> None:
    entries = write(3)
    with transaction.atomic():
        assert sequence_batch() == 3
        transaction.set_rollback(True)
    assert (placed(), Pending.objects.count()) == ([], 3)
    assert sequence() == 3
    assert placed() == list(enumerate(entry.id for entry in entries))


def test_each_tenant_has_a_sequence_of_its_own(harbour: Tenant) -> None:
    write(2)
    with in_schema(HARBOUR):
        write(1)
        assert sequence() == 1
        assert [seq for seq, _ in placed()] == [0]
    assert sequence() == 2
    assert lock_key(NORTHGATE) != lock_key(HARBOUR)


def test_the_task_sequences_the_tenant_that_it_names(harbour: Tenant) -> None:
    with in_schema(HARBOUR):
        write(1)
    sequence_entries(HARBOUR)
    assert current_schema() == NORTHGATE
    with in_schema(HARBOUR):
        assert not Pending.objects.exists()
    with pytest.raises(TenantMissing):
        sequence_entries()


def test_beat_asks_for_every_tenants_sequence_at_least_once_a_second() -> None:
    every = [job for job in app.conf.beat_schedule.values() if job["args"][0] == "audit.sequence"]
    assert [job["task"] for job in every] == ["tenants.fan_out"]
    assert every[0]["schedule"] <= 1
    assert "audit.sequence" in app.tasks


def test_sequencing_never_queues_behind_cases() -> None:
    fan_out = next(job for job in app.conf.beat_schedule.values() if job["args"][0] == "audit.sequence")
    assert fan_out["options"]["queue"] == app.conf.task_routes["audit.sequence"]["queue"] == "log"
    watching = [service.command for service in long_running(8000) if "log" in service.command]
    assert [command[command.index("--queues") + 1] for command in watching] == ["log"]
