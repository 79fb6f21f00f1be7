"""What was acknowledged is there after a kill -9, whatever was under way."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import databases
from tests.storage.units import insert, stored
from tests.tree import ROOT


def write_until_killed(path: Path, migrations: Path, count: int) -> list[str]:
    """What a child acknowledged that was killed somewhere after `count` of them."""
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.storage.writing_child",
            str(path),
            str(migrations),
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as child:
        assert child.stdout is not None
        acknowledged = [child.stdout.readline() for _ in range(count)]
        child.kill()
        acknowledged += child.stdout.readlines()
    assert child.returncode == -9
    return [line.strip() for line in acknowledged if line.endswith("\n")]


@pytest.mark.parametrize("count", [1, 50, 333])
async def test_a_killed_writer_loses_nothing_that_it_acknowledged(
    path: Path, rows_schema: Path, count: int
) -> None:
    acknowledged: set[str] = set()
    for _ in range(3):
        acknowledged |= set(write_until_killed(path, rows_schema, count))
        async with databases.opened(path, migrations=rows_schema) as database:
            assert acknowledged <= set(await stored(database))
            await database.write(insert(f"after {len(acknowledged)}"))
    assert len(acknowledged) >= 3 * count
