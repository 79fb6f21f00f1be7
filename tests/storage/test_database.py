"""Opening, reading, closing: what a database promises beside group commit."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import StorageError, Unavailable
from storage import checks
from storage.checkpoints import WAL_BYTES
from storage.database import Database, Durability, Limits, Reader, Transaction
from tests import databases
from tests.storage.units import INSERT, all_values, insert, stored

#: far longer than any test waits
ENDLESS = """
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
    SELECT count(*) FROM n
"""


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


class NeverPatient(SystemClock):
    """A clock on which each wait is over at once, and counted."""

    def __init__(self) -> None:
        self.waits = 0

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        self.waits += 1


async def refuse_to_open(path: Path, schema: Path) -> str:
    with pytest.raises(StorageError) as refused:
        await Database.open(path, clock=SystemClock(), migrations=schema)
    return str(refused.value)


async def test_a_reader_is_refused_every_write(database: Database) -> None:
    for sql in (
        "INSERT INTO rows (value) VALUES ('a')",
        "DELETE FROM rows",
        "DROP TABLE rows",
        "CREATE TABLE more (id)",
        "PRAGMA user_version = 9",
    ):

        async def query(reader: Reader, sql: str = sql) -> None:
            await reader.fetch_all(sql)

        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await database.read(query)
    assert await stored(database) == []


async def test_a_reader_cannot_talk_itself_into_writing(database: Database) -> None:
    async def query(reader: Reader) -> None:
        await reader.fetch_all("PRAGMA query_only = OFF")
        await reader.fetch_all("INSERT INTO rows (value) VALUES ('a')")

    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        await database.read(query)


async def test_a_look_is_of_one_moment(database: Database) -> None:
    async def query(reader: Reader) -> tuple[list[str], list[str]]:
        before = await all_values(reader)
        await database.write(insert("a"))
        return before, await all_values(reader)

    assert await database.read(query) == ([], [])
    assert await stored(database) == ["a"]


async def test_a_cancelled_look_gives_its_connection_back(
    path: Path, rows_schema: Path
) -> None:
    async def forever(reader: Reader) -> None:
        await reader.fetch_all(ENDLESS)

    async with databases.opened(
        path, migrations=rows_schema, limits=Limits(readers=1)
    ) as database:
        looking = asyncio.create_task(database.read(forever))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        while not looking.done():
            looking.cancel()
            await asyncio.sleep(0)
        assert looking.cancelled()
        await database.write(insert("a"))
        assert await stored(database) == ["a"]


async def test_a_look_that_raises_gives_its_connection_back(
    path: Path, rows_schema: Path
) -> None:
    async def wrong(reader: Reader) -> None:
        await reader.fetch_one("SELECT 1 FROM nowhere")

    async with databases.opened(
        path, migrations=rows_schema, limits=Limits(readers=1)
    ) as database:
        for _ in range(3):
            with pytest.raises(sqlite3.OperationalError, match="no such table"):
                await database.read(wrong)
        assert await stored(database) == []


async def test_more_looks_than_connections_take_turns(database: Database) -> None:
    await database.write(insert("a"))
    assert await asyncio.gather(*(stored(database) for _ in range(20))) == [["a"]] * 20


async def test_a_reader_ends_with_its_look(database: Database) -> None:
    kept: list[Reader] = []

    async def keep(reader: Reader) -> None:
        kept.append(reader)

    await database.read(keep)
    with pytest.raises(RuntimeError, match="over"):
        await kept[0].fetch_all("SELECT 1")


async def test_close_waits_for_looks_and_refuses_those_behind(
    database: Database,
) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def slow(reader: Reader) -> list[str]:
        inside.set()
        await leave.wait()
        return await all_values(reader)

    looking = asyncio.create_task(database.read(slow))
    await inside.wait()
    closing_ = asyncio.create_task(database.close())
    while not closing_.done() and not leave.is_set():
        await asyncio.sleep(0)
        leave.set()
    assert await looking == []
    await closing_
    with pytest.raises(Unavailable):
        await stored(database)


async def test_a_damaged_page_is_unavailable_to_a_reader(
    path: Path, rows_schema: Path
) -> None:
    async with databases.opened(path, migrations=rows_schema) as database:
        await database.write(insert("x" * 10_000))
    async with databases.opened(path, migrations=rows_schema) as database:
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * 4096 * 4)
        with pytest.raises(Unavailable, match="cannot be read now: the database is d"):
            await stored(database)
        with pytest.raises(Unavailable, match="stored now: the database is damaged"):
            await database.write(insert("y"))


@pytest.mark.parametrize(("durability", "level"), [("full", 2), ("normal", 1)])
async def test_the_writer_is_set_up(
    path: Path, rows_schema: Path, durability: Durability, level: int
) -> None:
    async def unit(tx: Transaction) -> dict[str, object]:
        names = "synchronous foreign_keys trusted_schema journal_mode busy_timeout"
        found: dict[str, object] = {}
        for name in (*names.split(), "wal_autocheckpoint"):
            row = await tx.fetch_one(f"PRAGMA {name}")
            found[name] = row and row[0]
        return found

    async with databases.opened(
        path, migrations=rows_schema, durability=durability
    ) as database:
        assert await database.write(unit) == {
            "synchronous": level,
            "foreign_keys": 1,
            "trusted_schema": 0,
            "journal_mode": "wal",
            "busy_timeout": 5_000,
            "wal_autocheckpoint": 0,
        }


async def test_files_are_for_the_owner_alone(database: Database, path: Path) -> None:
    await database.write(insert("a"))
    assert mode(path.parent) == 0o700
    found = {entry.name: mode(entry) for entry in path.parent.iterdir()}
    assert found == {
        "cronitor.db": 0o600,
        "cronitor.db-wal": 0o600,
        "cronitor.db-shm": 0o600,
        "cronitor.db.lock": 0o600,
    }


async def test_an_older_file_is_taken_away_from_the_others(
    path: Path, rows_schema: Path
) -> None:
    path.parent.mkdir(mode=0o755)
    async with databases.opened(path, migrations=rows_schema):
        path.chmod(0o644)
    async with databases.opened(path, migrations=rows_schema):
        assert mode(path) == 0o600
        assert mode(path.parent) == 0o755


async def test_a_clean_stop_leaves_one_file(path: Path, rows_schema: Path) -> None:
    async with databases.opened(path, migrations=rows_schema) as database:
        await database.write(insert("a"))
    names = {entry.name for entry in path.parent.iterdir()}
    assert names == {"cronitor.db", "cronitor.db.lock"}
    async with databases.opened(path, migrations=rows_schema) as database:
        assert await stored(database) == ["a"]


async def test_a_second_opener_is_refused_until_the_first_is_closed(
    path: Path, rows_schema: Path
) -> None:
    async with databases.opened(path, migrations=rows_schema):
        link = path.with_name("link.db")
        link.symlink_to(path)
        for name in (path, link):
            assert "already in use" in await refuse_to_open(name, rows_schema)
    async with databases.opened(path, migrations=rows_schema):
        pass


async def test_what_cannot_be_opened_lets_go_of_the_lock(
    path: Path, rows_schema: Path
) -> None:
    path.parent.mkdir()
    path.write_text("this is no database, but a letter to a friend")
    for _ in range(2):
        assert await refuse_to_open(path, rows_schema) == (
            f"{path} is damaged: it is not an SQLite database; there is no good backup "
            f"in {path.parent}/backups: put one in its place with `cronitor restore "
            "FILE`, or move the database away to begin with nothing"
        )
    assert path.read_text().endswith("friend")


async def test_a_directory_in_place_of_the_file(path: Path, rows_schema: Path) -> None:
    path.mkdir(parents=True)
    assert "Is a directory" in await refuse_to_open(path, rows_schema)


async def test_a_file_in_place_of_the_directory(path: Path, rows_schema: Path) -> None:
    path.parent.write_text("")
    assert "choose another --data-dir" in await refuse_to_open(path, rows_schema)


async def damage_an_index(path: Path, rows_schema: Path) -> None:
    """Take a row out of its table behind the back of the table's index."""
    async with databases.opened(path, migrations=rows_schema) as database:
        await database.write(insert("x" * 300))
    content = path.read_bytes()
    path.write_bytes(content[: 4096 * 2 + 8] + b"\xff" * 64 + content[4096 * 2 + 72 :])


