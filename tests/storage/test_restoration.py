"""A damaged database is set aside, and the newest good backup takes its place."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import StorageError
from storage import migrate, replacement, restoration
from storage.database import MIGRATIONS, Database, Queries
from tests import databases
from tests.fakes import T0
from tests.storage import damage
from tests.storage.damage import Spoil

VERSION = len(migrate.load(MIGRATIONS))


async def put(db: Database, value: str) -> None:
    await db.write(
        lambda tx: tx.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES ('test', ?)", (value,)
        )
    )


async def kept(db: Database) -> dict[str, str]:
    async def query(q: Queries) -> dict[str, str]:
        rows = await q.fetch_all("SELECT key, value FROM meta")
        return {row[0]: row[1] for row in rows}

    return await db.read(query)


async def with_backups(path: Path, *stamps: str) -> None:
    """A database, and a backup of each of its earlier states."""
    folder = path.with_name("backups")
    folder.mkdir(parents=True)
    async with databases.opened(path) as db:
        for stamp in stamps:
            await put(db, stamp)
            await db.backup(folder / f"cronitor-{stamp}.db")
        await put(db, "newest")


@pytest.mark.parametrize("spoil", damage.SPOILED)
async def test_the_newest_good_backup_is_restored(path: Path, spoil: Spoil) -> None:
    await with_backups(path, "20261121T033000Z", "20261122T033000Z", "20261123T033000Z")
    damage.garbage_in_the_middle(path.parent / "backups/cronitor-20261123T033000Z.db")
    spoil(path)
    damaged = path.read_bytes()
    async with databases.opened(path) as db:
        found = await kept(db)
        assert found["test"] == "20261122T033000Z"
        told = json.loads(found[restoration.TOLD_KEY])["text"]
    (aside,) = path.parent.glob("cronitor.db.damaged-*Z")
    assert aside.read_bytes() == damaged
    assert aside.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_mode & 0o777 == 0o600
    assert "cronitor-20261122T033000Z.db was restored" in told
    assert "from 2026-11-22T03:30:00Z to 20" in told
    assert told.endswith(f"the damaged file is {aside}")


async def test_no_number_is_given_out_twice(path: Path) -> None:
    await with_backups(path, "20261123T033000Z")
    numbered = "SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'"
    with closing(sqlite3.connect(path)) as db:
        tables = {row[0] for row in db.execute(numbered)}
    assert {"incidents", "storms", "executions", "notifications"} <= tables
    damage.garbage_in_the_middle(path)
    async with databases.opened(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        last = dict(db.execute("SELECT name, seq FROM sqlite_sequence"))
    assert {table for table in tables if last.get(table, 0) < 1_000} == set()


async def test_the_wal_of_a_damaged_database_is_kept_with_it(path: Path) -> None:
    await with_backups(path, "20261123T033000Z")
    damage.garbage_in_the_middle(path)
    path.with_name("cronitor.db-wal").write_bytes(b"what was written last")
    async with databases.opened(path) as db:
        assert (await kept(db))["test"] == "20261123T033000Z"
    asides = sorted(path.parent.glob("cronitor.db.damaged-*-wal"))
    assert [aside.read_bytes() for aside in asides] == [b"what was written last"]


@pytest.mark.parametrize("spoil", damage.SPOILED)
async def test_without_a_backup_it_is_refused_and_kept(
    path: Path, spoil: Spoil
) -> None:
    async with databases.opened(path) as db:
        await put(db, "a")
    spoil(path)
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(StorageError, match=r"damaged: .*`cronitor restore FILE`"):
            await Database.open(path, clock=SystemClock())
    assert path.read_bytes() == before


async def test_a_copy_from_before_an_upgrade_is_better_than_nothing(path: Path) -> None:
    await with_backups(path, "20261101T033000Z")
    async with databases.opened(path) as db:
        await db.backup(path.with_name("cronitor.db.before-0002-20261105T120000Z"))
    damage.half_of_it(path)
    async with databases.opened(path) as db:
        assert (await kept(db))["test"] == "newest"


async def test_numbers_are_not_given_out_again(path: Path) -> None:
    await with_backups(path, "20261123T033000Z")
    damage.half_of_it(path)
    async with databases.opened(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        found = dict(db.execute("SELECT name, seq FROM sqlite_sequence"))
    assert found["incidents"] >= 1_000
    assert found["notifications"] >= 100_000


@pytest.mark.parametrize("strange", ["of another program", "newer"])
async def test_a_backup_that_must_not_be_used_is_passed_over(
    path: Path, strange: str
) -> None:
    await with_backups(path, "20261122T033000Z", "20261123T033000Z")
    with closing(
        sqlite3.connect(path.parent / "backups/cronitor-20261123T033000Z.db")
    ) as db:
        pragma = "user_version" if strange == "newer" else "application_id"
        db.execute(f"PRAGMA {pragma} = 9999")
    damage.half_of_it(path)
    async with databases.opened(path) as db:
        assert (await kept(db))["test"] == "20261122T033000Z"


async def test_an_empty_file_with_a_wal_is_damaged(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    path.with_name("cronitor.db-wal").write_bytes(b"something")
    with pytest.raises(StorageError, match="it is empty"):
        await Database.open(path, clock=SystemClock())


async def test_whoever_comes_next_finishes_a_replacement(path: Path) -> None:
    await with_backups(path, "20261123T033000Z")
    backup = path.parent / "backups/cronitor-20261123T033000Z.db"
    aside = replacement.aside_of(path, "replaced", T0)
    restoration.prepare(backup, path, VERSION)
    replacement._plan_of(path).write_text(json.dumps({"aside": aside.name}))
    async with databases.opened(path) as db:
        assert (await kept(db))["test"] == "20261123T033000Z"
    assert aside.exists()
    assert not replacement._plan_of(path).exists()


def test_two_in_a_second_have_two_names(path: Path) -> None:
    path.parent.mkdir()
    first = replacement.aside_of(path, "damaged", T0)
    first.touch()
    assert replacement.aside_of(path, "damaged", T0).name == f"{first.name}-2"


def test_the_moment_of_a_backup_is_in_its_name(tmp_path: Path) -> None:
    named = tmp_path / "cronitor-20261123T033000Z.db"
    assert restoration.made_at(named) == datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    other = tmp_path / "cronitor-99999999T999999Z.db"
    other.touch()
    assert restoration.made_at(other) > datetime(2026, 1, 1, tzinfo=UTC)
