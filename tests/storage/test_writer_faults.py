"""What the writer does when nothing can be stored: it says so, and goes on."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import Unavailable
from storage.database import Database, Limits, Reader, Transaction
from tests import databases
from tests.storage.units import INSERT, all_values, insert, insert_all, stored

#: what `together` answers when all is well
STORED = ("a", "b!", "c!", "d")


async def together(database: Database) -> Sequence[object]:
    """Two units and two items in one commit."""
    submit = database.batch(insert_all)
    first = asyncio.create_task(database.write(insert("a")))
    await asyncio.sleep(0)
    answers = await asyncio.gather(
        first,
        submit("b"),
        submit("c"),
        database.write(insert("d")),
        return_exceptions=True,
    )
    return tuple(answers)


def reasons(answers: Sequence[object]) -> set[str]:
    assert all(isinstance(answer, Unavailable) for answer in answers)
    return {str(answer) for answer in answers}


async def limit_pages(database: Database, *, more: int) -> None:
    async def unit(tx: Transaction) -> None:
        row = await tx.fetch_one("PRAGMA page_count")
        assert row is not None
        await tx.fetch_all(f"PRAGMA max_page_count = {row[0] + more}")

    await database.write(unit)


async def test_a_full_disk_is_unavailable_to_all_and_then_goes_on(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    await limit_pages(database, more=0)
    answers = await asyncio.gather(
        database.write(insert("a")),
        database.write(insert("x" * 100_000)),
        return_exceptions=True,
    )
    assert reasons(answers) == {"cannot be stored now: the disk is full; try again"}
    with pytest.raises(Unavailable):
        await database.write(insert("y" * 100_000))
    assert await stored(database) == []
    await limit_pages(database, more=1_000)
    assert await together(database) == STORED
    assert [record.__dict__["action"] for record in caplog.records] == [
        "storage_failed",
        "storage_recovered",
    ]


@pytest.fixture
async def impatient(path: Path, rows_schema: Path) -> AsyncIterator[Database]:
    """A database that waits for nobody's lock."""
    async with databases.opened(
        path, migrations=rows_schema, limits=Limits(busy_timeout_ms=1)
    ) as database:
        yield database


