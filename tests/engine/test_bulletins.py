"""A blind time is one message in a place, brought up to date as evidence comes."""

from collections import deque
from datetime import timedelta
from pathlib import Path

import pytest

from storage.queries import Queries
from tests.engine.house import House, house
from tests.fake_places import ALERTS, FALLBACK, FakePlace, Message
from tests.fakes import FakeClock

HOUR = timedelta(hours=1)


def discord() -> FakePlace:
    return FakePlace(FakeClock())


def only(place: FakePlace) -> Message:
    """The one message about the one blind time."""
    (message,) = place.of("blind")
    return message


async def blink(h: House) -> None:
    """Two slots of a job fall into a blind time of more than two hours."""
    await h.add("backup", cron="0 * * * *", grace="5m")
    await h.ping("backup")
    h.clock.stall(2 * HOUR + timedelta(minutes=30))


async def test_it_is_told_once_with_a_sound_and_edited_in_silence(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await blink(h)
        await h.settle()
        assert only(place).text.endswith("unknown: backup 2 times 04:00 to 05:00")
        assert place.sounds == ["blind"]
        await h.ping("backup", "fail")
        await h.settle()
        said = "unknown: backup 04:00; failed: backup 05:00"
        assert only(place).text.endswith(said)
        assert place.sounds == ["blind", "card"]
        edits = only(place).edits
        await h.advance(minutes=5)
        assert only(place).edits == edits
        assert h.log.kinds() == ["blind", "opened"]


async def test_what_turns_unknown_later_makes_a_sound_beside_it(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.add("slow", cron="0 * * * *", grace="30m")
        await h.ping("slow")
        await h.advance(minutes=59)
        h.clock.stall(timedelta(minutes=2))
        await h.settle()
        assert only(place).text.endswith("no slot was in doubt")
        await h.advance(minutes=31)
        assert only(place).text.endswith("unknown: slow 04:00")
        assert place.sounds == ["blind", "blind_unknown"]


async def test_one_that_is_short_and_hides_nothing_is_not_shown(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        h.clock.stall(timedelta(seconds=20))
        await h.advance(minutes=5)
        assert place.messages == {}


@pytest.mark.parametrize("minutes", [0, 1, 30])
@pytest.mark.parametrize("fault", ["refuse", "lose", "drop"])
async def test_a_failed_send_neither_doubles_nor_loses_it(
    tmp_path: Path, fault: str, minutes: int
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque([fault, *(["refuse"] * 3)])
        await blink(h)
        await h.settle()
        await h.advance(minutes=minutes)
        place.faults.clear()
        for _ in range(5):
            await h.advance(minutes=1)
        assert "unknown: backup" in only(place).text
        assert place.sounds == ["blind"]


async def test_a_kill_in_mid_send_neither_doubles_nor_loses_it(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults = deque(["lose", *(["refuse"] * 3)])
        await blink(h)
        await h.settle()
    place.faults.clear()
    h.clock.advance(timedelta(seconds=20))
    async with house(tmp_path, clock=h.clock, place=place) as h:
        for _ in range(5):
            await h.advance(minutes=1)
        assert len(place.of("blind")) == 1
        assert (await waiting(h)) == 0


async def waiting(h: House) -> int:
    """How many messages are not up to date."""

    async def count(q: Queries) -> int:
        row = await q.fetch_one(
            "SELECT count(*) FROM bulletins WHERE try_at IS NOT NULL"
        )
        assert row is not None
        return int(row[0])

    return await h.db.read(count)


async def test_a_deleted_message_is_posted_anew_in_silence(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await blink(h)
        await h.settle()
        place.messages.clear()
        await h.ping("backup")
        await h.settle()
        assert only(place).silent
        assert "proven ok" in only(place).text
        assert only(place).mark.endswith(".1")


async def test_a_deleted_channel_moves_it_to_the_fallback(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await blink(h)
        await h.settle()
        place.delete_channel(ALERTS)
        await h.ping("backup")
        await h.advance(minutes=1)
        assert only(place).channel_id == FALLBACK


async def test_a_channel_that_is_lost_before_it_is_said_loses_no_sound(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.lost[ALERTS] = False
        await blink(h)
        await h.settle()
        assert only(place).channel_id == FALLBACK
        assert not only(place).silent


async def test_a_channel_that_may_not_be_used_keeps_its_message(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await blink(h)
        await h.settle()
        place.lost[ALERTS] = False
        await h.ping("backup")
        await h.settle()
        assert "proven ok" not in only(place).text
        place.lost.clear()
        await h.advance(minutes=6)
        assert "proven ok" in only(place).text


async def test_without_any_channel_it_waits(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.lost.update({ALERTS: False, FALLBACK: False})
        await blink(h)
        await h.settle()
        await h.advance(minutes=2)
        assert place.of("blind") == []
        place.lost.clear()
        await h.engine.cards["discord"].hurry()
        await h.advance(minutes=2)
        assert only(place).silent is False


async def test_one_that_is_told_before_it_ends_is_edited_when_it_does(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        h.clock.step(-HOUR)
        await h.settle()
        await h.advance(seconds=40)
        await h.advance(seconds=1)
        assert "since" in only(place).text
        await h.advance(hours=1)
        await h.advance(seconds=1)
        assert "since" not in only(place).text
