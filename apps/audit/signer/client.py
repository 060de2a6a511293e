"""How the rest of the product asks the signer."""

import json
import socket
from typing import Any

from apps.audit.notes import Key, Note

ANSWER_SECONDS = 10


class SignerAway(ConnectionError):
    """The signer does not answer. Nothing is lost: the log goes on, and is signed when the signer is back."""


class SignerRefused(RuntimeError):
    """The signer will not sign. The message says why, and it must be looked at."""


def keys(path: str, origin: str) -> tuple[list[Key], int]:
    """The log's public keys, the present one first, and the size of the newest checkpoint that was signed (0: none)."""
    said = _ask(path, {"do": "keys", "origin": origin})
    return [Key.parse(each) for each in said["keys"]], said["size"]


def sign_checkpoint(path: str, text: str, proof: tuple[bytes, ...]) -> Note:
    """`proof` shows that it goes on from the newest checkpoint that was signed. Raises SignerAway, SignerRefused."""
    return Note.parse(_ask(path, {"do": "checkpoint", "text": text, "path": [each.hex() for each in proof]})["note"])


def sign_export(path: str, text: str) -> Note:
    return Note.parse(_ask(path, {"do": "export", "text": text})["note"])


def rotate(path: str, origin: str) -> Note:
    """The statement in which the old key names the new one."""
    return Note.parse(_ask(path, {"do": "rotate", "origin": origin})["note"])


def _ask(path: str, request: dict[str, Any]) -> dict[str, Any]:
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(ANSWER_SECONDS)
            line.connect(path)
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as answers:
                answer: dict[str, Any] = json.loads(answers.readline())
    except (OSError, ValueError) as error:
        raise SignerAway(f"The signer does not answer at {path}: {error}.") from error
    if "refused" in answer:
        raise SignerRefused(answer["refused"])
    return answer
