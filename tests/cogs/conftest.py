"""What the tests of the commands share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cogs.desk import Desk, desk


@pytest.fixture(name="at_desk")
async def at_desk_(tmp_path: Path) -> AsyncIterator[Desk]:
    """A bot that is connected to an empty engine."""
    async with desk(tmp_path) as found:
        yield found
