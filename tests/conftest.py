"""What every test stands on: the shared PostgreSQL server, a database per process, and the cast."""

import os
from collections.abc import Iterator

import pytest
from django.test import TransactionTestCase
from pytest_django.plugin import DjangoDbBlocker

from tests import database

pytest_plugins = ["tests.cast"]


def pytest_configure(config: pytest.Config) -> None:
    # What a test starts is the product: it reads the product's own settings, with the variables set for this process.
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    share = database.join()
    config.add_cleanup(lambda: database.leave(share))


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database of our own with the tenants and the cast in it, instead of one migrated from nothing."""
    with django_db_blocker.unblock():
        database.create_own_database()
        # Emptying the tables is not for a tenant's role to do, and would take the cast with it.
        TransactionTestCase._fixture_teardown = lambda _: database.copy_again()  # type: ignore[attr-defined]
        yield
        database.drop_own_database()
