"""What a system of record may be asked: its operations, as a `System` row holds them."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, RootModel, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
EXECUTIONS = "executions"  # the look-up by idempotency key that a system with that guarantee offers


class Operation(BaseModel):
    """`look_up` reads, `effect` changes something. `compensation` names the operation that takes it back, `asked_by`
    the look-up that tells from our reference whether it was done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["look_up", "effect"]
    compensation: Slug | Literal[""] = ""
    asked_by: Slug | Literal[""] = ""


class Operations(RootModel[dict[Slug, Operation]]):
    def effect(self, name: str) -> Operation | None:
        return self._of_kind(name, "effect")

    def look_up(self, name: str) -> Operation | None:
        return self._of_kind(name, "look_up")

    def _of_kind(self, name: str, kind: str) -> Operation | None:
        operation = self.root.get(name)
        return operation if operation and operation.kind == kind else None
