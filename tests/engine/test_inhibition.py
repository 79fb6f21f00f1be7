"""A node or a parent that is down, on the whole engine: one sound, and none is lost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.kinds import IncidentId, MuteScope
from tests.engine.house import ANN, BOB, House, house
from tests.fake_places import FakePlace
from tests.fakes import FakeClock


async def family(h: House, **sign: Any) -> None:
    """A machine with a sign of life every minute and two hourly jobs on it."""
    wanted = {"every": "1m", "grace": "1m", "stands_for_node": "nas", **sign}
    await h.add("nas-alive", **wanted)
    for slug in ("backup", "copy"):
        await h.add(slug, cron="0 * * * *", grace="5m", node="nas")
        await h.ping(slug)
    await h.ping("nas-alive")
    await h.settle()


async def silenced_by(h: House) -> dict[str, str | None]:
    """What silences each incident that is not resolved."""
    found = await h.incidents(status="unresolved")
    return {each["job"]: each["silenced_by"] for each in found}


async def test_misses_on_a_machine_that_is_down_are_silent(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.advance(minutes=70)
        assert h.log.kinds() == ["opened"]
        assert await silenced_by(h) == {
            "nas-alive": None,
            "backup": "inhibited by node nas",
            "copy": "inhibited by node nas",
        }
        await h.ping("nas-alive")
        await h.settle()
        assert h.log.kinds() == ["opened", "(resolved)", "opened", "opened"]
        await h.advance(minutes=1)
        assert len(h.log.kinds()) == 4


async def test_those_below_are_asked_as_soon_as_the_machine_is_back(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.advance(minutes=70)
        (sounds,) = [loop for loop in h.engine.loops if loop.name == "sounds"]
        sounds.alarm.at = None
        sounds.alarm.event.clear()
        await h.ping("nas-alive")
        assert sounds.alarm.at == h.clock.now()
        assert sounds.alarm.event.is_set()


async def test_a_miss_that_maintenance_held_back_is_silent_too(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.engine.maintenance.add({"job": "backup", "for": "100m"}, BOB)
        await h.advance(minutes=70)
        assert await silenced_by(h) == {
            "nas-alive": None,
            "copy": "inhibited by node nas",
        }
        await h.advance(minutes=31)
        assert (await silenced_by(h))["backup"] == "inhibited by node nas"
        assert h.log.kinds() == ["opened"]


async def test_what_ended_too_soon_and_is_missed_then_is_silent(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.advance(minutes=5)
        await h.add("check", cron="0 * * * *", grace="5m", node="nas", min_runtime="9m")
        await h.ping("check", "start")
        await h.ping("check")
        await h.settle()
        assert h.log.kinds() == ["opened", "opened"]
        await h.advance(minutes=65)
        assert (await silenced_by(h))["check"] == "inhibited by node nas"
        assert h.log.kinds() == ["opened", "opened"]


async def test_what_recovers_with_the_machine_never_sounds(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.advance(minutes=70)
        await h.ping("backup")
        await h.ping("copy")
        await h.ping("nas-alive")
        await h.settle()
        assert h.log.kinds().count("opened") == 1


@pytest.mark.parametrize("restarted", [False, True])
async def test_an_acknowledgement_holds_those_below_for_four_hours(
    tmp_path: Path, restarted: bool
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as h:
        await family(h)
        await h.advance(minutes=70)
        await h.engine.incidents.acknowledge(IncidentId(1), ANN, timedelta(hours=20))
        await h.settle()
        found = await h.incidents(job="backup")
        assert found[0]["next_sound_at"] == "2026-11-23T08:10:00Z"
        if not restarted:
            await h.advance(hours=4)
            assert h.log.kinds() == ["opened", "opened", "opened"]
    async with house(tmp_path, clock=clock) as h:
        await h.advance(hours=4 * restarted)
        assert h.log.kinds().count("opened") == 2 * restarted


async def test_a_mute_of_the_machine_lets_those_below_be_heard(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.advance(minutes=70)
        await h.engine.mutes.add(
            MuteScope.JOB, "nas-alive", duration=timedelta(hours=1), actor=BOB
        )
        await h.settle()
        assert h.log.kinds() == ["opened", "opened", "opened"]


async def test_a_machine_that_is_worked_on_is_silent_with_all_on_it(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.engine.maintenance.add({"node": "nas", "for": "3h"}, BOB)
        await h.advance(minutes=170)
        assert h.log.kinds() == []
        assert await h.incidents() == []


async def test_over_several_levels_only_the_first_is_heard(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("router", cron="0 * * * *", grace="5m")
        await h.add("mount", cron="0 * * * *", grace="5m", depends_on=["router"])
        await h.add("dump", cron="0 * * * *", grace="5m", depends_on=["mount"])
        await h.add("copy", cron="0 * * * *", grace="5m", depends_on=["dump"])
        for slug in ("copy", "dump", "mount", "router"):
            await h.ping(slug)
        await h.advance(minutes=70)
        assert h.log.kinds() == ["opened"]
        assert await silenced_by(h) == {
            "router": None,
            "mount": "inhibited by router",
            "dump": "inhibited by router",
            "copy": "inhibited by router",
        }
        await h.ping("router")
        await h.settle()
        assert h.log.kinds() == ["opened", "(resolved)", "opened"]
        assert (await silenced_by(h))["copy"] == "inhibited by mount"


async def test_a_machine_and_its_heartbeat_in_a_circle_are_heard(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        wanted = {"cron": "0 * * * *", "grace": "5m"}
        await h.add("a", node="one", stands_for_node="two", **wanted)
        await h.add("b", node="two", stands_for_node="one", **wanted)
        await h.ping("a")
        await h.ping("b")
        await h.advance(minutes=70)
        assert h.log.kinds() == ["opened", "opened"]
        assert None in (await silenced_by(h)).values()


async def test_the_card_above_shows_those_below(tmp_path: Path) -> None:
    clock = FakeClock()
    place = FakePlace(clock)
    async with house(tmp_path, clock=clock, place=place) as h:
        await family(h)
        await h.advance(minutes=70)
        above = place.cards[0].text
        assert above == "#1 nas-alive missed open x68, above backup, copy"
        assert place.sounds == ["card"]
        await h.ping("copy")
        await h.settle()
        assert place.cards[0].text.endswith("above backup")


async def test_a_job_that_gets_a_parent_is_asked_again(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("mount", cron="55 * * * *", grace="5m")
        await h.add("copy", cron="0 * * * *", grace="5m")
        await h.ping("mount")
        await h.ping("copy")
        await h.advance(minutes=70)
        assert await silenced_by(h) == {"mount": None, "copy": None}
        await h.engine.jobs.edit("copy", {"depends_on": ["mount"]}, ANN)
        await h.settle()
        assert (await silenced_by(h))["copy"] == "inhibited by mount"
        await h.engine.jobs.edit("copy", {"depends_on": []}, ANN)
        await h.settle()
        assert (await silenced_by(h))["copy"] is None
        assert h.log.kinds() == ["opened", "opened", "unsilenced"]


async def test_a_heartbeat_that_is_removed_silences_no_more(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await family(h)
        await h.advance(minutes=70)
        await h.engine.jobs.remove("nas-alive", ANN)
        await h.settle()
        assert h.log.kinds() == ["opened", "(resolved)", "opened", "opened"]


async def test_a_parent_that_is_heard_again_silences_those_below_it(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("extract", every="1h", grace="5m")
        await h.add("load", every="3h", grace="5m", depends_on=["extract"])
        for slug in ("extract", "load"):
            await h.ping(slug)
        await h.advance(minutes=66)
        hour = timedelta(hours=1)
        await h.engine.mutes.add(MuteScope.JOB, "extract", duration=3 * hour, actor=ANN)
        await h.advance(hours=2)
        assert h.log.kinds() == ["opened", "opened"]
        assert (await silenced_by(h))["load"] is None
        await h.advance(hours=1)
        assert h.log.kinds()[2:] == ["unsilenced"]
        assert (await silenced_by(h))["load"] == "inhibited by extract"
        # with the parent silent again, it is heard again
        await h.engine.mutes.add(MuteScope.JOB, "extract", duration=hour, actor=ANN)
        await h.settle()
        assert h.log.kinds()[3:] == ["unsilenced"]
        last = h.log.taken[-1].snapshot["job"]
        assert isinstance(last, dict)
        assert last["slug"] == "load"


@pytest.mark.parametrize("wavering", ["recovering", "flapping"])
async def test_a_parent_that_works_again_silences_nobody(
    tmp_path: Path, wavering: str
) -> None:
    needs = 24 if wavering == "recovering" else 1
    async with house(tmp_path) as h:
        await h.add("dump", cron="0 * * * *", grace="5m", recovery_threshold=needs)
        await h.add("copy", cron="30 * * * *", grace="5m", depends_on=["dump"])
        await h.ping("copy")
        for _ in range(4 if wavering == "flapping" else 1):
            await h.ping("dump")
            await h.ping("dump", "fail")
            await h.settle()
        await h.advance(minutes=60)
        assert (await silenced_by(h))["copy"] == "inhibited by dump"
        heard = h.log.kinds()
        await h.ping("dump")
        await h.settle()
        assert h.log.kinds() == [*heard, "opened"]
        assert await silenced_by(h) == {"dump": None, "copy": None}
        # it was heard, and is not told again whenever the parent goes up and down
        for said in ("fail", "success") * 2:
            await h.ping("dump", said)
            await h.settle()
        assert h.log.kinds() == [*heard, "opened"]


async def test_a_parent_that_fails_again_silences_what_misses_then(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("dump", cron="0 * * * *", grace="5m", recovery_threshold=3)
        await h.add("copy", cron="30 * * * *", grace="5m", depends_on=["dump"])
        await h.ping("copy")
        await h.ping("dump", "fail")
        await h.ping("dump")
        await h.ping("dump", "fail")
        await h.advance(minutes=40)
        assert (await silenced_by(h))["copy"] == "inhibited by dump"
        assert h.log.kinds() == ["opened"]
