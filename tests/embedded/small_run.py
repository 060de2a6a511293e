"""A run of small programs under the real supervisor, described by JSON. The tests start it as a process of its own."""

import json
import sys
from pathlib import Path

from rich.console import Console

from embedded.errors import Problem
from embedded.plan import Plan, Service, Step
from embedded.supervisor import Supervisor


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def main(document: str) -> int:
    wanted = json.loads(document)
    root = Path(wanted["root"])
    plan = Plan(
        root=root,
        environment={},
        servers=(),
        steps=tuple(
            Step(name, f"Step {name}", python(code), inputs=("input.txt",), stamp=root / f"{name}.stamp")
            for name, code in wanted.get("steps", {}).items()
        ),
        services=tuple(Service(name, python(code), grace=5.0) for name, code in wanted.get("services", {}).items()),
        finale=python(wanted["finale"]) if "finale" in wanted else (),
    )
    console = Console(width=200)
    try:
        return Supervisor(plan, root / "var", wanted["port"], console).run(once=wanted.get("once", False))
    except Problem as problem:
        console.print(str(problem), markup=False, soft_wrap=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
