"""Start the product, or stop it:

python -m embedded            start everything, send in the demo's cases, keep serving
python -m embedded --once     the same, but end after the summary; the exit code says whether all is well
python -m embedded --stop     stop what runs
python -m embedded --remove   stop what runs and remove the data
"""

import argparse
import os
import sys

from rich.console import Console

from embedded.checks import check_folder
from embedded.errors import Problem
from embedded.product import port_number, product_plan, var_folder
from embedded.removal import remove_data, stop_run
from embedded.supervisor import Supervisor


def main() -> int:
    parser = argparse.ArgumentParser(prog="make run", description="Start the product on this machine.")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--once", action="store_true", help="end after the summary; 0 when all is well")
    what.add_argument("--stop", action="store_true", help="stop what runs")
    what.add_argument("--remove", action="store_true", help="stop what runs and remove its data")
    chosen = parser.parse_args()
    console = Console()
    try:
        var = var_folder(os.environ)
        if chosen.stop or chosen.remove:
            stop_run(var)
            if chosen.remove:
                remove_data(var)
            return 0
        port = port_number(os.environ)
        check_folder(var)
        return Supervisor(product_plan(os.environ, var, port), var, port, console).run(once=chosen.once)
    except Problem as problem:
        console.print(str(problem), style="bold red", markup=False, highlight=False, soft_wrap=True)
        return 1


if __name__ == "__main__":
    sys.exit(main())
