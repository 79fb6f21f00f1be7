"""A database with one small table, for tests of the machinery."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import Database
from tests import databases


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the database of a test is."""
    return tmp_path / "data" / "cronitor.db"


@pytest.fixture
def rows_schema(tmp_path: Path) -> Path:
    """Migrations that make one table."""
    return databases.schema(tmp_path / "migrations", databases.ROWS)


@pytest.fixture
async def database(path: Path, rows_schema: Path) -> AsyncIterator[Database]:
    """A running database."""
    async with databases.opened(path, migrations=rows_schema) as database:
        yield database