async def test_a_damaged_database_is_refused(path: Path, rows_schema: Path) -> None:
    await damage_an_index(path, rows_schema)
    assert (await refuse_to_open(path, rows_schema)).startswith(f"{path} is damaged: ")


async def test_a_large_database_is_checked_after_an_unclean_stop_only(
    path: Path, rows_schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "_ALWAYS_CHECKED_BYTES", 0)
    await damage_an_index(path, rows_schema)
    async with databases.opened(path, migrations=rows_schema):
        pass
    path.with_name("cronitor.db-wal").write_bytes(b"left over")
    assert "is damaged" in await refuse_to_open(path, rows_schema)


async def test_an_old_sqlite_is_refused(
    path: Path, rows_schema: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    assert "3.37 or newer" in await refuse_to_open(path, rows_schema)


def in_main_file(path: Path) -> int:
    """How many rows the database has without its -wal file."""
    uri = f"{path.as_uri()}?immutable=1"
    with closing(sqlite3.connect(uri, uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM rows").fetchone()
    assert isinstance(count, int)
    return count


async def test_an_idle_writer_checkpoints_once(path: Path, rows_schema: Path) -> None:
    clock = NeverPatient()
    async with databases.opened(path, migrations=rows_schema, clock=clock) as database:
        for value in "ab":
            await database.write(insert(value))
            while in_main_file(path) != "ab".index(value) + 1:
                await asyncio.sleep(0)
        for _ in range(10):
            await stored(database)
        assert clock.waits == 2


async def test_a_long_wal_is_checkpointed_between_commits_and_then_cut(
    path: Path, rows_schema: Path
) -> None:
    async def fill(tx: Transaction) -> None:
        await tx.executemany(INSERT, [(f"{n}" * 500,) for n in range(1_000, 1_250)])
        await tx.execute("DELETE FROM rows")

    wal = path.with_name("cronitor.db-wal")
    sizes = []
    async with databases.opened(path, migrations=rows_schema) as database:
        for _ in range(30):
            await database.write(fill)
            sizes.append(wal.stat().st_size)
    assert max(sizes) < 2 * WAL_BYTES
    assert sizes.count(WAL_BYTES) > 1


async def test_a_close_beside_a_stranger_leaves_nothing_in_the_wal(
    path: Path, rows_schema: Path
) -> None:
    async with databases.opened(path, migrations=rows_schema) as database:
        await database.write(insert("a"))
        stranger = sqlite3.connect(path)
        stranger.execute("SELECT * FROM rows").fetchall()
    with closing(stranger):
        assert path.with_name("cronitor.db-wal").stat().st_size == 0


async def test_a_reader_is_set_up(database: Database) -> None:
    async def query(reader: Reader) -> list[object]:
        found = []
        for name in ("query_only", "trusted_schema", "busy_timeout"):
            row = await reader.fetch_one(f"PRAGMA {name}")
            found.append(row and row[0])
        return found

    assert await database.read(query) == [1, 0, 5_000]


@pytest.mark.parametrize("use", [lambda db: db.close(), lambda db: stored(db)])
async def test_opening_needs_no_running_writer(
    path: Path, rows_schema: Path, use: Callable[[Database], Awaitable[object]]
) -> None:
    database = await Database.open(path, clock=SystemClock(), migrations=rows_schema)
    await use(database)
    await database.close()
