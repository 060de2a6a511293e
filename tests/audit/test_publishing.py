"""Checkpoints leave the house: to real servers on this machine, a mailbox and a folder."""

import base64
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import LazySettings
from django.core import mail
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.audit.merkle_proofs import consistent
from apps.audit.models import Checkpoint, Cosignature, Delivery, Destination, Entry, SignedCheckpoint
from apps.audit.notes import COSIGNATURE, Key, Note, Tree
from apps.audit.object_storage import Credentials, signed_headers
from apps.audit.outbound import Unreachable, check
from apps.audit.publishing import add_destination, publish, stop_destination
from apps.audit.sequencer import sequence
from apps.audit.signing import origin, published
from tests.audit.conftest import REVIEWER, write

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(32))
SEEN_BY = Key("witness.example", WITNESS.public_key().public_bytes_raw(), COSIGNATURE)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Receiver(ThreadingHTTPServer):
    """Keeps what is sent to it, and answers what it is told to: a status and a text, or what a function makes of it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answer: Callable[[bytes], tuple[int, str]] = lambda _: (200, "")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.received.append((self.command, self.path, dict(self.headers), body))
        status, text = self.server.answer(body)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def receiver(settings: LazySettings) -> Iterator[Receiver]:
    settings.PRIVATE_ADDRESSES = True
    with Receiver() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def log(northgate: Any, settings: LazySettings, tmp_path: Path) -> None:
    settings.CHECKPOINT_FOLDER = tmp_path
    grow(5)


def grow(count: int) -> SignedCheckpoint:
    """Write entries, sequence them, and sign as the signer would."""
    write(count)
    sequence()
    newest = Checkpoint.objects.order_by("-tree_size").first()
    note = Note(Tree(origin(), newest.tree_size, bytes(newest.root)).text).signed(origin(), PRIVATE)
    return SignedCheckpoint.objects.create(pk=newest.tree_size, note=str(note))


@pytest.mark.usefixtures("log")
class TestPublishing:
    def test_a_checkpoint_goes_by_mail_with_the_note_to_keep(self) -> None:
        add_destination(actor=REVIEWER, kind="mail", address="proof@northgate.example")
        assert publish() == 1
        (message,) = mail.outbox
        assert message.to == ["proof@northgate.example"]
        assert Note.parse(message.attachments[0][1]).text.startswith(f"{origin()}\n5\n")

    def test_a_checkpoint_goes_to_a_folder(self, tmp_path: Path) -> None:
        add_destination(actor=REVIEWER, kind="folder")
        assert publish() == 1
        (path,) = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert (path.name, path.read_text()) == ("5", SignedCheckpoint.objects.get().note)

    def test_a_webhook_gets_the_log_the_size_and_the_note(self, receiver: Receiver) -> None:
        add_destination(actor=REVIEWER, kind="webhook", address=f"{receiver.url}/hook")
        assert publish() == 1
        (_, path, _, body) = receiver.received[0]
        assert path == "/hook"
        assert json.loads(body) == {"log": origin(), "size": 5, "checkpoint": SignedCheckpoint.objects.get().note}

    def test_an_object_storage_gets_a_signed_put(self, receiver: Receiver, settings: LazySettings) -> None:
        settings.OBJECT_STORAGE = "key:secret:eu-central-1"
        add_destination(actor=REVIEWER, kind="object", address=f"{receiver.url}/bucket")
        assert publish() == 1
        method, path, headers, body = receiver.received[0]
        assert (method, path) == ("PUT", f"/bucket/{origin()}/5")
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=key/")
        assert body.decode() == SignedCheckpoint.objects.get().note

    def test_each_arrival_is_in_the_log(self) -> None:
        add_destination(actor=REVIEWER, kind="folder")
        publish()
        assert Entry.objects.filter(action="checkpoint.published", object="checkpoint:5").count() == 1

    def test_it_goes_again_only_when_its_hours_are_over_and_the_log_has_grown(self) -> None:
        add_destination(actor=REVIEWER, kind="folder", every_hours=24)
        now = timezone.now()
        assert [publish(now), publish(now), publish(now + timedelta(hours=30))] == [1, 0, 0]
        grow(3)
        assert [publish(now + timedelta(hours=2)), publish(now + timedelta(hours=30))] == [0, 1]

    def test_what_does_not_arrive_is_tried_again_later_and_says_why(self, receiver: Receiver) -> None:
        receiver.answer = lambda _: (503, "closed for lunch")
        add_destination(actor=REVIEWER, kind="webhook", address=receiver.url)
        now = timezone.now()
        assert publish(now) == 0
        delivery = Delivery.objects.get()
        assert (delivery.attempts, delivery.problem) == (1, "The answer was 503: closed for lunch")
        assert publish(now + timedelta(minutes=1)) == 0
        assert Delivery.objects.get().attempts == 1
        receiver.answer = lambda _: (204, "")
        assert publish(now + timedelta(minutes=3)) == 1
        assert Delivery.objects.get().problem == ""

    def test_nothing_goes_where_it_was_stopped(self) -> None:
        destination = add_destination(actor=REVIEWER, kind="folder")
        stop_destination(actor=REVIEWER, destination=destination)
        stop_destination(actor=REVIEWER, destination=destination)
        assert publish() == 0
        assert Entry.objects.filter(action="destination.stopped").count() == 1

    def test_a_witness_cosigns_what_goes_on_from_what_it_saw(self, receiver: Receiver) -> None:
        witness = Witness()
        receiver.answer = witness.answer
        add_destination(actor=REVIEWER, kind="witness", address=receiver.url, key=SEEN_BY.encoded, every_hours=1)
        now = timezone.now()
        assert publish(now) == 1
        signed = grow(7)
        assert publish(now + timedelta(hours=2)) == 1
        assert Cosignature.objects.count() == 2
        assert published(signed).seen_at(SEEN_BY) == AT
        assert [path for _, path, _, _ in receiver.received] == ["/add-checkpoint"] * 2

    def test_a_witness_that_remembers_more_or_less_is_asked_again_from_there(self, receiver: Receiver) -> None:
        witness = Witness()
        receiver.answer = witness.answer
        first = SignedCheckpoint.objects.get()
        witness.size, witness.root = first.pk, Tree.parse(Note.parse(first.note).text).root
        grow(7)
        add_destination(actor=REVIEWER, kind="witness", address=receiver.url, key=SEEN_BY.encoded)
        assert publish() == 1
        assert len(receiver.received) == 2

    def test_a_witness_that_says_no_leaves_the_delivery_open(self, receiver: Receiver) -> None:
        receiver.answer = lambda _: (422, "bad proof")
        add_destination(actor=REVIEWER, kind="witness", address=receiver.url, key=SEEN_BY.encoded)
        assert publish() == 0
        assert Delivery.objects.get().problem == "The witness answered 422: bad proof"

    def test_a_witness_that_signs_something_else_is_not_believed(self, receiver: Receiver) -> None:
        other = Note(Tree(origin(), 5, bytes(32)).text).cosigned(SEEN_BY.name, WITNESS, AT)
        receiver.answer = lambda _: (200, str(other).partition("\n\n")[2])
        add_destination(actor=REVIEWER, kind="witness", address=receiver.url, key=SEEN_BY.encoded)
        assert publish() == 0
        assert "no valid cosignature" in Delivery.objects.get().problem

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"kind": "pigeon"}, "where checkpoints go"),
            ({"kind": "mail", "address": "nobody"}, "valid email"),
            ({"kind": "webhook", "address": "http://example.com"}, "https"),
            ({"kind": "webhook", "address": "https://127.0.0.1/x"}, "inside the house"),
            ({"kind": "folder", "every_hours": 0}, "how often"),
            ({"kind": "witness", "address": "https://1.1.1.1", "key": "x"}, "name\\+id\\+key"),
            ({"kind": "witness", "address": "https://1.1.1.1", "key": Key("a", bytes(32)).encoded}, "signs logs"),
        ],
    )
    def test_a_destination_that_cannot_be_is_refused_in_words(self, given: dict[str, Any], words: str) -> None:
        with pytest.raises(ValidationError, match=words):
            add_destination(actor=REVIEWER, **given)
        assert not Destination.objects.exists()

    def test_the_same_destination_is_not_added_twice(self) -> None:
        add_destination(actor=REVIEWER, kind="folder")
        with pytest.raises(ValidationError, match="already"):
            add_destination(actor=REVIEWER, kind="folder")


class Witness:
    """What C2SP's tlog-witness asks of one: remember, compare, check the proof, cosign."""

    def __init__(self) -> None:
        self.size, self.root = 0, b""

    def answer(self, body: bytes) -> tuple[int, str]:
        head, _, note = body.decode().partition("\n\n")
        old, *path = head.split("\n")
        signed = Note.parse(note)
        tree = Tree.parse(signed.text)
        if int(old.removeprefix("old ")) != self.size:
            return 409, f"{self.size}\n"
        hashes = [base64.b64decode(each) for each in path]
        if self.size and not consistent(self.size, self.root, tree.size, tree.root, hashes):
            return 422, "bad proof"
        self.size, self.root = tree.size, tree.root
        return 200, str(Note(signed.text).cosigned(SEEN_BY.name, WITNESS, AT)).partition("\n\n")[2]


def test_the_signature_of_a_put_is_the_one_that_is_published_as_an_example() -> None:
    """The PUT of Amazon's own documentation of Signature Version 4."""
    credentials = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "us-east-1")
    headers = signed_headers(
        credentials,
        "https://examplebucket.s3.amazonaws.com/test%24file.text",
        b"Welcome to Amazon S3.",
        {"date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
        datetime(2013, 5, 24, tzinfo=UTC),
    )
    assert headers["authorization"].endswith("98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")


@pytest.mark.parametrize(
    "address", ["https://10.0.0.1", "https://[::1]/", "https://169.254.169.254/", "ftp://1.1.1.1", ""]
)
def test_addresses_inside_the_house_are_not_a_tenants_to_reach(address: str) -> None:
    with pytest.raises(Unreachable):
        check(address)
