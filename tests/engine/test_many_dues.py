"""More dues have passed than anybody would read: all are run, named, or counted."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core import dispatch
from bot.core.kinds import NotificationKind
from tests.engine.house import ANN
from tests.engine.works import Works, reopened
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock

AWAY = timedelta(days=2, seconds=5)
#: from 03:01 on the first day to 03:00 on the third
DUES = 2 * 24 * 60


async def rows(here: Works, sql: str) -> list[tuple[Any, ...]]:
    """What stands in the tables."""
    return [tuple(row) for row in await here.home.db.read(lambda q: q.fetch_all(sql))]


async def told(here: Works) -> dict[str, int]:
    """How many slots the message of the blind time counts, by what became of them."""
    (blind,) = await here.home.blind_times()
    return {str(each["outcome"]): each["count"] for each in blind["slots"]}


@pytest.mark.parametrize(
    ("catch_up", "run"), [("all", 100), ("latest", 1), ("none", 1)]
)
async def test_very_many_dues_are_run_or_named(
    tmp_path: Path, catch_up: str, run: int
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(cron="* * * * *", catch_up=catch_up)
    clock.advance(AWAY)
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        kept = await rows(
            here,
            "SELECT ending, count(*) FROM executions GROUP BY ending ORDER BY ending",
        )
        assert kept == [(None, run), ("skipped", DUES - run)]
        (first,) = await rows(
            here, "SELECT min(due_at) FROM executions WHERE ending IS NULL"
        )
        newest = clock.now() - timedelta(seconds=5) - (run - 1) * timedelta(minutes=1)
        assert first == (int(newest.timestamp()) * 1_000_000,)
        # the one that is on time is not in doubt, and its slot is open until it ends
        slots = await told(here)
        assert sum(slots.values()) == DUES - 1
        assert await here.home.incidents() == []
        (said,) = [o for o in here.home.log.taken if o.kind is NotificationKind.BLIND]
        assert said.sounds
        assert f"nightly {slots['skipped']} times" in str(said.snapshot["text"])


async def test_what_is_too_much_to_be_named_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "SKIPPED_AT_MOST", 500)
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(cron="* * * * *")
        await here.add("paused", cron="* * * * *")
        await here.home.engine.jobs.pause("paused", ANN)
    clock.advance(AWAY)
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        assert await told(here) == {"skipped": DUES - 1}
        said = "reason LIKE 'a newer due stands for it; and 499 more, until %'"
        ((standing,),) = await rows(
            here, f"SELECT count(*) FROM executions WHERE {said}"
        )
        ((singly,),) = await rows(here, "SELECT count(*) FROM executions")
        assert standing > 0
        assert singly + standing * 499 == DUES
