"""The watchdog on a real database: misses, overruns, and rows that break."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

import storage.states
from bot.core.kinds import JobId
from bot.engine import deadlines
from bot.engine.deadlines import Watchdog
from bot.engine.wakes import Alarm
from storage.queries import Queries, Transaction
from tests.engine.house import ANN, House, house
from tests.fakes import FakeClock


async def test_a_quiet_job_opens_one_incident_dated_at_the_deadline(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="5m")
        await h.ping("backup")
        await h.advance(hours=1, minutes=5)
        assert await h.incidents() == []
        await h.advance(seconds=1)
        (incident,) = await h.incidents()
        assert incident["opened_at"] == "2026-11-23T04:05:00Z"
        assert (incident["kind"], incident["status"]) == ("missed", "open")
        assert h.log.kinds() == ["opened"]
        assert (await h.job("backup"))["status"] == "down"


async def test_the_next_ping_resolves_it(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="5m")
        await h.ping("backup")
        await h.advance(hours=2)
        await h.ping("backup")
        await h.settle()
        (incident,) = await h.incidents()
        assert incident["status"] == "resolved"
        assert incident["resolved_at"] == "2026-11-23T05:00:00Z"
        assert h.log.kinds() == ["opened", "(resolved)"]
        assert (await h.job("backup"))["status"] == "up"


async def test_a_miss_ten_minutes_after_the_resolution_opens_the_same_incident(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="5m", grace="5m")
        await h.ping("backup")
        await h.advance(minutes=11)
        await h.ping("backup")
        await h.advance(minutes=10)
        assert h.log.kinds() == ["opened", "(resolved)"]
        # noticed late, but it was ten minutes
        await h.advance(minutes=2)
        assert len(await h.incidents()) == 1
        assert h.log.kinds() == ["opened", "(resolved)", "reopened"]


async def test_an_overrun_is_noticed_though_nothing_else_happens(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("etl", max_runtime="10m")
        await h.ping("etl", "start")
        await h.advance(minutes=10, seconds=1)
        (incident,) = await h.incidents()
        assert incident["kind"] == "overran"
        assert incident["opened_at"] == "2026-11-23T03:10:00Z"
        await h.ping("etl", "success")
        assert (await h.incidents())[0]["status"] == "resolved"


async def test_a_thousand_jobs_that_miss_together_are_one_storm(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        tables = [
            {"slug": f"job-{n}", "every": "1m", "grace": "0s", "strict_start": True}
            for n in range(1000)
        ]
        await h.jobs.apply(tables, prune=False, actor=ANN)
        await h.advance(minutes=1, seconds=1)
        assert len(await h.incidents(limit=1000)) == 1000
        assert h.log.kinds() == ["storm"]
        (storm,) = await h.reads.storms()
        assert storm["count"] == len(storm["members"]) == 1000
        slugs = {each["job"] for each in storm["members"]}
        assert len(slugs) == 1000


async def test_a_long_silence_is_judged_in_small_steps_to_the_end(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("minutely", cron="* * * * *", grace="0s")
        await h.ping("minutely")
        await h.advance(hours=10)
        (incident,) = await h.incidents()
        assert incident["count"] == 599
        assert h.log.kinds() == ["opened"]


async def test_a_new_job_that_never_reports_is_brought_to_mind_once(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("forgotten", every="1h")
        await h.advance(hours=3, seconds=1)
        await h.advance(hours=30)
        assert await h.incidents() == []
        assert h.log.kinds() == ["(never_seen)"]


async def test_misses_survive_a_restart_and_are_told_once(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="5m")
        await h.ping("backup")
        clock = h.clock
    clock.advance(timedelta(seconds=30))
    async with house(tmp_path, clock=clock) as h:
        await h.advance(hours=2)
        (incident,) = await h.incidents()
        assert incident["opened_at"] == "2026-11-23T04:05:00Z"
        assert h.log.kinds() == ["opened"]
    async with house(tmp_path, clock=clock) as h:
        await h.settle()
        assert h.log.kinds() == []
        assert len(await h.incidents()) == 1


async def test_an_incident_that_opens_after_a_restart_has_a_new_number(
    tmp_path: Path,
) -> None:
    clock = None
    for number in (1, 2, 3):
        async with house(tmp_path, clock=clock) as h:
            clock = h.clock
            await h.add(f"job-{number}", every="1m", grace="0s", strict_start=True)
            await h.advance(hours=1)
            assert len(await h.incidents()) == number


async def test_a_broken_row_is_parked_and_the_others_are_judged(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        for slug in ("good", "broken", "fine"):
            await h.add(slug, every="1m", grace="0s", strict_start=True)
        await _break(h, "broken")
        await h.advance(minutes=1, seconds=1)
        opened = {incident["job"] for incident in await h.incidents()}
        assert opened == {"good", "fine"}
        assert h.log.kinds().count("job_parked") == 1
        await h.advance(minutes=1)
        assert h.log.kinds().count("job_parked") == 1


class SleepyClock(FakeClock):
    """Remembers how long the loop of one event wanted to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.watched: asyncio.Event | None = None
        self.slept: list[float] = []

    async def wait(self, event: asyncio.Event, timeout_s: float) -> None:
        """Wait as usual."""
        if event is self.watched:
            self.slept.append(timeout_s)
        await super().wait(event, timeout_s)

    async def until_asleep(self, times: int) -> float:
        """Wait until it has gone to sleep so often; for how long the last time."""
        while len(self.slept) < times:
            await asyncio.sleep(0)
        return self.slept[-1]


async def test_the_loop_sleeps_until_the_deadline_and_not_past_it(
    tmp_path: Path,
) -> None:
    clock = SleepyClock()
    async with house(tmp_path, clock=clock) as h:
        await h.add("soon", every="1s", grace="0s", strict_start=True)
        clock.advance(timedelta(milliseconds=400))
        loop = next(loop for loop in h.engine.loops if loop.name == "deadlines")
        clock.watched = loop.alarm.event
        running = asyncio.create_task(loop.run())
        assert await clock.until_asleep(1) == pytest.approx(0.6)
        clock.advance(timedelta(seconds=0.6))
        assert await clock.until_asleep(2) == pytest.approx(0.001)
        assert await h.incidents() == []
        clock.advance(timedelta(seconds=0.001))
        assert await clock.until_asleep(3) == pytest.approx(0.999)
        assert len(await h.incidents()) == 1
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def _break(h: House, slug: str) -> None:
    """Store a definition that no rule can work with."""

    async def unit(tx: Transaction) -> int:
        return await tx.execute(
            """UPDATE jobs SET definition = '{"slug": "broken", "every": "soon"}',
                   revision = revision + 1 WHERE slug = :slug""",
            {"slug": slug},
        )

    await h.db.write(unit)


async def test_a_job_that_a_ping_has_seen_to_in_between_is_not_left_alone(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("often", every="1m", grace="0s", strict_start=True)
        h.clock.advance(timedelta(seconds=61))
        looked: list[list[JobId]] = []

        async def overdue(q: Queries, now: datetime, limit: int) -> list[JobId]:
            found = await storage.states.overdue(q, now, limit)
            if not looked:
                await h.ping("often")
            looked.append(found)
            return found

        context = h.engine.store._context
        watchdog = Watchdog(
            context,
            Alarm(),
            overdue=overdue,
            upcoming=storage.states.next_wake,
            rule=deadlines.judge,
        )
        assert await watchdog.step()
        assert looked == [[JobId(1)], []]
        await h.settle()
        assert "job_parked" not in h.log.kinds()
        await h.advance(seconds=61)
        assert await watchdog.step() is False
        assert "opened" in h.log.kinds()
