"""A workflow map as swim lanes: who does what from left to right, and what leads to what.

Sugiyama's layers, the plain way: ways that close a loop are set aside, and each step stands one column after the last
of those before it. Coordinates are of the drawing's own box, y downwards.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from textwrap import wrap

from apps.engagements.workflow_map.map_content import MapContent, Step

BOX, HIGH = 176, 60  # of a step
ACROSS, DOWN = 228, 76  # from one step to the next, and from one row of a lane to the next
LEFT, PAD, ARC = 120, 26, 22  # where the first column begins, the air in a lane, how high a way passes boxes
LETTERS = 25  # that a line of a step holds


@dataclass(frozen=True)
class Box:
    step: Step
    x: int
    y: int
    lines: Sequence[str]  # of its title, two at most
    under: str  # its figures, in words


@dataclass(frozen=True)
class Way:
    """`path` is the d of an SVG path; a way back runs below its boxes."""

    path: str
    label: str
    x: float
    y: float
    back: bool


@dataclass(frozen=True)
class LaneBand:
    lines: Sequence[str]
    y: int
    height: int


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    lanes: Sequence[LaneBand]
    boxes: Sequence[Box]
    ways: Sequence[Way]


def draw(content: MapContent) -> Drawing:
    """Needs one step at least."""
    columns = _columns(content)
    actors = list(dict.fromkeys(step.actor for step in content.steps))
    rows, taken = dict[str, int](), defaultdict[tuple[str, int], int](int)
    for step in content.steps:
        place = step.actor, columns[step.title]
        rows[step.title] = taken[place]
        taken[place] += 1
    lanes, top = list[LaneBand](), 0
    tops = dict[str, int]()
    for actor in actors:
        deep = max(number for (who, _), number in taken.items() if who == actor)
        height = deep * DOWN + 2 * PAD - (DOWN - HIGH)
        lanes.append(LaneBand(wrap(actor, 15)[:3], top, height))
        tops[actor], top = top, top + height
    boxes = {
        step.title: Box(
            step,
            LEFT + PAD + columns[step.title] * ACROSS,
            tops[step.actor] + PAD + rows[step.title] * DOWN,
            _two_lines(step.title),
            _figures(step),
        )
        for step in content.steps
    }
    ways = [
        _way(boxes[flow.begin], boxes[flow.end], _label(flow.share, flow.label), boxes.values())
        for flow in content.flows
    ]
    width = LEFT + PAD + (max(columns.values()) + 1) * ACROSS - (ACROSS - BOX) + PAD
    return Drawing(width, top, lanes, list(boxes.values()), ways)


def _columns(content: MapContent) -> dict[str, int]:
    """The longest way to each step, loops left out."""
    follows = defaultdict[str, list[str]](list)
    for flow in content.flows:
        follows[flow.begin].append(flow.end)
    ahead, done, open_ = defaultdict[str, list[str]](list), list[str](), set[str]()

    def visit(title: str) -> None:
        open_.add(title)
        for after in follows[title]:
            if after in open_:
                continue  # it closes a loop
            ahead[title].append(after)
            if after not in done:
                visit(after)
        open_.remove(title)
        done.append(title)

    for step in content.steps:
        if step.title not in done:
            visit(step.title)
    columns = dict.fromkeys((step.title for step in content.steps), 0)
    for title in reversed(done):
        for after in ahead[title]:
            columns[after] = max(columns[after], columns[title] + 1)
    return columns


def _way(begin: Box, end: Box, label: str, boxes: Collection[Box]) -> Way:
    """Forward to the right; above the boxes where some stand between; back below them."""
    if end.x <= begin.x:
        x, to_x = begin.x + BOX // 2 + 16, end.x + BOX // 2 - 16
        y, to_y = begin.y + HIGH, end.y + HIGH
        low = max(y, to_y) + 14
        return Way(f"M{x},{y} C{x},{low} {to_x},{low} {to_x},{to_y + 2}", label, (x + to_x) / 2, low - 4, back=True)
    between = [box for box in boxes if begin.x < box.x < end.x]
    if begin.y == end.y and any(box.y == begin.y for box in between):
        x, to_x, high = begin.x + BOX - 20, end.x + 20, begin.y - ARC
        path = f"M{x},{begin.y} C{x},{high} {to_x},{high} {to_x},{end.y - 2}"
        return Way(path, label, (x + to_x) / 2, begin.y - 0.75 * ARC - 3, back=False)
    x, y, to_x, to_y = begin.x + BOX, begin.y + HIGH // 2, end.x, end.y + HIGH // 2
    early = any(box.y == begin.y for box in between)  # leave the row before the next box of it
    turn = x + (ACROSS - BOX) / 2 if early else to_x - (ACROSS - BOX) / 2
    path = f"M{x},{y} C{turn},{y} {turn},{to_y} {to_x - 2},{to_y}"
    if begin.y == end.y:
        return Way(path, label, (x + to_x) / 2, y - 6, back=False)
    beside = y + 0.3 * (to_y - y)
    return Way(path, label, x + 30 if early else to_x - (ACROSS - BOX) / 2 + 4, beside, back=False)


def _two_lines(title: str) -> Sequence[str]:
    lines = wrap(title, LETTERS)
    return lines if len(lines) <= 2 else [lines[0], f"{lines[1][: LETTERS - 1]}…"]


def _figures(step: Step) -> str:
    said = []
    if step.minutes:
        said.append(f"{step.minutes:g} min")
    if step.wait:
        said.append(f"waits {step.wait:g} h")
    if step.volume:
        said.append(f"{step.volume:,.0f}/mo")
    return " · ".join(said)


def _label(share: float, label: str) -> str:
    return " ".join(part for part in (f"{share:.0f} %" if share and share < 100 else "", label) if part)
