"""A passphrase for the command line: out of a file, or typed. Never an argument, which every process could read."""

from getpass import getpass
from pathlib import Path

from django.core.management.base import CommandError

from apps.portability.travel_key import SHORTEST


def read_passphrase(path: Path | None) -> str:
    """Raises CommandError when it is too short."""
    passphrase = path.read_text(encoding="utf-8").rstrip("\r\n") if path else getpass("Passphrase: ")
    if len(passphrase) < SHORTEST:
        raise CommandError(f"A passphrase has at least {SHORTEST} characters.")
    return passphrase
