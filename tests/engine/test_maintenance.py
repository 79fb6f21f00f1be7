"""Planned work on the whole engine: what is suppressed, judged, and kept."""

from pathlib import Path

import pytest

from bot.core.kinds import ActorKind, WindowId
from bot.core.models import Actor
from bot.errors import Invalid, NotFound
from tests.engine.house import ANN, BOB, House, house
from tests.fake_places import FakePlace
from tests.fakes import FakeClock

FILE = Actor(kind=ActorKind.FILE, name="jobs.toml")
WEEKLY = {"name": "weekly", "tag": "db", "cron": "0 4 * * *", "for": "1h"}


async def plan(h: House, **table: object) -> WindowId:
    """Announce work at everything unless said."""
    scope = {} if {"job", "tag", "node"} & table.keys() else {"all": True}
    view = await h.engine.maintenance.add({**scope, **table}, BOB)
    return WindowId(int(str(view["id"])))


async def outcomes(h: House, slug: str) -> list[str]:
    """What became of its slots, the newest first."""
    return [slot["outcome"] for slot in (await h.job(slug))["slots"]]


async def test_what_falls_due_inside_opens_at_the_end(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        await plan(h, **{"from": "2026-11-23 03:30", "for": "2h"})
        await h.advance(hours=2, minutes=10)
        assert await outcomes(h, "backup") == ["suppressed", "suppressed"]
        job = await h.job("backup")
        assert job["status"] == "up"
        assert job["maintenance_until"] == "2026-11-23T05:30:00Z"
        assert h.log.kinds() == []
        await h.advance(minutes=21)
        (incident,) = await h.incidents()
        assert incident["opened_at"] == "2026-11-23T05:30:00Z"
        assert incident["in_maintenance"]
        assert h.log.kinds() == ["opened"]


async def test_a_run_of_a_due_inside_that_fails_after_the_end(tmp_path: Path) -> None:
    rid = "e0e0e0e0-0000-4000-8000-000000000001"
    async with house(tmp_path) as h:
        await h.add("backup", cron="0 * * * *", grace="5m", max_runtime="50m")
        await h.ping("backup")
        await plan(h, **{"for": "65m"})
        await h.advance(minutes=62)
        await h.ping("backup", "start", rid=rid)
        await h.advance(minutes=20)
        await h.ping("backup", "fail", rid=rid)
        assert await outcomes(h, "backup") == ["suppressed"]
        assert len(await h.incidents()) == 1


async def test_a_restart_inside_forgets_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        await plan(h, **{"for": "90m"})
        await h.advance(minutes=70)
    async with house(tmp_path, clock=clock) as h:
        await h.settle()
        assert h.log.kinds() == []
        await h.advance(minutes=21)
        assert h.log.kinds() == ["opened"]
    async with house(tmp_path, clock=clock) as h:
        await h.advance(minutes=1)
        assert h.log.kinds() == []


async def test_a_window_that_passed_while_cronitor_was_down_counts(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as h:
        await h.add("backup", cron="0 * * * *", grace="5m")
        await h.ping("backup")
        await plan(h, **{"for": "90m"})
    async with house(tmp_path, clock=clock) as h:
        await h.advance(minutes=100)
        assert await outcomes(h, "backup") == ["suppressed"]
        (incident,) = await h.incidents()
        assert incident["opened_at"] == "2026-11-23T04:30:00Z"


async def test_an_incident_that_was_there_sounds_once_after(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d", node="nas")
        await h.ping("backup", "fail")
        await h.settle()
        await plan(h, node="nas", reason="disks", **{"for": "1h"})
        (incident,) = await h.incidents()
        assert incident["silenced_by"] == "in maintenance by bob (cli)"
        assert incident["next_sound_at"] == "2026-11-23T04:00:00Z"
        await h.advance(minutes=59)
        assert h.log.kinds() == ["opened"]
        await h.advance(minutes=1)
        await h.advance(hours=9)
        assert h.log.kinds() == ["opened", "unsilenced"]


async def test_work_that_is_ended_early_is_judged_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("failing", every="1d")
        await h.add("silent", every="1h", grace="5m")
        await h.ping("silent")
        window_id = await plan(h, **{"for": "10h"})
        await h.ping("failing", "fail")
        await h.advance(hours=2)
        assert await h.incidents() == []
        await h.engine.maintenance.remove(window_id, ANN)
        await h.settle()
        (incident,) = await h.incidents()
        assert (incident["job"], incident["opened_at"]) == (
            "failing",
            "2026-11-23T05:00:00Z",
        )
        assert (await h.job("silent"))["due_at"] == "2026-11-23T06:00:00Z"
        with pytest.raises(NotFound, match="maintenance list"):
            await h.engine.maintenance.remove(window_id, ANN)
        notes = [(n["action"], n["actor"]) for n in await h.reads.audit()]
        assert notes[0] == ("maintenance_ended", "ann (cli)")
        assert ("maintenance_added", "bob (cli)") in notes


async def test_windows_are_listed_with_their_next_times(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await plan(
            h,
            tag="db",
            cron="30 4 * * *",
            timezone="Europe/Berlin",
            **{"for": "1h"},
        )
        await plan(h, **{"for": "1h"})
        weekly, once = await h.reads.maintenance()
        assert weekly["schedule"] == "30 4 * * * Europe/Berlin"
        assert len(weekly["next"]) == 5
        assert weekly["next"][0]["from"] == "2026-11-23T03:30:00Z"
        assert weekly["next"][0]["local_from"] == "2026-11-23T04:30:00+01:00"
        assert weekly["running_until"] is None
        assert once["running_until"] == "2026-11-23T04:00:00Z"
        await h.advance(hours=2)
        assert [w["id"] for w in await h.reads.maintenance()] == [1]
        assert [w["id"] for w in await h.reads.maintenance(ended=True)] == [2, 1]


async def test_a_window_follows_its_job_to_another_name(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d")
        await plan(h, job="backup", **{"for": "1h"})
        await h.engine.jobs.edit("backup", {"slug": "copy"}, ANN)
        (window,) = await h.reads.maintenance()
        assert window["target"] == "copy"


async def test_nonsense_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(NotFound):
            await plan(h, job="nobody", **{"for": "1h"})
        with pytest.raises(Invalid, match="for"):
            await plan(h)
        assert await h.reads.maintenance(ended=True) == []


async def test_declared_windows_become_what_the_files_say(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        declare = h.engine.maintenance.declare
        by_hand = await plan(h, tag="db", **{"for": "1h"})
        assert len(await declare([WEEKLY], FILE)) == 1
        assert await declare([WEEKLY], FILE) == []
        changed = await declare([{**WEEKLY, "for": "2h"}], FILE)
        assert [view["for"] for view in changed] == [3600, 7200]
        running = await h.reads.maintenance()
        assert [w["name"] for w in running] == ["", "weekly"]
        assert [w["for"] for w in running] == [3600, 7200]
        assert len(await declare([], FILE)) == 1
        assert [w["id"] for w in await h.reads.maintenance()] == [by_hand]
        assert len(await declare([WEEKLY], FILE)) == 1


async def test_work_at_a_job_goes_on_when_it_gets_another_name(tmp_path: Path) -> None:
    clock = FakeClock()
    place = FakePlace(clock)
    async with house(tmp_path, clock=clock, place=place) as h:
        await h.add("backup", every="1d")
        await h.ping("backup", "fail")
        await h.settle()
        await h.engine.maintenance.add({"job": "backup", "for": "2h"}, ANN)
        await h.jobs.edit("backup", {"slug": "nightly"}, BOB)
        await h.settle()
        assert h.log.kinds() == ["opened"]
        await h.advance(hours=3)
        assert h.log.kinds() == ["opened", "unsilenced"]
        assert place.alerts == ["card", "unsilenced"]
