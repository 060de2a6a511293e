"""Foreign keys follow the order of the rooms too: one written as a string escapes the import linter."""

import tomllib
from pathlib import Path

from django.apps import apps
from django.db import models

ROOT = Path(__file__).resolve().parents[2]


def height_of_rooms() -> dict[str, int]:
    """Each room's place in the linter's contract, from the bottom; rooms side by side share theirs."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "rooms")
    return {room.strip(): height for height, layer in enumerate(reversed(layers)) for room in layer.split("|")}


def test_a_room_refers_only_to_itself_and_to_rooms_below_it():
    heights = height_of_rooms()
    upwards = [
        f"{field} -> {field.related_model._meta.label}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey | models.ManyToManyField)
        and model._meta.app_label in heights
        and (target := field.related_model._meta.app_label) in heights
        and target != model._meta.app_label
        and heights[target] >= heights[model._meta.app_label]
    ]
    assert upwards == []


def test_every_room_has_a_place_in_the_order():
    rooms = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}
    assert rooms <= height_of_rooms().keys()
