#!/usr/bin/env python
import os
import sys


def main() -> None:
    if not {"DATABASE_URL", "SECRET_KEY"} & os.environ.keys():  # nothing says where: on what `make run` uses
        from embedded import command

        sys.exit(command.main(sys.argv[1:]))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if not os.environ.get("DATABASE_URL"):
        from embedded.product import reaching_run  # in production its programs need not be there

        os.environ.update(reaching_run(os.environ))
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
