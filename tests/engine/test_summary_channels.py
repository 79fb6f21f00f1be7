"""In which channel a summary is posted, and what becomes of it if that is lost."""

from datetime import UTC, datetime
from pathlib import Path

from bot.core import summary_dues
from bot.engine.channels import PROBE_EVERY
from tests.engine.house import House, house
from tests.fake_places import ALERTS, FALLBACK, SUMMARIES, FakePlace
from tests.fakes import FakeClock

DAILY = summary_dues.plan("00:30", "never", "mon", "UTC", ())
#: an hour before the day is over
EVENING = datetime(2026, 11, 22, 23, 0, tzinfo=UTC)


def discord(summaries: int | None = SUMMARIES) -> FakePlace:
    """A place with a channel of its own for summaries."""
    place = FakePlace(FakeClock(EVENING))
    place.summaries = summaries
    return place


async def after_the_night(town: House) -> None:
    """A job that is well, and half an hour after midnight."""
    await town.add("backup", every="10h")
    await town.ping("backup")
    await town.advance(minutes=91)


async def test_a_summary_goes_to_its_own_channel_without_a_sound(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place, summaries=DAILY) as town:
        await after_the_night(town)
        (said,) = place.of("summary")
        assert said.channel_id == SUMMARIES
        assert said.silent
        await town.ping("backup", "fail")
        await town.settle()
        assert [card.channel_id for card in place.cards] == [ALERTS]


async def test_without_one_it_goes_where_incidents_are(tmp_path: Path) -> None:
    for summaries in (None, ALERTS):
        place = discord(summaries)
        folder = tmp_path / str(summaries)
        folder.mkdir()
        async with house(
            folder, clock=place.clock, place=place, summaries=DAILY
        ) as town:
            await after_the_night(town)
            (said,) = place.of("summary")
            assert said.channel_id == ALERTS


async def test_its_own_channel_is_enough(tmp_path: Path) -> None:
    place = discord()
    place.channels = ()
    async with house(tmp_path, clock=place.clock, place=place, summaries=DAILY) as town:
        await town.add("broken", every="10h")
        await town.ping("broken", "fail")
        await after_the_night(town)
        (said,) = place.of("summary")
        assert said.channel_id == SUMMARIES
        assert list(place.messages.values()) == [said]
    async with house(tmp_path, clock=town.clock, place=place, summaries=DAILY) as town:
        await town.engine.cards["discord"].use((ALERTS,), SUMMARIES)
        await town.settle()
        assert [card.channel_id for card in place.cards] == [ALERTS]
        await town.engine.cards["discord"].use((), SUMMARIES)
        await town.advance(hours=24)
        assert [each.channel_id for each in place.of("summary")] == [SUMMARIES] * 2
        await town.engine.cards["discord"].use((), None)
        await town.advance(hours=24)
        assert len(place.of("summary")) == 2


async def test_its_own_channel_that_is_lost_is_waited_for(tmp_path: Path) -> None:
    place = discord()
    place.channels = ()
    async with house(tmp_path, clock=place.clock, place=place, summaries=DAILY) as town:
        place.lost[SUMMARIES] = True
        await after_the_night(town)
        (told,) = [e for e in town.log.taken if e.kind == "channel_lost"]
        assert "; reports wait until it can be used" in str(told.snapshot["text"])
        assert not place.messages
        place.lost.clear()
        await town.advance(seconds=2 * PROBE_EVERY.total_seconds())
        assert [each.channel_id for each in place.of("summary")] == [SUMMARIES]


async def test_a_channel_that_is_lost_is_said_once_and_another_takes_over(
    tmp_path: Path,
) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place, summaries=DAILY) as town:
        place.lost[SUMMARIES] = True
        await after_the_night(town)
        await town.advance(seconds=30)
        (said,) = place.of("summary")
        assert said.channel_id == ALERTS
        (told,) = place.of("channel_lost")
        assert told.channel_id == ALERTS
        assert told.text.endswith("; summaries go to the channel of incidents")
        place.lost.clear()
    clock = town.clock
    async with house(tmp_path, clock=clock, place=place, summaries=DAILY) as town:
        await town.advance(hours=24)
        assert [each.channel_id for each in place.of("summary")] == [ALERTS, SUMMARIES]
        assert "channel_back" in " ".join(town.log.kinds())


async def test_it_waits_where_no_channel_can_be_used(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place, summaries=DAILY) as town:
        place.lost |= dict.fromkeys((SUMMARIES, ALERTS, FALLBACK), False)
        await after_the_night(town)
        await town.advance(minutes=5)
        assert place.of("summary") == []
        place.lost.clear()
        await town.advance(seconds=2 * PROBE_EVERY.total_seconds())
        (said,) = place.of("summary")
        assert said.channel_id == SUMMARIES


async def test_a_lost_answer_doubles_nothing(tmp_path: Path) -> None:
    place = discord()
    async with house(tmp_path, clock=place.clock, place=place, summaries=DAILY) as town:
        place.faults.extend(["lose", "lose"])
        await after_the_night(town)
        await town.advance(minutes=10)
        (said,) = place.of("summary")
        assert said.channel_id == SUMMARIES
