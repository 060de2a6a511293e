"""The shipped provider, in place of the real one."""

from collections.abc import Iterator

import pytest
from django.conf import LazySettings

from apps.inference.fake.server import FakeAnthropic


@pytest.fixture
def provider(settings: LazySettings) -> Iterator[FakeAnthropic]:
    with FakeAnthropic() as fake:
        settings.ANTHROPIC_BASE_URL = fake.url
        settings.ANTHROPIC_API_KEY = "a-key"
        yield fake
