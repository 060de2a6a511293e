"""A font whose letters are all the same box, so that a page is laid out alike on every machine."""

from base64 import b64encode
from functools import cache
from io import BytesIO

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

EM, WIDE, TALL = 1000, 520, 520
LETTERS = [*range(0x21, 0x250), *range(0x2010, 0x2060), *range(0x20A0, 0x20C0), *range(0x2100, 0x2300)]
SPACES = [0x20, 0xA0, 0x2009, 0x202F]


@cache
def stylesheet() -> str:
    """CSS that sets everything in boxes, and lets nothing move or blink."""
    return (
        f"@font-face {{ font-family: Boxes; src: url(data:font/ttf;base64,{b64encode(_font()).decode()}) }}"
        "* { font-family: Boxes !important; caret-color: transparent !important;"
        " animation: none !important; transition: none !important }"
    )


def _font() -> bytes:
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder([".notdef", "box", "gap"])
    builder.setupCharacterMap({**dict.fromkeys(LETTERS, "box"), **dict.fromkeys(SPACES, "gap")})
    builder.setupGlyf({".notdef": _box(), "box": _box(), "gap": TTGlyphPen(None).glyph()})
    builder.setupHorizontalMetrics(dict.fromkeys((".notdef", "box", "gap"), (WIDE, 0)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200, sxHeight=TALL)
    builder.setupNameTable({"familyName": "Boxes", "styleName": "Regular"})
    builder.setupPost()
    file = BytesIO()
    builder.save(file)
    return file.getvalue()


def _box() -> object:
    pen = TTGlyphPen(None)
    left, right = 40, WIDE - 40
    pen.moveTo((left, 0))
    for point in ((left, TALL), (right, TALL), (right, 0)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()
