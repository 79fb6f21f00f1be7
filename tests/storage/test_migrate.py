"""Migrations: forward only, all or nothing, and nobody else's database is touched."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import StorageError
from storage import migrate
from storage.database import Database, Reader
from tests import databases
from tests.databases import schema

NOW = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)

FIRST = "CREATE TABLE a (id INTEGER PRIMARY KEY) STRICT;"
SECOND = """
-- A comment; with a semicolon.
ALTER TABLE a ADD COLUMN text TEXT NOT NULL DEFAULT 'a;b';
CREATE TABLE log (text TEXT) STRICT;
CREATE TRIGGER a_inserted AFTER INSERT ON a
BEGIN
    INSERT INTO log VALUES (new.text);
    INSERT INTO log VALUES ('END;');
END; /* and; another */ INSERT INTO a VALUES (7, 'x');
-- the end
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cronitor.db"


def apply(path: Path, folder: Path) -> None:
    migrate.migrate(path, migrate.load(folder), NOW)


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def refused(path: Path, folder: Path) -> str:
    with pytest.raises(StorageError) as error:
        apply(path, folder)
    return str(error.value)


def copies(path: Path) -> list[str]:
    return sorted(entry.name for entry in path.parent.glob("cronitor.db.before-*"))


def test_each_step_is_applied_once(path: Path, tmp_path: Path) -> None:
    folder = schema(tmp_path / "m", FIRST, SECOND)
    for _ in range(2):
        apply(path, folder)
    assert ask(path, "PRAGMA user_version") == [(2,)]
    assert ask(path, "SELECT id, text FROM a") == [(7, "x")]
    assert ask(path, "SELECT text FROM log") == [("x",), ("END;",)]
    assert copies(path) == []


def test_the_file_says_whose_it_is(path: Path, tmp_path: Path) -> None:
    apply(path, schema(tmp_path / "m", FIRST))
    assert path.read_bytes()[68:72] == b"Cron"


def test_a_copy_is_kept_before_an_upgrade(path: Path, tmp_path: Path) -> None:
    apply(path, schema(tmp_path / "m", FIRST))
    ask(path, "SELECT 1")
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("INSERT INTO a VALUES (1)")
    apply(path, schema(tmp_path / "m", FIRST, SECOND))
    assert copies(path) == ["cronitor.db.before-0002-20250301T123000Z"]
    copy = path.with_name(copies(path)[0])
    assert ask(copy, "PRAGMA user_version") == [(1,)]
    assert ask(copy, "SELECT * FROM a") == [(1,)]
    assert copy.stat().st_mode & 0o777 == 0o600


def test_a_step_that_fails_is_undone_whole_and_the_ones_before_it_stay(
    path: Path, tmp_path: Path
) -> None:
    bad = "CREATE TABLE b (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"
    message = refused(path, schema(tmp_path / "m", FIRST, bad, SECOND))
    assert message == (
        "the upgrade 0002_step.sql failed and was undone: no such table: nowhere"
    )
    assert ask(path, "PRAGMA user_version") == [(1,)]
    assert ask(path, "SELECT name FROM sqlite_schema") == [("a",)]


def test_a_step_without_an_end_fails(path: Path, tmp_path: Path) -> None:
    unfinished = "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a;"
    assert "incomplete" in refused(path, schema(tmp_path / "m", FIRST, unfinished))


def test_a_step_that_ends_its_transaction_fails(path: Path, tmp_path: Path) -> None:
    hasty = "CREATE TABLE b (id INTEGER) STRICT; COMMIT;"
    assert "not authorized" in refused(path, schema(tmp_path / "m", FIRST, hasty))
    assert ask(path, "PRAGMA user_version") == [(1,)]
    assert ask(path, "SELECT name FROM sqlite_schema") == [("a",)]


def test_a_step_that_leaves_a_dangling_reference_fails(
    path: Path, tmp_path: Path
) -> None:
    dangling = """
        CREATE TABLE b (a INTEGER REFERENCES a (id)) STRICT;
        INSERT INTO b VALUES (99);
    """
    assert "references" in refused(path, schema(tmp_path / "m", FIRST, dangling))


def test_a_step_may_rebuild_a_table_that_others_refer_to(
    path: Path, tmp_path: Path
) -> None:
    child = """
        CREATE TABLE b (a INTEGER NOT NULL REFERENCES a (id)) STRICT;
        INSERT INTO a VALUES (1);
        INSERT INTO b VALUES (1);
    """
    rebuild = """
        CREATE TABLE a_new (id INTEGER PRIMARY KEY, extra TEXT) STRICT;
        INSERT INTO a_new (id) SELECT id FROM a;
        DROP TABLE a;
        ALTER TABLE a_new RENAME TO a;
    """
    apply(path, schema(tmp_path / "m", FIRST, child, rebuild))
    assert ask(path, "SELECT b.a, a.extra FROM b JOIN a ON a.id = b.a") == [(1, None)]


def test_a_newer_database_is_refused(path: Path, tmp_path: Path) -> None:
    apply(path, schema(tmp_path / "new", FIRST, SECOND))
    before = path.read_bytes()
    message = refused(path, schema(tmp_path / "old", FIRST))
    assert "schema version 2, and this cronitor knows versions up to 1" in message
    assert "install the newer cronitor again" in message
    assert path.read_bytes() == before


@pytest.mark.parametrize("version", [0, 1, 9])
def test_another_program_s_database_is_refused(
    path: Path, tmp_path: Path, version: int
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE books (title TEXT)")
        connection.execute(f"PRAGMA user_version = {version}")
    before = path.read_bytes()
    assert "belongs to another program" in refused(path, schema(tmp_path / "m", FIRST))
    assert path.read_bytes() == before


def test_an_empty_file_is_a_fresh_database(path: Path, tmp_path: Path) -> None:
    path.touch()
    apply(path, schema(tmp_path / "m", FIRST))
    assert ask(path, "PRAGMA user_version") == [(1,)]


@pytest.mark.parametrize("names", [["0002_b.sql"], ["0001_a.sql", "0001_b.sql"]])
def test_a_gap_or_a_double_number_is_refused(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).write_text("")
    with pytest.raises(StorageError, match="not numbered"):
        migrate.load(tmp_path)


def test_other_files_are_no_migrations(tmp_path: Path) -> None:
    for name in ("0001_a.sql", "README.md", "1_b.sql", "0002_c.sql~", "__init__.py"):
        (tmp_path / name).write_text("")
    assert [step.name for step in migrate.load(tmp_path)] == ["0001_a.sql"]


async def test_opening_upgrades(path: Path, tmp_path: Path) -> None:
    async with databases.opened(path, migrations=schema(tmp_path / "m", FIRST)):
        pass
    folder = schema(tmp_path / "m", FIRST, SECOND)

    async def query(reader: Reader) -> list[str]:
        return [row["text"] for row in await reader.fetch_all("SELECT text FROM a")]

    async with databases.opened(path, migrations=folder) as database:
        assert await database.read(query) == ["x"]
    assert len(copies(path)) == 1


async def test_a_refused_upgrade_lets_go_of_the_lock(
    path: Path, tmp_path: Path
) -> None:
    apply(path, schema(tmp_path / "new", FIRST, SECOND))
    for _ in range(2):
        with pytest.raises(StorageError, match="schema version 2"):
            await Database.open(
                path, clock=SystemClock(), migrations=schema(tmp_path / "old", FIRST)
            )
