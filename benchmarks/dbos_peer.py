"""The peer: a four-step no-op workflow in DBOS. python -m benchmarks.dbos_peer URL EXECUTOR

Says `ready`; each number on standard input starts that many workflows in the background, and `done` follows.
"""

import sys

from dbos import DBOS, DBOSConfig

WARM_UP = 20


@DBOS.step()
def step() -> None:
    """Nothing: what is measured is what DBOS does around it."""


@DBOS.workflow()
def four_steps() -> None:
    for _ in range(4):
        step()


def run(count: int) -> None:
    handles = [DBOS.start_workflow(four_steps) for _ in range(count)]
    for handle in handles:
        handle.get_result()


def main(url: str, executor: str) -> None:
    DBOS(
        config=DBOSConfig(
            name="bench", system_database_url=url, executor_id=executor, application_version="1", log_level="ERROR",
            run_admin_server=False,
        )
    )  # fmt: skip
    DBOS.launch()
    run(WARM_UP)
    print("ready", flush=True)
    for line in sys.stdin:
        run(int(line))
        print("done", flush=True)
    DBOS.destroy()


if __name__ == "__main__":
    main(*sys.argv[1:])
