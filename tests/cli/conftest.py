"""A real server for the commands, one for all tests of a worker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.server import API_KEY, READONLY_KEY, Cronitor, running


@pytest.fixture(scope="session")
def server_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("d")


@pytest.fixture(scope="session")
def cronitor(server_place: Path) -> Iterator[Cronitor]:
    """Runs commands in this process against a server in another."""
    settings = {
        "CRONITOR_API__KEY": API_KEY,
        "CRONITOR_API__READONLY_KEY": READONLY_KEY,
    }
    with running(server_place, settings) as cronitor:
        yield cronitor


@pytest.fixture
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory whose name leaves room for that of a socket."""
    return tmp_path_factory.mktemp("s")


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has set is not what is tested."""
    for name in [name for name in os.environ if name.startswith("CRONITOR_")]:
        monkeypatch.delenv(name)
