"""A database of every past schema, with rows in it, upgrades to what a fresh one is."""

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources.abc import Traversable
from pathlib import Path

import pytest

from storage import migrate
from storage.database import MIGRATIONS
from tests.databases import schema

NOW = datetime(2025, 3, 1, 12, 30, tzinfo=UTC)

VERSIONS = range(len(migrate.load(MIGRATIONS)) + 1)

Schema = list[tuple[str, str, str]]


def open_raw(path: Path) -> "closing[sqlite3.Connection]":
    return closing(sqlite3.connect(path, isolation_level=None))


def build(path: Path, folder: Traversable, version: int) -> None:
    """A database as it was when `version` was the newest."""
    migrate.migrate(path, migrate.load(folder)[:version], NOW)


def schema_of(path: Path) -> Schema:
    """Everything that the database is made of, without the layout of its text."""
    with open_raw(path) as connection:
        entries = connection.execute("SELECT type, name, sql FROM sqlite_schema")
        return sorted(
            (kind, name, re.sub(r"\s+", " ", sql or "")) for kind, name, sql in entries
        )


def tables(connection: sqlite3.Connection) -> dict[str, str]:
    """Our tables and their SQL."""
    return dict(
        connection.execute(
            "SELECT name, sql FROM sqlite_schema "
            "WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    )


def sample(column: str, kind: str, sql: str) -> object:
    """A value that the column takes; every reference is to row 1."""
    if allowed := re.search(rf"CHECK \({column} IN \('(\w+)'", sql):
        return allowed[1]
    return {"INTEGER": 1, "REAL": 1.5, "BLOB": b"\xff"}.get(kind, "{}")


def fill(path: Path) -> dict[str, int]:
    """One row in each table; how many rows each has then."""
    with open_raw(path) as connection:
        found = tables(connection)
        for table, sql in found.items():
            columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
            values = [sample(column[1], column[2], sql) for column in columns]
            marks = ", ".join("?" * len(values))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", values)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    return rows(path)


def rows(path: Path) -> dict[str, int]:
    with open_raw(path) as connection:
        return {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in tables(connection)
        }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_past_schema_upgrades_to_what_a_fresh_one_is(
    tmp_path: Path, version: int
) -> None:
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    build(fresh, MIGRATIONS, VERSIONS[-1])
    build(old, MIGRATIONS, version)
    fill(old)
    build(old, MIGRATIONS, VERSIONS[-1])
    assert schema_of(old) == schema_of(fresh)
    with open_raw(old) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        version_now = connection.execute("PRAGMA user_version").fetchone()
    assert version_now == (VERSIONS[-1],)


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_an_upgrade_keeps_the_rows_of_the_tables_that_stay(
    tmp_path: Path, version: int
) -> None:
    old = tmp_path / "old.db"
    build(old, MIGRATIONS, version)
    before = fill(old)
    build(old, MIGRATIONS, VERSIONS[-1])
    after = rows(old)
    assert {table: count for table, count in before.items() if table in after} == {
        table: count for table, count in after.items() if table in before
    }


@pytest.mark.parametrize("version", VERSIONS)
def test_every_table_is_strict(tmp_path: Path, version: int) -> None:
    path = tmp_path / "fresh.db"
    build(path, MIGRATIONS, version)
    with open_raw(path) as connection:
        listed = connection.execute("PRAGMA table_list").fetchall()
    loose = [row[1] for row in listed if not row[5] and not row[1].startswith("sqlite")]
    assert loose == []


STEPS = (
    "CREATE TABLE a (id INTEGER PRIMARY KEY, s TEXT CHECK (s IN ('x', 'y'))) STRICT;",
    "ALTER TABLE a ADD COLUMN text TEXT NOT NULL DEFAULT '';",
    "CREATE TABLE b (a INTEGER NOT NULL REFERENCES a (id)) STRICT;"
    "CREATE INDEX b_a ON b (a);"
    "INSERT INTO b SELECT id FROM a;",
)


@pytest.mark.parametrize("version", range(4))
def test_the_comparison_holds_for_several_steps(tmp_path: Path, version: int) -> None:
    folder = schema(tmp_path / "m", *STEPS)
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    build(fresh, folder, 3)
    build(old, folder, version)
    before = fill(old)
    build(old, folder, 3)
    assert schema_of(old) == schema_of(fresh)
    assert rows(old).get("a") == before.get("a", 0)


def test_the_comparison_sees_an_old_schema(tmp_path: Path) -> None:
    folder = schema(tmp_path / "m", *STEPS)
    seen = []
    for version in range(4):
        path = tmp_path / f"{version}.db"
        build(path, folder, version)
        seen.append(schema_of(path))
    assert len({str(found) for found in seen}) == 4
