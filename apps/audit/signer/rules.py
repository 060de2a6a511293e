"""What the signer signs, and what it refuses: it is the last one to say no to a log whose past was rewritten.

It signs a checkpoint only when it goes on from the last one that it signed for that log, by a proof that it checks
itself; and an export's statement, which names a manifest by its hash. Nothing else.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apps.audit.merkle_proofs import consistent
from apps.audit.notes import BadNote, Note, Tree
from apps.audit.signer.keys import KeyChain

ORIGIN = re.compile(r"[a-z0-9][a-z0-9.:-]{0,120}/t_[a-z0-9]{1,40}")
EXPORT = re.compile(r"thinslice-audit-export/1\n(?P<origin>[^\n]+)\n[0-9a-f]{64}\n")


class Refused(ValueError):
    """The signer does not sign this. The message says why."""


class Signer:
    """Answers one request at a time; a request is a mapping with "do", an answer a mapping."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._does: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "keys": self._keys,
            "checkpoint": self._checkpoint,
            "export": self._export,
            "rotate": self._rotate,
        }

    def answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Refused."""
        does = self._does.get(str(request.get("do")))
        if does is None:
            raise Refused(f"There is nothing to do called {request.get('do')!r}.")
        return does(request)

    def _keys(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Public keys, the present one first, and what was signed last: a client proves growth from there."""
        chain = self._chain(str(request.get("origin")))
        chain.current()
        size, root = chain.last
        return {"keys": [key.encoded for key in chain.public()], "size": size, "root": root.hex()}

    def _checkpoint(self, request: Mapping[str, Any]) -> dict[str, Any]:
        text = str(request.get("text"))
        try:
            tree = Tree.parse(text)
            path = [bytes.fromhex(each) for each in request.get("path") or ()]
        except (BadNote, ValueError, TypeError) as error:
            raise Refused(f"This is no checkpoint with its proof: {error}") from None
        if tree.text != text:
            raise Refused("A checkpoint has three lines and nothing else.")
        chain = self._chain(tree.origin)
        size, root = chain.last
        if size and not consistent(size, root, tree.size, tree.root, path):
            raise Refused(
                f"The checkpoint over {tree.size} entries does not go on from the one over {size} that was signed "
                "last: the log was rewritten or put back, or the proof is missing."
            )
        private = chain.current()
        chain.remember(tree.size, tree.root)
        return {"note": str(Note(text).signed(tree.origin, private))}

    def _export(self, request: Mapping[str, Any]) -> dict[str, Any]:
        text = str(request.get("text"))
        said = EXPORT.fullmatch(text)
        if said is None:
            raise Refused("An export's statement has three lines: its kind, the log's origin, a SHA-256 in hex.")
        chain = self._chain(said["origin"])
        return {"note": str(Note(text).signed(said["origin"], chain.current()))}

    def _rotate(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A new key signs from now on. The old one signs a statement that names it, so trust can follow."""
        origin = str(request.get("origin"))
        chain = self._chain(origin)
        old = chain.current()
        new = chain.rotate()
        text = f"thinslice-audit-key/1\n{origin}\n{chain.public()[0].encoded}\n"
        return {"note": str(Note(text).signed(origin, old).signed(origin, new))}

    def _chain(self, origin: str) -> KeyChain:
        if not ORIGIN.fullmatch(origin):
            raise Refused(f"{origin!r} is not the origin of a log.")
        return KeyChain(self._folder, origin)
