"""Where an export is written, and where its zip file waits to be fetched: below MEDIA_ROOT, by tenant."""

import shutil
from pathlib import Path

from django.conf import settings

from apps.audit.bundles import GROWING
from apps.compliance.export_models import Export
from apps.tenants.schemas import current_schema


def folder_of(export: Export) -> Path:
    return Path(settings.MEDIA_ROOT) / current_schema() / "exports" / str(export.pk)


def file_of(export: Export) -> Path:
    return folder_of(export).with_suffix(".zip")


def taken_up(export: Export) -> Path:
    """The folder as the database knows it: what a killed worker wrote beyond is cut off.

    Where files are missing or too short, as on another machine, the export begins anew.
    """
    folder = folder_of(export)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in GROWING:
            path.unlink()
    files = {name: folder / name for name in GROWING}
    whole = all(_length(path) >= export.lengths.get(name, 0) for name, path in files.items())
    if not whole:
        export.position, export.done, export.lengths = 0, 0, {}
    for name, path in files.items():
        with path.open("ab") as file:
            file.truncate(export.lengths.get(name, 0))
    return folder


def lengths(folder: Path) -> dict[str, int]:
    return {name: _length(folder / name) for name in GROWING}


def remove(export: Export) -> None:
    shutil.rmtree(folder_of(export), ignore_errors=True)
    file_of(export).unlink(missing_ok=True)


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
