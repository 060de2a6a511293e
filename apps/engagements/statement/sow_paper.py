"""The statement of work as papers: PDF for reading and signing, DOCX for a lawyer's pen. Both say the same clauses."""

import json
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from apps.compliance.exports.report import printable
from apps.engagements.sow_models import SowMove, SowVersion
from apps.engagements.statement.sow import content_of
from apps.engagements.statement.sow_content import Clause, clauses

LAYOUT = Path(__file__).with_name("sow.typ")
TITLE = "Statement of work"
PROPERTY = 255  # characters that a property of a Word file holds
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def standing(version: SowVersion) -> str:
    """In words, for the head of the paper."""
    move = version.moves.first()
    if move is None or move.kind == SowMove.Kind.WITHDRAWN:
        return "Draft"
    return f"{move.get_kind_display()} on {move.at:%d %B %Y}"


def pdf(version: SowVersion) -> bytes:
    """A4, PDF/A-2, with version and fingerprint on each page."""
    import typst  # here: its program of 80 MB is of use to whoever asks for a paper alone

    return typst.compile(
        LAYOUT,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(printed(version))},
        pdf_standards=["a-2b"],
        timestamp=version.created_at.replace(microsecond=0),
    )


def docx(version: SowVersion) -> bytes:
    """Numbered headings and real tables, so that it can be worked on with changes tracked."""
    from docx import Document  # as above

    content, paper = content_of(version), Document()
    paper.core_properties.title, paper.core_properties.author = TITLE, (content.provider.name or "Thinslice")[:PROPERTY]
    paper.core_properties.created = paper.core_properties.modified = _plain(version.created_at)
    paper.sections[0].footer.paragraphs[0].text = _footer(version)
    paper.add_heading(TITLE, 0)
    paper.add_paragraph(f"{content.provider.name or 'Provider'} for {content.client.name or 'Client'}")
    paper.add_paragraph(f"Version {version.number}. {standing(version)}.")
    for clause in clauses(content):
        _clause(paper, clause)
    _signatures(paper, version)
    file = BytesIO()
    paper.save(file)
    return file.getvalue()


def _clause(paper: Any, clause: Clause) -> None:
    paper.add_heading(f"{clause.number}. {clause.title}", 1)
    numbered = [*clause.paragraphs, *clause.items]
    for at, text in enumerate(numbered, start=1):
        paper.add_paragraph(f"{clause.number}.{at}  {text}")
    for table in clause.tables:
        _table(paper, [table.head, *table.rows])
    if not numbered and not clause.tables:
        paper.add_paragraph("(left open)")


def _table(paper: Any, rows: Sequence[Sequence[str]]) -> None:
    table = paper.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, text in zip(cells.cells, row, strict=True):
            cell.text = text
    for cell in table.rows[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True
    paper.add_paragraph()


def _signatures(paper: Any, version: SowVersion) -> None:
    content, move = content_of(version), version.moves.first()
    paper.add_heading("Signatures", 1)
    signed = move.signature if move else None
    if signed:
        paper.add_paragraph(
            f"Signed electronically for the Client by {signed.signer_name} on "
            f"{signed.signed_at:%d %B %Y, %H:%M} UTC: {signed.meaning} SHA-256 of what was signed: {signed.sha256}."
        )
    rows = [("For the Client", "For the Provider"), (content.client.signatory, content.provider.signatory)]
    _table(paper, [*rows, ("Date and signature:", "Date and signature:")])


def printed(version: SowVersion) -> Any:
    """What the layout is given."""
    return printable(_data(version))


def _data(version: SowVersion) -> dict[str, Any]:
    content, move = content_of(version), version.moves.first()
    signed = move.signature if move else None
    return {
        "title": TITLE,
        "client": content.client.name or "Client",
        "provider": content.provider.name or "Provider",
        "signatories": [content.client.signatory, content.provider.signatory],
        "version": version.number,
        "standing": standing(version),
        "footer": _footer(version),
        "clauses": [
            {
                "number": clause.number,
                "title": clause.title,
                "texts": [*clause.paragraphs, *clause.items],
                "tables": [
                    {"head": list(each.head), "rows": [list(row) for row in each.rows]} for each in clause.tables
                ],
            }
            for clause in clauses(content)
        ],
        "signed": [signed.signer_name, f"{signed.signed_at:%d %B %Y, %H:%M} UTC", signed.meaning, signed.sha256]
        if signed
        else [],
    }


def _footer(version: SowVersion) -> str:
    return f"{TITLE}, version {version.number}, SHA-256 {version.sha256[:16]}…"


def _plain(at: datetime) -> datetime:
    """Word's properties know no zones."""
    return at.replace(tzinfo=None)