@pytest.fixture
def stranger(impatient: Database, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program's connection."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        yield connection


async def test_a_locked_database_is_unavailable_until_it_is_free(
    impatient: Database, stranger: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    assert reasons(await together(impatient)) == {
        "cannot be stored now: another program keeps the database locked; try again"
    }
    assert reasons(await together(impatient))
    stranger.execute("ROLLBACK")
    assert await together(impatient) == STORED
    assert sorted(await stored(impatient)) == ["a", "b", "c", "d"]
    assert [record.levelno for record in caplog.records] == [
        logging.ERROR,
        logging.WARNING,
    ]


async def test_who_has_left_is_not_told_that_it_failed(
    impatient: Database, stranger: sqlite3.Connection
) -> None:
    stranger.execute("BEGIN IMMEDIATE")
    leaving: list[asyncio.Task[None]] = []

    async def leave(tx: Transaction) -> None:
        leaving[0].cancel()
        await tx.execute(INSERT, ("a",))

    leaving.append(asyncio.create_task(impatient.write(leave)))
    staying = asyncio.create_task(impatient.write(insert("b")))
    answers = await asyncio.gather(*leaving, staying, return_exceptions=True)
    assert [type(answer) for answer in answers] == [
        asyncio.CancelledError,
        Unavailable,
    ]
    stranger.execute("ROLLBACK")
    assert await together(impatient) == STORED


async def test_a_commit_that_fails_is_unavailable_to_all(database: Database) -> None:
    async def orphan(tx: Transaction) -> None:
        await tx.execute(
            "CREATE TABLE children (parent INTEGER REFERENCES rows (id) "
            "DEFERRABLE INITIALLY DEFERRED)"
        )
        await tx.execute("INSERT INTO children VALUES (99)")

    answers = await asyncio.gather(
        database.write(insert("a")), database.write(orphan), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {Unavailable}
    assert await stored(database) == []
    assert await together(database) == STORED


async def test_what_sqlite_undid_by_itself_is_unavailable_to_all(
    database: Database,
) -> None:
    async def swallow(tx: Transaction) -> list[str]:
        with pytest.raises(sqlite3.IntegrityError):
            await tx.execute("INSERT OR ROLLBACK INTO rows (value) VALUES ('a')")
        with pytest.raises(sqlite3.OperationalError, match="was rolled back"):
            await tx.execute(INSERT, ("outside of any transaction",))
        with pytest.raises(sqlite3.OperationalError, match="was rolled back"):
            await tx.executemany(INSERT, [("outside",)])
        return []

    answers = await asyncio.gather(
        database.write(insert("a")), database.write(swallow), return_exceptions=True
    )
    assert reasons(answers) == {
        "cannot be stored now: the transaction was rolled back; try again"
    }
    assert await stored(database) == []
    assert await together(database) == STORED


async def test_close_finishes_what_waits(path: Path, rows_schema: Path) -> None:
    async with databases.opened(path, migrations=rows_schema) as database:
        waiting = asyncio.gather(
            *(database.write(insert(str(n))) for n in range(2_500))
        )
        await asyncio.sleep(0)
        await database.close()
        assert len(await waiting) == 2_500
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM rows").fetchone() == (2_500,)


async def test_whoever_closes_second_waits_for_the_first(database: Database) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def look(reader: Reader) -> None:
        inside.set()
        await leave.wait()

    looking = asyncio.create_task(database.read(look))
    await inside.wait()
    closers = [asyncio.create_task(database.close()) for _ in range(2)]
    for _ in range(50):  # enough trips to threads for one that does not wait
        await asyncio.to_thread(int)
    assert not any(closer.done() for closer in closers)
    leave.set()
    await asyncio.gather(looking, *closers)


async def test_after_close_everything_is_unavailable(database: Database) -> None:
    submit = database.batch(insert_all)
    await database.close()
    for late in (database.write(insert("a")), stored(database)):
        with pytest.raises(Unavailable, match="shutting down"):
            await late
    with pytest.raises(Unavailable, match="shutting down"):
        submit("b")
    await database.close()


async def test_close_without_a_running_writer_refuses_what_waits(
    path: Path, rows_schema: Path
) -> None:
    database = await Database.open(path, clock=SystemClock(), migrations=rows_schema)
    waiting = database.batch(insert_all)("a")
    await database.close()
    with pytest.raises(Unavailable, match="shutting down"):
        await waiting
    await database.run()


async def test_a_cancelled_writer_answers_everybody_and_stores_nothing_halfway(
    path: Path, rows_schema: Path
) -> None:
    database = await Database.open(path, clock=SystemClock(), migrations=rows_schema)
    running = asyncio.create_task(database.run())
    stuck = asyncio.Event()

    async def hang(tx: Transaction) -> None:
        await tx.execute(INSERT, ("half",))
        stuck.set()
        await asyncio.Event().wait()

    inside = asyncio.create_task(database.write(hang))
    await stuck.wait()
    behind = asyncio.create_task(database.write(insert("b")))
    await asyncio.sleep(0)
    running.cancel()
    answers = await asyncio.gather(inside, behind, running, return_exceptions=True)
    assert [type(answer) for answer in answers] == [
        Unavailable,
        Unavailable,
        asyncio.CancelledError,
    ]
    with pytest.raises(Unavailable):
        await database.write(insert("c"))
    assert await stored(database) == []
    await database.close()


async def test_a_writer_that_dies_takes_its_task_group_along(
    path: Path, rows_schema: Path
) -> None:
    database = await Database.open(path, clock=SystemClock(), migrations=rows_schema)

    class Death(BaseException):
        pass

    async def die(tx: Transaction) -> None:
        await tx.execute(INSERT, ("half",))
        raise Death

    async def app() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(database.run())
            with pytest.raises(Unavailable):
                await database.write(die)
            await asyncio.Event().wait()

    with pytest.raises(BaseExceptionGroup) as died:
        await app()
    assert died.group_contains(Death)
    assert await database.read(all_values) == []
    await database.close()
