"""The outward heartbeat: sent while all is well, and true when it is not."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from bot.engine.outward import HeartbeatPlan
from bot.errors import NotifyError
from tests.engine.house import House, house

MINUTE = timedelta(minutes=1)


class FakeBeat:
    """Keeps what was said; `failures` are raised first, one a call."""

    def __init__(self) -> None:
        self.said: list[str | None] = []
        self.failures: list[Exception] = []

    async def send(self, problem: str | None) -> None:
        """Take it, or fail as the test wants."""
        if self.failures:
            raise self.failures.pop(0)
        self.said.append(problem)


@asynccontextmanager
async def watched(
    folder: Path, beat: FakeBeat, every: timedelta = MINUTE
) -> AsyncIterator[House]:
    """An engine whose heartbeat is beaten."""
    async with house(folder, heartbeat=HeartbeatPlan(beat, every)) as home:
        await home.settle()
        yield home


async def test_it_is_sent_at_once_and_every_minute(tmp_path: Path) -> None:
    beat = FakeBeat()
    async with watched(tmp_path, beat) as home:
        assert beat.said == [None]
        await home.advance(seconds=59)
        assert beat.said == [None]
        await home.advance(seconds=1)
        assert beat.said == [None, None]
        (loop,) = [x for x in home.engine.loops if x.name == "outward heartbeat"]
        assert await loop._next_at() == home.clock.now() + MINUTE


async def test_a_stuck_loop_is_told(tmp_path: Path) -> None:
    beat = FakeBeat()
    async with watched(tmp_path, beat) as home:
        home.clock.advance(MINUTE)
        (outward,) = [x for x in home.engine.loops if x.name == "outward heartbeat"]
        (stuck,) = [x for x in home.engine.loops if x.name == "deadlines"]
        stuck.ticked_at = home.clock.monotonic() - 31
        await outward.step()
        assert beat.said == [None, "stuck: deadlines"]


async def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    beat = FakeBeat()
    async with watched(tmp_path, beat) as home:
        await home.db.close()
        home.clock.advance(MINUTE)
        (outward,) = [x for x in home.engine.loops if x.name == "outward heartbeat"]
        await outward.step()
        assert beat.said[1:] == ["cannot be stored now: shutting down; try again"]


async def test_discord_counts_once_it_has_been_away_for_a_while(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    beat = FakeBeat()
    async with watched(tmp_path, beat, timedelta(seconds=20)) as home:
        home.engine.link.lost()
        await home.advance(seconds=20)
        assert beat.said == [None, None]
        await home.advance(seconds=20)
        await home.advance(seconds=20)
        assert beat.said[2:] == ["Discord does not answer"] * 2
        assert caplog.text.count("says that Cronitor is not well: Discord") == 1
        home.engine.link.connected(1)
        await home.advance(seconds=20)
        assert beat.said[-1] is None


async def test_what_nobody_takes_is_told_though_discord_is_connected(
    tmp_path: Path,
) -> None:
    beat = FakeBeat()
    async with watched(tmp_path, beat) as home:
        home.engine.link.connected(1)
        home.log.failures = [NotifyError("answered 500")] * 1000
        await home.add("backup", every="10h")
        await home.ping("backup", "fail")
        await home.settle()
        await home.advance(minutes=9)
        assert set(beat.said) == {None}
        for _ in range(3):
            await home.advance(minutes=1)
        assert beat.said[-1] is not None
        assert beat.said[-1].startswith("notifications wait: 1 for log since")
        home.log.failures = []
        for _ in range(6):
            await home.advance(minutes=1)
        assert beat.said[-1] is None


async def test_its_own_failing_is_a_fault_and_two_lines(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    beat = FakeBeat()
    beat.failures = [NotifyError("answered 500"), NotifyError("answered 500")]
    async with watched(tmp_path, beat) as home:
        expected = {"outward_heartbeat": "it cannot be sent: answered 500"}
        assert home.engine.health.faults() == expected
        await home.advance(seconds=10)
        assert home.engine.health.faults() == expected
        await home.advance(seconds=10)
        assert home.engine.health.faults() == {}
        assert beat.said == [None]
    said = [r.__dict__.get("action") for r in caplog.records]
    assert [x for x in said if x and x.startswith("outward")] == [
        "outward_heartbeat_failed",
        "outward_heartbeat_back",
    ]


async def test_nobody_who_answers_is_a_sign_of_the_network(tmp_path: Path) -> None:
    beat = FakeBeat()
    lost = NotifyError("cannot be reached (ClientConnectorError)", unsure=True)
    beat.failures = [lost, NotifyError("answered 404")]
    async with watched(tmp_path, beat) as home:
        assert [*home.engine.health.faults()] == ["network", "outward_heartbeat"]
        await home.advance(seconds=10)
        assert [*home.engine.health.faults()] == ["outward_heartbeat"]
        beat.failures = [lost]
        await home.advance(seconds=10)
        await home.advance(seconds=10)
        assert home.engine.health.faults() == {}


async def test_nothing_comes_out_of_it_whatever_happens(tmp_path: Path) -> None:
    beat = FakeBeat()
    beat.failures = [RuntimeError("a fault of ours")]
    async with watched(tmp_path, beat) as home:
        faults = home.engine.health.faults()
        assert faults == {"outward_heartbeat": "it cannot be sent: RuntimeError"}
        await home.advance(seconds=10)
        assert beat.said == [None]
