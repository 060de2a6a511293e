"""A Markdown document as sections: what stands under one heading, in blocks that must not be torn apart needlessly."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from markdown_it import MarkdownIt

BlockKind = Literal["prose", "list", "whole"]

_parser = MarkdownIt("commonmark").enable("table")
_KINDS: dict[str, BlockKind] = {
    "paragraph_open": "prose",
    "blockquote_open": "prose",
    "bullet_list_open": "list",
    "ordered_list_open": "list",
    "table_open": "whole",
    "fence": "whole",
    "code_block": "whole",
}
_LINK = re.compile(r"!?\[([^\[\]]*)\]\((?:[^()]|\([^()]*\))*\)")
_STRONG = re.compile(r"(\*\*|__|\*)(?=\S)([^*\n]+?)(?<=\S)\1")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    kind: BlockKind  # a whole one, such as a table, is never split
    text: str


@dataclass
class Section:
    """`anchor` is unique in its document: a heading that comes again gets -2, -3."""

    anchor: str
    heading: str
    blocks: list[Block] = field(default_factory=list)


def slug_of(heading: str) -> str:
    """Lower case, and a dash for everything that is neither letter nor digit."""
    return re.sub(r"[\W_]+", "-", heading.lower()).strip("-") or "section"


def read_sections(markdown: str, title: str) -> list[Section]:
    """The sections that have text, in order. Text before the first heading belongs to one named for the title."""
    sections = [Section(slug_of(title), title)]
    taken: dict[str, int] = {}
    for heading, block in _walk(markdown):
        if heading is not None:
            anchor = slug_of(heading)
            taken[anchor] = taken.get(anchor, 0) + 1
            sections.append(Section(anchor if taken[anchor] == 1 else f"{anchor}-{taken[anchor]}", heading))
        elif block is not None:
            sections[-1].blocks.append(block)
    if sections[0].blocks and sections[0].anchor in taken:
        sections[0].anchor += "-0"
    return [section for section in sections if section.blocks]


def _walk(markdown: str) -> Iterator[tuple[str | None, Block | None]]:
    lines = markdown.splitlines()
    tokens = _parser.parse(markdown)
    for number, token in enumerate(tokens):
        if token.level or token.map is None:
            continue
        if token.type == "heading_open":
            yield plain(tokens[number + 1].content), None
        elif kind := _KINDS.get(token.type):
            text = "\n".join(lines[slice(*token.map)]).strip()
            yield None, Block(kind, text if token.type in {"fence", "code_block"} else plain(text))
        elif token.type == "html_block" and (text := _COMMENT.sub("", token.content).strip()):
            yield None, Block("prose", text)


def plain(text: str) -> str:
    """Without links, emphasis and comments, so that a quote reads in a letter as it stands."""
    return _STRONG.sub(r"\2", _LINK.sub(r"\1", _COMMENT.sub("", text))).strip()
