"""A thread on each card keeps the story; nothing twice, and no card waits for it."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import threads
from bot.core.kinds import IncidentId
from bot.engine.threads import REFUSED_FOR
from tests.engine.house import ANN, House, house
from tests.fake_places import ALERTS, FakePlace
from tests.fakes import FakeClock

ONE = IncidentId(1)


def discord(*, threads: bool = True) -> FakePlace:
    """A place with threads."""
    return FakePlace(FakeClock(), threads=threads)


def told(place: FakePlace) -> list[str]:
    """What the threads say, in order."""
    return [message.text for message in place.of("story")]


async def broken(h: House, slug: str = "backup") -> None:
    await h.add(slug, every="10h")
    await h.ping(slug, "fail")
    await h.settle()


async def test_a_story_from_its_beginning_to_its_end(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        (thread_id,) = place.opened
        assert place.opened[thread_id] == "#1 backup failed"
        assert told(place) == ["opened x1"]
        await h.engine.incidents.acknowledge(ONE, ANN)
        await h.settle()
        await h.engine.incidents.add_note(ONE, ANN, "the disk is full")
        await h.settle()
        assert told(place)[1:] == ["acknowledged x1", "note x1"]
        assert place.closed == []
        await h.ping("backup", "success")
        await h.settle()
        assert told(place)[-1].startswith("resolved")
        assert place.closed == [thread_id]
        assert place.sounds == ["card"], "a story makes no sound"
        assert len(place.cards) == 1


async def test_without_the_setting_there_are_none(tmp_path: Path) -> None:
    place = discord(threads=False)
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        assert place.opened == {}
    place.threads = True
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.settle()
        assert told(place) == ["opened x1"], "open incidents get theirs at the start"


async def test_a_job_that_goes_on_failing_is_told_of_now_and_then(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        for _ in range(5):
            await h.advance(minutes=1)
            await h.ping("backup", "fail")
            await h.settle()
        assert told(place) == ["opened x1"]
        await h.advance(minutes=threads.EVERY / timedelta(minutes=1))
        assert told(place) == ["opened x1", "bad x5"]


async def test_a_thread_is_closed_and_open_again(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        await h.ping("backup", "success")
        await h.settle()
        (thread_id,) = place.closed
        await h.ping("backup", "fail")
        await h.settle()
        assert place.closed == []
        assert [*place.opened] == [thread_id]
        await h.ping("backup", "success")
        await h.settle()
        assert place.closed == [thread_id]


@pytest.mark.parametrize("fault", ["refuse", "lose", "drop"])
@pytest.mark.parametrize("at", range(1, 5))
async def test_nothing_is_told_twice_or_lost(
    tmp_path: Path, fault: str, at: int
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.faults.extend([None] * at)
        place.faults.append(fault)
        await broken(h)
        await h.advance(minutes=2)
        await h.engine.incidents.acknowledge(ONE, ANN)
        await h.settle()
        await h.advance(minutes=5)
        assert told(place) == ["opened x1", "acknowledged x1"]
        assert len(place.opened) == len(place.cards) == 1


async def test_a_lost_answer_is_looked_for_later(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        # the card and its thread are made, the story is told, and the answer is lost
        place.faults.extend([None, None, "lose"])
        await broken(h)
        assert told(place) == ["opened x1"]
    place.clock.advance(timedelta(hours=1))
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await h.settle()
        assert "find" in place.calls
        assert told(place) == ["opened x1"]
        await h.engine.incidents.acknowledge(ONE, ANN)
        await h.settle()
        assert told(place) == ["opened x1", "acknowledged x1"]


async def test_a_card_that_is_posted_anew_has_the_whole_story(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        (first,) = place.opened
        del place.messages[first]
        await h.engine.incidents.acknowledge(ONE, ANN)
        await h.settle()
        _, second = place.opened
        of_second = [m.text for m in place.of("story") if m.channel_id == second]
        assert of_second == ["opened x1 / acknowledged x1"]


async def test_what_the_bot_may_not_do_is_said_once_and_no_card_waits(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        place.forbids_threads = True
        await broken(h)
        await broken(h, "other")
        assert len(place.cards) == 2
        assert place.opened == {}
        said = [each.message for each in caplog.records if "no threads" in each.message]
        assert len(said) == 1
        assert await h.engine.cards["discord"].next_at() is not None
        await h.engine.incidents.acknowledge(ONE, ANN)
        await h.settle()
        assert "acknowledged" in place.cards[0].text
        place.forbids_threads = False
        await h.advance(minutes=REFUSED_FOR / timedelta(minutes=1))
        assert len(place.opened) == 2


async def test_what_somebody_has_deleted_is_not_made_again(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place) as h:
        await broken(h)
        (thread_id,) = place.opened
        place.delete_channel(thread_id)
        await h.engine.incidents.acknowledge(ONE, ANN)
        await h.settle()
        assert [*place.opened] == [thread_id]
        assert "acknowledged" in place.cards[0].text
        assert h.engine.cards["discord"].channels.may_try(ALERTS, place.clock.now())
        await h.ping("backup", "success")
        await h.settle()
        assert place.closed == []
