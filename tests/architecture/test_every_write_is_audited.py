"""Whoever changes data writes an audit entry in the same function, or is listed here with the reason why not."""

from pathlib import Path

import pytest

from tests.architecture.writes import Product

ROOT = Path(__file__).parents[2]
ALLOWED: dict[str, str] = {}


@pytest.fixture(scope="module")
def product() -> Product:
    return Product.under(ROOT)


def test_every_write_is_audited(product: Product) -> None:
    unaudited = product.unaudited(ALLOWED)
    assert not unaudited, "\n".join(f"{name}: {how}" for name, how in sorted(unaudited.items()))
