"""Servers for the tests of the web room."""

from collections.abc import AsyncIterator

import pytest

from tests.web import doubles
from tests.web.doubles import RecordingPings
from tests.web.wires import Site, serving


@pytest.fixture
async def pings() -> RecordingPings:
    """What pings are handed to."""
    return RecordingPings()


@pytest.fixture
async def site(pings: RecordingPings) -> AsyncIterator[Site]:
    """A server whose pings are recorded."""
    async with serving(doubles.services(pings)) as running:
        yield running
