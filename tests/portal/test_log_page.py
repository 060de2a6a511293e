"""The audit log's own page: how far it is sealed, who may change where checkpoints go, and what goes wrong in words."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import LazySettings

from apps.audit.models import Checkpoint, Destination, Entry, SignedCheckpoint
from apps.audit.notes import Note, Tree
from apps.audit.publishing import add_destination
from apps.audit.sequencer import sequence
from apps.audit.signing import origin
from tests.audit.conftest import write
from tests.audit.test_signing import signer, signing  # noqa: F401 - fixtures

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture
def note(northgate) -> str:
    write(5)
    sequence()
    newest = Checkpoint.objects.get()
    note = str(Note(Tree(origin(), 5, bytes(newest.root)).text).signed(origin(), PRIVATE))
    SignedCheckpoint.objects.create(pk=5, note=note)
    return note


def test_an_empty_log_says_what_to_do(auditor):
    page = auditor.get("/log/").content.decode()
    assert "No checkpoint has left the house" in page
    assert "Nothing is signed yet" in page


def test_the_newest_signed_checkpoint_is_shown_and_can_be_kept(auditor, note):
    assert "5" in auditor.get("/log/").content.decode()
    response = auditor.get("/log/checkpoints/5/")
    assert (response.content.decode(), response["content-type"]) == (note, "text/plain; charset=utf-8")
    assert auditor.get("/log/checkpoints/6/").status_code == 404


def test_a_destination_is_added_and_stopped_by_who_may_export(compliance_officer):
    page = compliance_officer.post(
        "/log/destinations/new/", {"kind": "mail", "address": "proof@example.com", "every_hours": "24"}, follow=True
    ).content.decode()
    assert "proof@example.com" in page
    made = Destination.objects.get()
    compliance_officer.post(f"/log/destinations/{made.pk}/end/")
    made.refresh_from_db()
    assert made.stopped_at
    assert set(Entry.objects.values_list("action", flat=True)) >= {"destination.added", "destination.stopped"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "mail", "address": "nobody", "every_hours": "24"}, "valid email"),
        ({"kind": "mail", "address": "a@example.com", "every_hours": "often"}, "whole hours"),
        ({"kind": "webhook", "address": "https://localhost/", "every_hours": "1"}, "inside the house"),
        ({}, "whole hours"),
    ],
)
def test_what_cannot_be_added_is_said_and_what_was_typed_is_kept(compliance_officer, given, words):
    response = compliance_officer.post("/log/destinations/new/", given)
    page = response.content.decode()
    assert (response.status_code, words in page) == (400, True)
    assert f'value="{given.get("address", "")}"' in page


def test_an_auditor_looks_and_changes_nothing(auditor):
    add = auditor.post("/log/destinations/new/", {"kind": "folder", "every_hours": "24"})
    assert (add.status_code, Destination.objects.count()) == (403, 0)
    assert auditor.post("/log/key/", {"reason": "x"}).status_code == 403
    assert "<form" not in auditor.get("/log/").content.decode().partition("<main")[2]


def test_an_operator_does_not_see_the_log(operator):
    assert operator.get("/log/").status_code == 403


def test_the_key_is_changed_with_a_reason(compliance_officer, signing):  # noqa: F811
    assert compliance_officer.post("/log/key/", {"reason": " "}).status_code == 400
    page = compliance_officer.post("/log/key/", {"reason": "Yearly"}, follow=True).content.decode()
    assert "A new key signs from now on" in page


def test_without_a_signer_the_key_stays_and_the_page_says_so(compliance_officer, settings: LazySettings):
    settings.SIGNER_SOCKET = ""
    response = compliance_officer.post("/log/key/", {"reason": "Yearly"})
    assert (response.status_code, "was not changed" in response.content.decode()) == (400, True)


def test_a_delivery_that_fails_is_shown_with_its_reason(auditor, note, compliance_officer):
    destination = add_destination(actor=compliance_officer.actor, kind="folder")
    destination.deliveries.create(checkpoint_id=5, attempts=2, problem="The disk is full.")
    page = auditor.get("/log/").content.decode()
    assert "The disk is full." in page
    assert "2 attempts" in page


def test_a_folder_alone_is_no_destination_outside(compliance_officer, northgate):
    hint = "so that somebody else can contradict us"
    compliance_officer.post("/log/destinations/new/", {"kind": "folder", "every_hours": "1"})
    assert hint in compliance_officer.get("/log/").content.decode()
    given = {"kind": "mail", "address": "proof@example.com", "every_hours": "24"}
    compliance_officer.post("/log/destinations/new/", given)
    assert hint not in compliance_officer.get("/log/").content.decode()
