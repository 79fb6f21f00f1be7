"""Servers for the tests of the web room."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.house import House, house
from tests.web import api, doubles
from tests.web.api import Api
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


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    """A whole engine on a real database."""
    async with house(tmp_path) as running:
        yield running


@pytest.fixture
async def real_site(home: House) -> AsyncIterator[Site]:
    """A server with the whole engine behind it."""
    async with serving(home.engine) as running:
        yield running


@pytest.fixture
async def tcp(home: House, real_site: Site) -> AsyncIterator[Api]:
    """The API over TCP, with the full key."""
    async with api.over_tcp(home, real_site) as client:
        yield client


@pytest.fixture
async def reader(home: House, real_site: Site) -> AsyncIterator[Api]:
    """The API over TCP, with the key that only reads."""
    async with api.over_tcp(home, real_site, "readonly-key") as client:
        yield client


@pytest.fixture
async def unix(home: House, real_site: Site) -> AsyncIterator[Api]:
    """The API over the Unix socket."""
    async with api.over_unix(home, real_site) as client:
        yield client
