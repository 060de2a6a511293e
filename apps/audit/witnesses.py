"""Asks a witness to cosign a checkpoint, as C2SP specifies it (tlog-witness: `add-checkpoint`).

The witness remembers the last checkpoint that it saw of this log, and cosigns only one that goes on from it.
"""

import base64

from apps.audit.models import Cosignature, Destination, SignedCheckpoint
from apps.audit.notes import Key, Note
from apps.audit.outbound import Unreachable, send
from apps.audit.proofs import NoProof, consistency
from apps.audit.signing import SIGNING, NotAccepted, cosign

OK, CONFLICT = 200, 409


def ask(destination: Destination, signed: SignedCheckpoint) -> Cosignature:
    """Raises Unreachable when the witness does not cosign, or cosigns something else."""
    seen = Cosignature.objects.filter(witness=destination.key).order_by("-checkpoint_id").first()
    old = seen.checkpoint_id if seen else 0
    status, answer = _add(destination.address, old, signed)
    if status == CONFLICT and answer.strip().isdigit():  # the size that the witness has in mind
        status, answer = _add(destination.address, int(answer), signed)
    if status != OK:
        raise Unreachable(f"The witness answered {status}: {answer[:200].strip()}")
    try:
        note = str(Note.parse(f"{Note.parse(signed.note).text}\n{answer}"))
        return cosign(actor=SIGNING, note=note, witness=Key.parse(destination.key))
    except (NotAccepted, ValueError) as error:
        raise Unreachable(f"The witness's answer is of no use. {error}") from error


def _add(address: str, old: int, signed: SignedCheckpoint) -> tuple[int, str]:
    try:
        path = consistency(old, signed.pk).path if 0 < old < signed.pk else ()
    except NoProof as error:
        raise Unreachable(f"The witness has seen {old} entries. {error}") from error
    lines = "".join(f"{base64.b64encode(each).decode()}\n" for each in path)
    body = f"old {old}\n{lines}\n{signed.note}".encode()
    return send("POST", f"{address.rstrip('/')}/add-checkpoint", body, {"content-type": "text/plain; charset=utf-8"})
