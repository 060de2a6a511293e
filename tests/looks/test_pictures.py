"""The comparison of pictures tells a part that vanished from an edge that is drawn otherwise."""

from PIL import Image, ImageDraw

from tests.looks.pictures import difference


def page(*, chart: bool = True, shift: int = 0) -> Image.Image:
    picture = Image.new("RGB", (160, 200), "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, 160, 8), fill="#123")
    if chart:
        draw.rectangle((20 + shift, 40, 120 + shift, 90), fill="#58c")
    return picture


def test_the_same_page_is_no_difference() -> None:
    assert difference(page(), page()) == ""


def test_a_part_that_vanished_is_told() -> None:
    assert "differs in 1" in difference(page(), page(chart=False))


def test_a_part_that_moved_is_told() -> None:
    assert "differs" in difference(page(), page(shift=4))


def test_a_longer_page_is_told() -> None:
    assert "eighths" in difference(page(), page().resize((160, 240)))
