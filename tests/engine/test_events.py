"""Events that come later, on a real database."""

import asyncio
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot.core.kinds import PingKind
from bot.engine.pings import Answer, Incoming
from bot.errors import Invalid
from tests.engine.house import House, house
from tests.fakes import T0

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVENT = "33333333-3333-4333-8333-333333333333"


async def outcomes(h: House) -> list[str]:
    """What became of the slots, the oldest first."""
    found = [slot["outcome"] for slot in (await h.job("backup"))["slots"]]
    return found[::-1]


async def hourly(h: House, hours: int) -> None:
    """A job that has been quiet for so many dues."""
    await h.add("backup", cron="0 * * * *", grace="5m")
    await h.ping("backup")
    await h.advance(hours=hours, minutes=30)


async def test_a_queue_of_events_repairs_what_was_missed(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 3)
        assert await outcomes(h) == ["missed"] * 3
        for hour in (1, 2, 3):
            sent_at = T0 + hour * HOUR + MINUTE
            received = await h.ping("backup", event_id=str(uuid4()), sent_at=sent_at)
            assert received.answer is Answer.OK
        assert await outcomes(h) == ["ok"] * 3
        job = await h.job("backup")
        assert (job["status"], job["last_ping_at"]) == ("up", "2026-11-23T06:01:00Z")
        assert "kept by its sender" in job["pings"][0]["reason"]
        await h.settle()
        assert h.log.kinds() == ["opened", "(resolved)"]


async def test_two_events_at_once_decide_a_slot_as_one_after_the_other(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 1)
        about = T0 + HOUR + MINUTE
        await asyncio.gather(
            h.ping("backup", event_id=str(uuid4()), sent_at=about + MINUTE),
            h.ping("backup", "fail", event_id=str(uuid4()), sent_at=about),
        )
        assert await outcomes(h) == ["ok"]


async def test_an_event_counts_once_however_often_it_comes(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 1)
        sent_at = T0 + HOUR + MINUTE
        for kind in ("fail", "fail", "success"):
            received = await h.ping("backup", kind, event_id=EVENT, sent_at=sent_at)
            assert received.answer is Answer.OK
        assert "before" in received.reason
        job = await h.job("backup")
        assert job["ping_count"] == 2
        assert await outcomes(h) == ["failed"]
        await h.add("other", every="1h")
        assert (await h.ping("other", event_id=EVENT)).reason == ""


async def test_an_event_without_a_moment_is_about_now(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 1)
        await h.ping("backup", event_id=EVENT)
        assert await outcomes(h) == ["late"]


async def test_a_client_that_is_ahead_is_placed_now(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 1)
        ahead = h.clock.now() + timedelta(seconds=50)
        await h.ping("backup", event_id=EVENT, sent_at=ahead)
        assert (await h.job("backup"))["last_ping_at"] == "2026-11-23T04:30:00Z"


@pytest.mark.parametrize("age", [timedelta(days=8), timedelta(seconds=-61)])
async def test_what_cannot_be_placed_is_refused(tmp_path: Path, age: timedelta) -> None:
    async with house(tmp_path) as h:
        await hourly(h, 1)
        with pytest.raises(Invalid):
            await h.ping("backup", event_id=EVENT, sent_at=h.clock.now() - age)
        assert (await h.job("backup"))["ping_count"] == 1


async def test_a_blind_time_is_told_what_its_slots_were(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        await h.advance(minutes=50)
        h.clock.stall(HOUR / 2)
        await h.settle()
        assert await outcomes(h) == ["unknown"]
        await h.ping("backup", event_id=EVENT, sent_at=T0 + HOUR + MINUTE)
        (found,) = await h.blind_times()
        assert [each["outcome"] for each in found["slots"]] == ["ok"]


async def test_a_job_can_be_made_by_an_event(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        made = Incoming(
            said=PingKind.SUCCESS,
            slug="new",
            create=True,
            event_id=EVENT,
            sent_at=T0 - HOUR,
        )
        received = await h.engine.pings.receive(made)
        assert received.answer is Answer.CREATED
