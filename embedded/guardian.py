"""Outlives a supervisor that is killed without a chance to clean up, just long enough to stop what it had started.

    python -m embedded.guardian var/run.json

Its standard input is a pipe from the supervisor. The pipe ends when the supervisor does, however it ended.
"""

import sys
from pathlib import Path

from embedded.records import stop_leftovers


def main() -> int:
    sys.stdin.buffer.read()
    stop_leftovers(Path(sys.argv[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
