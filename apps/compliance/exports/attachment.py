"""Puts a large file into a finished PDF as its attachment, without holding it in memory.

The compiler attaches a small stand-in under the right name. What it wrote stays as it is; an incremental update (ISO
32000-1, 7.5.6) behind it gives the stand-in's object its real content, which PDF/A-3 allows.
"""

import re
import zlib
from pathlib import Path

STANDIN = re.compile(rb"(\d+) 0 obj\s*<<[^>]*/Type\s*/EmbeddedFile(?:[^>]*/Subtype\s*(/[^\s/<>]+))?")
TRAILER = re.compile(rb"trailer\s*<<(.*?)/Size (\d+)(.*)>>\s*startxref\s*(\d+)\s*%%EOF\s*$", re.DOTALL)
CHUNK = 1 << 20


class NoStandIn(ValueError):
    """The PDF has no single attachment, or does not end in a plain trailer."""


def attach(pdf: Path, content: Path, modified: str) -> None:
    """Give the PDF's only attachment the content of the file. `modified` is a PDF date. Raises NoStandIn."""
    exact = pdf.read_bytes()
    found, trailer = STANDIN.findall(exact), TRAILER.search(exact)
    if len(found) != 1 or trailer is None:
        raise NoStandIn("The PDF holds no single attachment whose content could be replaced.")
    number, kind = int(found[0][0]), found[0][1].decode()
    size = int(trailer[2])
    with pdf.open("ab") as out:
        out.write(b"\n")
        at = out.tell()
        params = f"/Params<</Size {content.stat().st_size}/ModDate({modified})>>"
        subtype = f"/Subtype{kind}" if kind else ""
        out.write(f"{number} 0 obj\n<</Type/EmbeddedFile{subtype}{params}/Filter/FlateDecode".encode())
        out.write(f"/Length {size} 0 R>>\nstream\n".encode())
        begin = out.tell()
        packer = zlib.compressobj(6)
        with content.open("rb") as file:
            while chunk := file.read(CHUNK):
                out.write(packer.compress(chunk))
        out.write(packer.flush())
        length = out.tell() - begin
        out.write(b"\nendstream\nendobj\n")
        length_at = out.tell()
        out.write(f"{size} 0 obj\n{length}\nendobj\n".encode())
        xref = out.tell()
        out.write(f"xref\n{number} 1\n{at:010} 00000 n\r\n{size} 1\n{length_at:010} 00000 n\r\n".encode())
        out.write(b"trailer\n<<%s/Size %d/Prev %s%s>>\n" % (trailer[1], size + 1, trailer[4], trailer[3]))
        out.write(f"startxref\n{xref}\n%%EOF\n".encode())
