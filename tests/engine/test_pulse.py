"""Signs of life, and clocks that do not agree, on a real database."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.blind_times import BlindTime
from bot.core.kinds import BlindReason
from bot.errors import Unavailable
from storage.database import Limits
from storage.queries import Queries
from tests.engine.house import House, house
from tests.fakes import T0, FakeClock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
Gap = tuple[BlindReason, datetime, datetime | None]


def gaps(h: House) -> list[Gap]:
    """The blind times, the newest first."""
    found: tuple[BlindTime, ...] = h.engine.pulse.look()
    return [(each.reason, each.began_at, each.ended_at) for each in found]


async def test_the_first_start_has_no_blind_time(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        assert gaps(h) == []
        await h.advance(hours=5)
        assert gaps(h) == []


async def test_after_a_clean_stop_it_is_exact(tmp_path: Path) -> None:
    async with house(tmp_path, clean=True) as h:
        await h.advance(seconds=33)
    h.clock.advance(MINUTE)
    async with house(tmp_path, clock=h.clock) as h:
        began = T0 + timedelta(seconds=33)
        assert gaps(h) == [(BlindReason.STOPPED, began, began + MINUTE)]


async def test_after_a_crash_it_begins_with_the_last_sign_of_life(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        for _ in range(33):
            await h.advance(seconds=1)
    h.clock.advance(MINUTE)
    async with house(tmp_path, clock=h.clock) as h:
        (gap,) = gaps(h)
        assert gap[0] is BlindReason.CRASHED
        assert gap[1] == T0 + timedelta(seconds=30)
        assert gap[2] == T0 + timedelta(seconds=33) + MINUTE


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (FakeClock.stall, BlindReason.STALLED),
        (FakeClock.suspend, BlindReason.ASLEEP),
        (FakeClock.step, BlindReason.CLOCK_FORWARD),
    ],
)
async def test_what_happens_while_it_runs_is_noticed_at_the_next_look(
    tmp_path: Path,
    happens: Callable[[FakeClock, timedelta], object],
    reason: BlindReason,
) -> None:
    async with house(tmp_path) as h:
        await h.advance(seconds=1)
        began = h.clock.now()
        happens(h.clock, HOUR)
        assert gaps(h) == [(reason, began, began + HOUR)]
        await h.advance(minutes=10)
        assert len(gaps(h)) == 1
    h.clock.advance(timedelta(seconds=1))
    async with house(tmp_path, clock=h.clock) as h:
        assert (reason, began, began + HOUR) in gaps(h), "it was stored"


async def test_more_of_the_same_soon_after_is_one_blind_time(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        for _ in range(3):
            h.clock.stall(timedelta(seconds=10))
            assert len(gaps(h)) == 1
            await h.advance(seconds=5)
        assert gaps(h) == [(BlindReason.STALLED, T0, T0 + timedelta(seconds=40))]
        await h.advance(minutes=2)
        h.clock.stall(timedelta(seconds=10))
        assert len(gaps(h)) == 2


async def test_a_clock_that_is_set_back_decides_nothing_until_it_has_passed(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("minutely", every="1m", grace="0s")
        await h.ping("minutely")
        await h.advance(seconds=30)
        was = h.clock.now()
        h.clock.step(-HOUR)
        await h.settle()
        assert gaps(h) == [(BlindReason.CLOCK_BACK, was, None)]
        assert "clock" in h.engine.health.faults()
        received = await h.ping("minutely")
        assert received.answer == "ok"
        await h.advance(minutes=59)
        assert (await h.job("minutely"))["slots"] == []
        assert (await h.job("minutely"))["last_ping_at"] >= was.isoformat()[:19]
        await h.advance(minutes=1)
        assert h.engine.health.faults() == {}
        (gap,) = gaps(h)
        assert gap[1] == was
        assert gap[2] is not None
        assert gap[2] - was < timedelta(minutes=6) + timedelta(seconds=1)


async def test_a_start_before_the_last_sign_of_life_waits_for_the_clock(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, clean=True) as h:
        await h.add("hourly", every="1h", grace="0s")
        await h.ping("hourly")
        await h.advance(minutes=30)
        was = h.clock.now()
    h.clock.step(datetime(1970, 1, 1, tzinfo=was.tzinfo) - was)
    async with house(tmp_path, clock=h.clock) as h:
        assert gaps(h) == [(BlindReason.CLOCK_BACK, was, None)]
        assert "clock" in h.engine.health.faults()
        await h.advance(minutes=5)
        assert await h.incidents() == []
        assert h.log.kinds() == ["blind"], "it stays behind for too long"
    async with house(tmp_path, clock=h.clock) as h:
        assert gaps(h) == [(BlindReason.CLOCK_BACK, was, None)], "the same one"
        h.clock.step(was + 9 * HOUR - h.clock.now())
        await h.settle()
        assert gaps(h) == [(BlindReason.CLOCK_BACK, was, was + 9 * HOUR)]
        assert h.engine.health.faults() == {}
        assert await h.incidents() == []
        (slot,) = (await h.job("hourly"))["slots"]
        assert slot["outcome"] == "unknown"


async def test_one_that_was_open_ends_with_the_next_start(tmp_path: Path) -> None:
    async with house(tmp_path, clean=True) as h:
        was = h.clock.now()
        h.clock.step(-HOUR)
        await h.settle()
    h.clock.step(3 * HOUR)
    async with house(tmp_path, clock=h.clock) as h:
        assert gaps(h) == [(BlindReason.CLOCK_BACK, was, was + 2 * HOUR)]


async def test_pings_that_are_refused_make_a_blind_time(tmp_path: Path) -> None:
    async with house(tmp_path, limits=Limits(waiting=0)) as h:
        began = h.clock.now()
        with pytest.raises(Unavailable):
            await h.ping("any", uuid="u")
        h.clock.advance(timedelta(seconds=3))
        with pytest.raises(Unavailable):
            await h.ping("any", uuid="u")
        assert gaps(h) == [(BlindReason.REFUSED, began, None)]
        h.engine.pulse.stored()
        ended = began + timedelta(seconds=3)
        assert gaps(h) == [(BlindReason.REFUSED, began, ended)]


async def test_who_found_no_room_makes_a_blind_time(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        began = h.clock.now()
        h.engine.pings.turned_away()
        assert gaps(h) == [(BlindReason.REFUSED, began, None)]
        h.clock.advance(timedelta(seconds=3))
        await h.add("backup", every="1h")
        await h.ping("backup")
        ended = began + timedelta(seconds=3)
        assert gaps(h) == [(BlindReason.REFUSED, began, ended)]


async def test_what_is_refused_after_the_close_belongs_to_the_stop(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        h.engine.pulse.close()
        h.engine.pulse.refused(h.clock.now())
        assert gaps(h) == []


async def test_a_sign_of_life_is_written_every_ten_seconds(tmp_path: Path) -> None:
    async def rows(q: Queries) -> int:
        row = await q.fetch_one("SELECT at FROM alive")
        assert row is not None
        return int(row[0])

    async with house(tmp_path) as h:
        seen = set()
        for _ in range(40):
            await h.advance(seconds=1)
            seen.add(await h.db.read(rows))
        assert len(seen) == 5
