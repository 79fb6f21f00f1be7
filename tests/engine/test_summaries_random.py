"""Whatever happens to the server and its clock, no day is told twice."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core import summary_dues
from tests.engine.house import house
from tests.fakes import FakeClock

PLAN = summary_dues.plan("02:30", "02:30", "mon", "Europe/Berlin", ())
#: clocks change within the days that follow: forward, back, and not at all
BEGINS = ("2026-03-26", "2026-10-22", "2026-11-20")


def happen(draw: random.Random, clock: FakeClock) -> None:
    """Something that takes time, or that does something to it."""
    match draw.randrange(6):
        case 0:
            clock.step(-timedelta(minutes=draw.randrange(1, 300)))
        case 1:
            clock.step(timedelta(minutes=draw.randrange(1, 300)))
        case 2:
            clock.suspend(timedelta(hours=draw.randrange(1, 40)))
        case _:
            clock.stall(timedelta(minutes=draw.randrange(1, 700)))


def told(path: Path) -> list[tuple[str, str]]:
    """Which days and weeks have been told, in order, by their notifications."""
    with closing(sqlite3.connect(path / "cronitor.db")) as db:
        return db.execute(
            """SELECT snapshot ->> '$.report.period.kind',
                   snapshot ->> '$.report.period.label'
               FROM notifications WHERE kind = 'summary' ORDER BY id"""
        ).fetchall()


def written(path: Path) -> list[tuple[str, str]]:
    """Which have a row."""
    with closing(sqlite3.connect(path / "cronitor.db")) as db:
        return db.execute("SELECT kind, label FROM summaries ORDER BY id").fetchall()


@pytest.mark.parametrize("begin", BEGINS)
@pytest.mark.parametrize("seed", range(4))
async def test_every_report_is_told_once(tmp_path: Path, begin: str, seed: int) -> None:
    draw = random.Random(f"{begin} {seed}")
    clock = FakeClock(datetime.fromisoformat(begin).replace(tzinfo=UTC))
    delivered: list[str] = []
    for life in range(6):
        async with house(
            tmp_path, clock=clock, summaries=PLAN, clean=draw.random() < 0.5
        ) as town:
            if life == 0:
                await town.add("backup", every="30d")
            for _ in range(draw.randrange(1, 8)):
                happen(draw, clock)
                await town.settle()
            delivered += [
                str(each.snapshot["text"])
                for each in town.log.taken
                if each.kind == "summary"
            ]
        happen(draw, clock)
    found = told(tmp_path)
    assert found
    assert found == written(tmp_path)
    assert len(set(found)) == len(found)
    assert len(delivered) == len(found)
    days = [label for kind, label in found if kind == "day"]
    assert days == sorted(days)
