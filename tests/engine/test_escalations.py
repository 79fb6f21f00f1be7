"""Escalations on the whole engine: over a restart, in a storm, and in the views."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import escalation_texts
from bot.core.kinds import MuteScope, NotificationKind
from bot.core.silencers import SoundRules
from storage.queries import Transaction
from tests.engine.house import BOB, House, Json, house
from tests.fakes import FakeClock

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = SoundRules(
    escalations=escalation_texts.rules(["all 10m role:1", "all 30m user:2"], 2, HOUR)
)


async def test_nobody_acknowledges(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(minutes=9)
        (view,) = await h.incidents()
        assert view["escalation"] == {
            "taken": 0,
            "of": 5,
            "next_at": view["next_sound_at"],
            "exhausted": False,
        }
        for _ in range(30):
            await h.advance(minutes=10)
        assert h.log.kinds() == ["opened", *["escalated"] * 5]
        (view,) = await h.incidents()
        assert view["escalation"]["exhausted"]
        await h.engine.incidents.acknowledge(view["id"], BOB)
        (view,) = await h.incidents()
        assert view["escalation"] is None


async def test_a_restart_neither_repeats_nor_forgets(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, sound_rules=RULES) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(minutes=11)
        assert h.log.kinds() == ["opened", "escalated"]
    async with house(tmp_path, clock=clock, sound_rules=RULES) as h:
        await h.settle()
        assert h.log.kinds() == []
        await h.advance(minutes=20)
        assert h.log.kinds() == ["escalated"]


async def test_of_a_storm_one_calls_for_all_and_then_the_next(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        for number in range(6):
            slug = f"job-{number}"
            await h.add(slug, cron="0 * * * *", grace="5m", node="nas")
            await h.ping(slug)
        await h.advance(minutes=66)
        assert h.log.kinds() == ["storm"]
        await h.advance(minutes=12)
        assert h.log.kinds() == ["storm", "escalated"]
        calling = h.log.taken[-1].snapshot["incident"]
        assert isinstance(calling, dict)
        await h.engine.incidents.acknowledge(calling["id"], BOB, timedelta(days=2))
        await h.advance(minutes=3)
        assert h.log.kinds() == ["storm", "escalated", "escalated"]
        other = h.log.taken[-1].snapshot["incident"]
        assert isinstance(other, dict)
        assert other["id"] != calling["id"]


async def test_without_settings_nobody_is_called(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(days=2)
        (view,) = await h.incidents()
        assert view["escalation"] is None
        assert "escalated" not in h.log.kinds()


async def storming(h: House, **first: object) -> None:
    """Six jobs of a node miss at once; the oldest incident is that of job-0."""
    for number in range(6):
        slug, more = f"job-{number}", first if number == 0 else {}
        await h.add(slug, cron="0 * * * *", grace="5m", node="nas", **more)
        await h.ping(slug)
    await h.advance(minutes=66)
    assert h.log.kinds() == ["storm"]


async def mute(h: House) -> None:
    await h.engine.mutes.add(MuteScope.JOB, "job-0", duration=DAY, actor=BOB)


async def mute_tag(h: House) -> None:
    await h.engine.mutes.add(MuteScope.TAG, "known", duration=DAY, actor=BOB)


async def pause(h: House) -> None:
    await h.engine.jobs.pause("job-0", BOB)


async def maintain(h: House) -> None:
    await h.engine.maintenance.add({"job": "job-0", "for": "1d"}, BOB)


async def spoil(h: House) -> None:
    """Somebody has edited the database."""

    async def unit(tx: Transaction) -> None:
        sql = "UPDATE jobs SET definition = '{}', revision = 9 WHERE slug = 'job-0'"
        await tx.execute(sql)

    await h.db.write(unit)


async def inhibit(h: House) -> None:
    """Something above it turns out to have gone wrong at the same moment."""
    await h.engine.jobs.edit("job-0", {"depends_on": ["job-1"]}, BOB)


@pytest.mark.parametrize("silence", [mute, mute_tag, pause, maintain, inhibit, spoil])
async def test_a_storm_calls_people_although_its_oldest_is_silenced(
    tmp_path: Path, silence: Callable[[House], Awaitable[None]]
) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        await storming(h, tags=["known"])
        await silence(h)
        await h.settle()
        await h.advance(minutes=12)
        told = [kind for kind in h.log.kinds() if kind != "job_parked"]
        assert told == ["storm", "escalated"]
        (last,) = [e for e in h.log.taken if e.kind is NotificationKind.ESCALATED]
        calling = last.snapshot["job"]
        assert isinstance(calling, dict)
        assert calling["slug"] == "job-1"


async def test_a_storm_calls_those_of_its_first_that_has_some(tmp_path: Path) -> None:
    lines = ["warning 10m role:1"]
    rules = SoundRules(escalations=escalation_texts.rules(lines, 1, HOUR))
    async with house(tmp_path, sound_rules=rules) as h:
        await storming(h, severity="info")
        await h.advance(minutes=12)
        assert h.log.kinds() == ["storm", "escalated"]


async def test_a_storm_that_is_silenced_as_a_whole_calls_nobody(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        await storming(h)
        await h.engine.mutes.add(MuteScope.NODE, "nas", duration=DAY, actor=BOB)
        await h.advance(minutes=60)
        assert h.log.kinds() == ["storm"]


async def test_whoever_speaks_next_for_a_storm_waits_for_his_time(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, sound_rules=RULES) as h:
        await storming(h)
        await h.advance(minutes=3)
        await mute(h)
        await h.advance(minutes=5)
        assert h.log.kinds() == ["storm"]
        await h.advance(minutes=4)
        assert h.log.kinds() == ["storm", "escalated"]


def spoken(*lines: str, rounds: int = 1) -> SoundRules:
    """Settings with these steps."""
    return SoundRules(escalations=escalation_texts.rules(lines, rounds, HOUR))


@pytest.mark.parametrize(
    ("lines", "first", "patch"),
    [
        (["tag:db 10m role:1"], {}, {"tags": ["db"]}),
        (["critical 10m role:1"], {"severity": "info"}, {"severity": "critical"}),
    ],
)
async def test_a_change_that_brings_steps_reaches_what_is_open(
    tmp_path: Path, lines: list[str], first: Json, patch: Json
) -> None:
    async with house(tmp_path, sound_rules=spoken(*lines)) as h:
        await h.add("backup", every="1d", **first)
        await h.ping("backup", "fail")
        await h.advance(minutes=20)
        await h.jobs.edit("backup", patch, BOB)
        await h.advance(minutes=11)
        assert h.log.kinds() == ["opened", "escalated"]


async def test_a_lower_severity_is_shown_and_ends_the_calls(tmp_path: Path) -> None:
    async with house(tmp_path, sound_rules=spoken("critical 10m role:1")) as h:
        await h.add("backup", every="1d", severity="critical")
        await h.ping("backup", "fail")
        await h.jobs.edit("backup", {"severity": "info"}, BOB)
        await h.advance(hours=1)
        (view,) = await h.incidents()
        assert (view["severity"], view["escalation"]) == ("info", None)
        assert h.log.kinds() == ["opened"]


async def test_other_steps_begin_with_the_first(tmp_path: Path) -> None:
    rules = spoken("all 10m role:1", "tag:db 10m role:3", "tag:db 20m role:4")
    async with house(tmp_path, sound_rules=rules) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(hours=1)
        (view,) = await h.incidents()
        assert view["escalation"]["exhausted"]
        await h.jobs.edit("backup", {"tags": ["db"]}, BOB)
        (view,) = await h.incidents()
        assert (view["escalation"]["taken"], view["escalation"]["of"]) == (0, 2)
        for _ in range(3):
            await h.advance(minutes=10)
        assert h.log.kinds() == ["opened", *["escalated"] * 3]


async def test_steps_that_are_new_after_a_restart_reach_what_is_open(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.settle()
    rules = spoken("all 10m role:1", rounds=2)
    async with house(tmp_path, clock=clock, sound_rules=rules) as h:
        await h.settle()
        await h.advance(minutes=11)
        assert h.log.kinds() == ["escalated"]
    async with house(tmp_path, clock=clock, sound_rules=rules) as h:
        await h.settle()
        assert h.log.kinds() == []


async def test_more_steps_after_a_restart_go_on_where_the_old_ones_ended(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock, sound_rules=spoken("all 10m role:1")) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.advance(minutes=11)
        assert h.log.kinds() == ["opened", "escalated"]
    rules = spoken("all 10m role:1", "all 30m role:2")
    async with house(tmp_path, clock=clock, sound_rules=rules) as h:
        await h.settle()
        assert h.log.kinds() == []
        await h.advance(minutes=21)
        assert h.log.kinds() == ["escalated"]
