"""`cronitor backup` against the real server."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.server import API_KEY, Cronitor


def test_the_copy_is_a_database_with_the_jobs(
    cronitor: Cronitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cronitor.says("job", "add", "copied", "--every", "1d")
    monkeypatch.chdir(tmp_path)
    said = cronitor.says("backup", "copy.db")
    assert said.startswith(f"backed up to {tmp_path / 'copy.db'} (0.")
    db = sqlite3.connect(tmp_path / "copy.db")
    found = db.execute("SELECT count(*) FROM jobs WHERE slug = 'copied'").fetchone()
    db.close()
    assert found == (1,)


def test_a_place_that_is_not_there_is_refused(cronitor: Cronitor) -> None:
    line = cronitor.refuses("backup", "/nowhere/copy.db")
    assert line.startswith("cronitor: FILE: ")
    assert "/nowhere" in line


def test_from_afar_nothing_is_written(cronitor: Cronitor, tmp_path: Path) -> None:
    far = {"CRONITOR_URL": cronitor.url, "CRONITOR_KEY": API_KEY}
    target = tmp_path / "copy.db"
    env = {"CRONITOR_DATA_DIR": str(tmp_path), **far}
    result = cronitor("backup", str(target), **env)
    assert result.exit_code == 1
    assert "Unix socket" in result.stderr
    assert not target.exists()
