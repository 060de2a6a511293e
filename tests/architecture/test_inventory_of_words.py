"""Every column that could hold a person's words is in the inventory, so that none is forgotten when they are."""

import pytest
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField, VectorField

from apps.compliance.inventory import NOBODY, PLACES, Fate
from tests.architecture.planting import tenant_models

WORDS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.BinaryField,
    models.FileField,
    ArrayField,
    SearchVectorField,
    HalfVectorField,
    VectorField,
)


def columns_of(model: type[models.Model]) -> set[str]:
    """The columns of the model that the inventory names: all of them, where whole rows go."""
    label = model._meta.label
    if any(place.model == label and place.fate is Fate.REMOVED for place in PLACES):
        return {field.name for field in model._meta.concrete_fields}
    named = [place.columns for place in PLACES if place.model == label] + [NOBODY.get(label, "")]
    return {column for columns in named for column in columns.split()}


def could_hold_words(model: type[models.Model]) -> set[str]:
    return {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, WORDS) and not field.choices and not isinstance(field, models.ForeignKey)
    }


@pytest.mark.parametrize("model", tenant_models(), ids=lambda model: model._meta.label)
def test_every_column_for_words_is_in_the_inventory(model: type[models.Model]) -> None:
    missing = could_hold_words(model) - columns_of(model)
    assert not missing, (
        f"{model._meta.label} has columns that apps.compliance.inventory does not name: {', '.join(sorted(missing))}. "
        "Say there whether they may hold a person's words, and what becomes of them when the person is forgotten."
    )


def test_the_inventory_names_only_what_there_is() -> None:
    known = {model._meta.label: {field.name for field in model._meta.concrete_fields} for model in tenant_models()}
    named = {place.model for place in PLACES} | set(NOBODY)
    assert named <= set(known)
    stale = {
        f"{label}.{column}"
        for label in named
        for column in columns_of(next(model for model in tenant_models() if model._meta.label == label))
        if column not in known[label]
    }
    assert not stale
