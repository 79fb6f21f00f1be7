"""The daily backup: one a day, whatever the clock and the server do."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.engine.backups import BackupPlan, Backups, last_due
from bot.engine.context import Context
from tests.engine.house import House, house
from tests.fakes import FakeClock

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-23 02:29", "2026-11-22 02:30"),
        ("2026-11-23 02:30", "2026-11-23 02:30"),
        ("2026-11-23 23:59", "2026-11-23 02:30"),
        # 03:30 is an hour earlier in summer
        ("2026-07-01 01:30", "2026-07-01 01:30"),
        # the hour that is missing, and the one that is repeated
        ("2026-03-29 12:00", "2026-03-29 01:30"),
        ("2026-10-25 01:45", "2026-10-24 01:30"),
        ("2026-10-25 02:30", "2026-10-25 02:30"),
    ],
)
def test_the_last_due(now: str, due: str) -> None:
    assert last_due(at(now), time(3, 30), BERLIN) == at(due)


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path, clock=FakeClock(START)) as home:
        await home.add("backup", every="1h")
        yield home


@pytest.fixture
def plan(tmp_path: Path) -> BackupPlan:
    return BackupPlan(folder=tmp_path / "backups", at=time(3, 30), keep=3, zone=UTC)


def backups(home: House, plan: BackupPlan) -> Backups:
    """What a server that was just started has."""
    context: Context = home.engine.store._context
    return Backups(context, home.engine.health, plan)


def names(plan: BackupPlan) -> list[str]:
    return sorted(path.name for path in plan.folder.iterdir())


async def test_a_missed_one_is_made_at_the_start(home: House, plan: BackupPlan) -> None:
    await backups(home, plan).step()
    assert names(plan) == ["cronitor-20261123T120000Z.db"]
    (path,) = plan.folder.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert plan.folder.stat().st_mode & 0o777 == 0o700
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT slug FROM jobs").fetchall() == [("backup",)]


async def test_there_is_one_a_day_over_restarts_and_small_jumps(
    home: House, plan: BackupPlan
) -> None:
    for minutes in (0, 1, -180, 600, -60, 5):
        home.clock.advance(timedelta(minutes=minutes))
        await backups(home, plan).step()
    assert names(plan) == ["cronitor-20261123T120000Z.db"]
    running = backups(home, plan)
    for _ in range(2 * 24 * 12):
        home.clock.advance(timedelta(minutes=5))
        await running.step()
    assert len(names(plan)) == 3


async def test_the_newest_are_kept(home: House, plan: BackupPlan) -> None:
    running = backups(home, plan)
    for day in range(6):
        home.clock.set(START + timedelta(days=day))
        await running.step()
    assert names(plan) == [f"cronitor-202611{day}T120000Z.db" for day in (26, 27, 28)]


async def test_what_is_not_ours_is_left_alone(home: House, plan: BackupPlan) -> None:
    plan.folder.mkdir()
    others = ["cronitor.db", "cronitor-by-hand.db", "other-20200101T000000Z.db"]
    for name in others:
        (plan.folder / name).touch()
    running = backups(home, plan)
    for day in range(5):
        home.clock.set(START + timedelta(days=day))
        await running.step()
    assert len(names(plan)) == 6
    assert set(others) <= set(names(plan))


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_clock_that_ran_a_year_ahead_stops_nothing(
    home: House, plan: BackupPlan
) -> None:
    running = backups(home, plan)
    home.clock.set(START + timedelta(days=365))
    await running.step()
    home.clock.set(START)
    for day in range(5):
        home.clock.set(START + timedelta(days=day))
        await running.step()
    assert names(plan) == [
        *(f"cronitor-202611{day}T120000Z.db" for day in (25, 26, 27)),
        "cronitor-20271123T120000Z.db",
    ]


async def test_a_failure_is_a_fault_and_is_tried_again_in_an_hour(
    home: House, plan: BackupPlan, caplog: pytest.LogCaptureFixture
) -> None:
    plan.folder.write_text("in its way")
    running = backups(home, plan)
    for _ in range(3):
        await running.step()
        home.clock.advance(timedelta(minutes=29))
    failed = [r for r in caplog.records if r.__dict__.get("action") == "backup_failed"]
    assert len(failed) == 1
    assert "daily backup failed" in home.engine.health.faults()["backup"]
    plan.folder.unlink()
    await running.step()
    assert len(names(plan)) == 1
    assert home.engine.health.faults() == {}


async def test_a_backup_does_not_fill_the_disk(
    home: House, plan: BackupPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home.db.ballast, "size", 10**18)
    await backups(home, plan).step()
    assert "no room" in home.engine.health.faults()["backup"]
    assert names(plan) == []
