"""A file that came by browser: stored, looked into, and entered as an import."""

import hashlib
from typing import IO, Any, cast

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from uuid6 import uuid7

from apps.cases.columns import TEXT, match_columns
from apps.cases.importing import enter_import
from apps.cases.imports import ImportRun
from apps.cases.rows import RowFile, Unreadable
from apps.tenants.actors import Actor
from apps.tenants.schemas import current_schema
from apps.workflows.models import Workflow

LIMIT = 250 * 1024 * 1024  # bytes


def receive_file(*, actor: Actor, workflow: Workflow, file: "UploadedFile[Any]", encoding: str = "") -> ImportRun:
    """Keep the file and enter its import, which waits if a column is not understood. Raises Unreadable, NotAdmitted."""
    if (file.size or 0) > LIMIT:
        raise Unreadable(
            f"The file has more than {LIMIT >> 20} MB. Cut it into several, or import it on the command line."
        )
    name = (file.name or "upload").replace("\x00", "")
    rows = RowFile(cast("IO[bytes]", file.file), name, encoding)
    rows.detach()
    columns = match_columns(rows.columns)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    stored = default_storage.save(f"{current_schema()}/imports/{uuid7()}", file)
    try:
        return enter_import(
            actor=actor,
            workflow=workflow,
            file_name=name,
            sha256=digest.hexdigest(),
            size=file.size or 0,
            columns=columns,
            encoding=encoding,
            stored=stored,
            unclear=None in columns.values() or TEXT not in columns.values(),
        )
    except BaseException:
        default_storage.delete(stored)
        raise
