"""A backup is whole, sound and private, or it is not there."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bot.errors import Invalid, StorageError
from storage import backups
from storage.database import Database, Transaction
from tests import databases
from tests.storage.units import INSERT, insert


def contents(path: Path) -> list[str]:
    """What a backup holds, read as a single file that nothing stands beside."""
    uri = f"{path.as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        rows = connection.execute("SELECT value FROM rows ORDER BY id").fetchall()
    return [value for (value,) in rows]


def leftovers(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the backups go."""
    path = tmp_path / "backups"
    path.mkdir()
    return path


async def fill(tx: Transaction) -> None:
    """More than the copy takes in one step."""
    await tx.executemany(INSERT, [(f"{n:05}" * 800,) for n in range(5_000)])


async def test_a_backup_has_what_is_committed_and_stands_alone(
    database: Database, folder: Path
) -> None:
    await database.write(insert("a"))
    await database.backup(folder / "b.db")
    await database.write(insert("b"))
    assert leftovers(folder) == ["b.db"]
    assert contents(folder / "b.db") == ["a"]
    assert (folder / "b.db").read_bytes()[18:20] == b"\x01\x01"  # no -wal is needed
    assert (folder / "b.db").stat().st_mode & 0o777 == 0o600


async def test_a_backup_can_be_opened_in_place_of_the_database(
    database: Database, folder: Path, rows_schema: Path
) -> None:
    await database.write(insert("a"))
    await database.backup(folder / "b.db")
    async with databases.opened(folder / "b.db", migrations=rows_schema) as restored:
        await restored.write(insert("b"))
    assert contents(folder / "b.db") == ["a", "b"]


async def test_writing_goes_on_during_a_backup_which_shows_one_moment(
    database: Database, folder: Path
) -> None:
    await database.write(fill)
    backup = asyncio.create_task(database.backup(folder / "b.db"))
    written = 0
    while not backup.done():
        await database.write(insert(f"during {written}"))
        written += 1
    await backup
    during = [value for value in contents(folder / "b.db") if "during" in value]
    assert during == [f"during {n}" for n in range(len(during))]
    assert len(during) < written


async def test_commits_do_not_start_a_backup_anew(
    database: Database, path: Path, folder: Path
) -> None:
    await database.write(fill)
    steps = 0

    def write_between_steps() -> bool:
        nonlocal steps
        steps += 1
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(INSERT, (f"step {steps}",))
        return steps > 1_000

    backups.copy(path, folder / "b.db", stopped=write_between_steps)
    assert len(contents(folder / "b.db")) == 5_000
    assert steps > 1


async def test_an_older_backup_is_replaced(database: Database, folder: Path) -> None:
    for value in "ab":
        await database.write(insert(value))
        await database.backup(folder / "b.db")
    assert contents(folder / "b.db") == ["a", "b"]


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", ".lock"])
async def test_the_live_database_is_no_target(
    database: Database, path: Path, folder: Path, suffix: str
) -> None:
    await database.write(insert("a"))
    live = path.with_name(path.name + suffix)
    (folder / "symbolic").symlink_to(live)
    (folder / "hard").hardlink_to(live)
    indirect = path.parent / ".." / path.parent.name / live.name
    for target in (live, indirect, folder / "symbolic", folder / "hard"):
        with pytest.raises(Invalid, match=r"file: .* is the live database itself"):
            await database.backup(target)
    await database.write(insert("b"))


async def test_the_wal_is_no_target_before_it_is_there(
    database: Database, path: Path
) -> None:
    wal = path.with_name("cronitor.db-wal")
    assert not wal.exists()
    with pytest.raises(Invalid, match="live database"):
        await database.backup(wal)


async def test_bad_targets_are_named_with_the_way_out(
    database: Database, folder: Path
) -> None:
    letter = folder / "letter.txt"
    letter.write_text("Dear friend")
    for target, message in {
        folder: f"file: {folder} is a directory (name a file in it)",
        folder / "no" / "b.db": (
            f"file: the directory {folder}/no does not exist (make it first)"
        ),
        letter: f"file: {letter} is there and is no database (choose another name)",
    }.items():
        with pytest.raises(Invalid) as refused:
            await database.backup(target)
        assert str(refused.value) == message
    assert letter.read_text() == "Dear friend"


async def test_a_target_that_cannot_be_written(database: Database) -> None:
    with pytest.raises(Invalid, match=r"file: /proc/b\.db cannot be written: "):
        await database.backup(Path("/proc/b.db"))


async def test_a_backup_that_nobody_waits_for_leaves_nothing(
    database: Database, folder: Path
) -> None:
    await database.write(fill)
    backup = asyncio.create_task(database.backup(folder / "b.db"))
    while not leftovers(folder):
        await asyncio.sleep(0)
    backup.cancel()
    with pytest.raises(asyncio.CancelledError):
        await backup
    assert leftovers(folder) == []


async def test_a_damaged_database_yields_no_backup(
    path: Path, rows_schema: Path, folder: Path
) -> None:
    async with databases.opened(path, migrations=rows_schema) as database:
        await database.write(insert("x" * 300))
    content = bytearray(path.read_bytes())
    content[4096 * 2 + 8 : 4096 * 2 + 72] = b"\xff" * 64
    path.write_bytes(content)
    with pytest.raises(StorageError, match="damaged"):
        backups.copy(path, folder / "b.db", stopped=lambda: False)
    assert leftovers(folder) == []
