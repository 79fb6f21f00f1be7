"""A start looks as deep as its time allows, and says when that was not all."""

import logging
from pathlib import Path

import pytest

from storage import checks
from tests import databases


async def a_database(path: Path) -> None:
    async with databases.opened(path) as db:
        await db.write(
            lambda tx: tx.execute(
                "INSERT INTO meta (key, value) VALUES (?, ?)", ("a", "x" * 300)
            )
        )


def spoil(path: Path, table: str) -> None:
    """The pages of one table."""
    import sqlite3

    with sqlite3.connect(path) as db:
        found = db.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table])
        (page,) = found.fetchone()
    db.close()
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 64)


async def test_a_sound_database_has_no_problem(path: Path) -> None:
    await a_database(path)
    assert checks.problem_of(path, just_made=False) is None


async def test_of_a_large_one_the_small_tables_are_checked(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await a_database(path)
    monkeypatch.setattr(checks, "_ALWAYS_CHECKED_BYTES", 0)
    spoil(path, "pings")
    assert checks.problem_of(path, just_made=False) is None
    assert [r.__dict__["action"] for r in caplog.records] == ["database_checked"]
    spoil(path, "meta")
    assert checks.problem_of(path, just_made=False) is not None


async def test_a_check_that_takes_too_long_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await a_database(path)
    monkeypatch.setattr(checks, "_LONGEST_S", 0.0)
    spoil(path, "pings")
    assert checks.problem_of(path, just_made=False) is None
    assert [r.__dict__["action"] for r in caplog.records] == ["database_checked"]


async def test_a_check_leaves_the_files_as_they_are(path: Path) -> None:
    async with databases.opened(path) as db:
        await db.write(
            lambda tx: tx.execute("INSERT INTO meta (key, value) VALUES ('a', 'b')")
        )
        copies = {
            file.name: file.read_bytes()
            for file in path.parent.iterdir()
            if file.name in ("cronitor.db", "cronitor.db-wal")
        }
    for name, content in copies.items():
        path.with_name(name).write_bytes(content)
    assert len(copies) == 2
    assert checks.problem_of(path, just_made=False) is None
    for name, content in copies.items():
        assert path.with_name(name).read_bytes() == content
