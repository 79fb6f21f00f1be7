"""Silence: what sounds, what does not, and what sounds when it ends."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.kinds import IncidentId, MuteId, MuteScope
from bot.errors import Conflict, Invalid, NotFound
from tests.engine.house import ANN, BOB, House, house
from tests.fake_places import FakePlace
from tests.fakes import FakeClock

HOUR, FOUR_HOURS = timedelta(hours=1), timedelta(hours=4)


async def mute_job(h: House, slug: str, hours: float = 4) -> MuteId:
    """Mute one job."""
    view = await h.engine.mutes.add(
        MuteScope.JOB, slug, duration=timedelta(hours=hours), actor=BOB
    )
    return MuteId(int(str(view["id"])))


async def test_a_muted_job_is_recorded_and_sounds_when_the_mute_ends(
    tmp_path: Path,
) -> None:
    async with house(tmp_path, webhook=True) as h:
        await h.add("backup", every="1h", grace="1m")
        await mute_job(h, "backup")
        await h.ping("backup", "fail")
        await h.settle()
        (incident,) = await h.incidents()
        assert incident["silenced_by"] == "muted by bob (cli)"
        assert incident["next_sound_at"] == "2026-11-23T07:00:00Z"
        assert h.log.kinds() == []
        await h.advance(hours=4)
        assert h.log.kinds() == ["opened"]
        await h.advance(hours=4)
        assert h.log.kinds() == ["opened"]
        assert h.notifiers["webhook"].kinds() == ["opened"]


async def test_what_recovers_under_a_mute_never_sounds(tmp_path: Path) -> None:
    async with house(tmp_path, webhook=True) as h:
        await h.add("backup", every="1h")
        await mute_job(h, "backup")
        await h.ping("backup", "fail")
        await h.ping("backup", "success")
        await h.advance(minutes=50)
        assert h.log.kinds() == ["(resolved)"]
        assert h.notifiers["webhook"].kinds() == []


async def test_ending_a_mute_by_hand_sounds_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.ping("backup", "fail")
        mute_id = await mute_job(h, "backup")
        await h.settle()
        assert h.log.kinds() == ["opened"]
        await h.engine.mutes.remove(mute_id, ANN)
        await h.settle()
        assert h.log.kinds() == ["opened", "unsilenced"]
        with pytest.raises(NotFound, match="mute list"):
            await h.engine.mutes.remove(mute_id, ANN)


async def test_unmuting_a_job_ends_all_its_own_mutes_and_it_sounds(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.add("other", every="1h")
        for slug in ("backup", "backup", "other"):
            await mute_job(h, slug)
        await h.ping("backup", "fail")
        await h.settle()
        ended = await h.engine.mutes.unmute("backup", ANN)
        await h.settle()
        assert [view["id"] for view in ended] == [1, 2]
        assert h.log.kinds() == ["opened"]
        assert [mute["target"] for mute in await h.reads.mutes()] == ["other"]
        notes = [(n["action"], n["actor"], n["subject"]) for n in await h.reads.audit()]
        assert notes[:2] == [
            ("mute_ended", "ann (cli)", "2"),
            ("mute_ended", "ann (cli)", "1"),
        ]
        assert await h.engine.mutes.unmute("backup", ANN) == []


async def test_unmuting_a_job_leaves_a_wider_mute_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", tags=["db"])
        await h.engine.mutes.add(MuteScope.TAG, "db", duration=FOUR_HOURS, actor=BOB)
        assert await h.engine.mutes.unmute("backup", ANN) == []
        assert len(await h.reads.mutes()) == 1
        with pytest.raises(NotFound, match="nobody"):
            await h.engine.mutes.unmute("nobody", ANN)


async def test_the_last_of_two_mutes_decides(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", tags=["db"])
        await mute_job(h, "backup", hours=1)
        await h.engine.mutes.add(MuteScope.TAG, "db", duration=FOUR_HOURS, actor=BOB)
        await h.ping("backup", "fail")
        await h.advance(hours=2)
        assert h.log.kinds() == []
        await h.advance(hours=2)
        assert h.log.kinds() == ["opened"]


async def test_everything_may_be_muted(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.engine.mutes.add(MuteScope.ALL, "", duration=FOUR_HOURS, actor=BOB)
        await h.ping("backup", "fail")
        await h.settle()
        assert h.log.kinds() == []


async def test_until_recovery_ends_with_the_recovery(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        with pytest.raises(Conflict, match="well"):
            await h.engine.mutes.add(
                MuteScope.JOB, "backup", duration=None, until_recovery=True, actor=BOB
            )
        await h.ping("backup", "fail")
        await h.engine.mutes.add(
            MuteScope.JOB, "backup", duration=None, until_recovery=True, actor=BOB
        )
        await h.ping("backup", "success")
        assert await h.reads.mutes() == []
        await h.advance(minutes=11)
        await h.ping("backup", "fail")
        await h.settle()
        assert h.log.kinds() == ["opened", "(resolved)", "opened"]


async def test_nonsense_is_refused_with_the_way_out(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        add = h.engine.mutes.add
        with pytest.raises(Invalid, match="for: is missing"):
            await add(MuteScope.ALL, "", duration=None, actor=BOB)
        with pytest.raises(Invalid, match="30 days"):
            await add(MuteScope.ALL, "", duration=timedelta(days=31), actor=BOB)
        with pytest.raises(Invalid, match="single job"):
            await add(
                MuteScope.ALL,
                "",
                duration=FOUR_HOURS,
                until_recovery=True,
                actor=BOB,
            )
        with pytest.raises(NotFound):
            await add(MuteScope.JOB, "nobody", duration=FOUR_HOURS, actor=BOB)
        assert await h.reads.mutes(ended=True) == []


async def test_a_mute_shows_owner_reason_and_end(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.engine.mutes.add(
            MuteScope.TAG, "db", duration=FOUR_HOURS, reason="migration", actor=BOB
        )
        (mute,) = await h.reads.mutes()
        assert (mute["created_by"], mute["reason"]) == ("bob (cli)", "migration")
        assert mute["until_at"] == "2026-11-23T07:00:00Z"
        await h.advance(hours=5)
        assert await h.reads.mutes() == []
        assert len(await h.reads.mutes(ended=True)) == 1


async def test_an_acknowledgement_holds_four_hours_and_the_first_stays(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="10h", realert_every="1h")
        await h.ping("backup", "fail")
        await h.settle()
        incident_id = IncidentId(int(str((await h.incidents())[0]["id"])))
        await h.engine.incidents.acknowledge(incident_id, ANN)
        view = await h.engine.incidents.acknowledge(incident_id, BOB)
        assert view["acknowledged_by"] == "ann (cli)"
        assert view["status"] == "acknowledged"
        await h.advance(hours=3, minutes=59)
        assert h.log.kinds() == ["opened"]
        await h.advance(minutes=1)
        assert h.log.kinds() == ["opened", "unsilenced"]
        await h.advance(hours=1)
        assert h.log.kinds() == ["opened", "unsilenced", "reminder"]


async def test_a_worse_kind_clears_the_acknowledgement_and_sounds(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="1m")
        await h.ping("backup")
        await h.advance(hours=1, minutes=2)
        await h.engine.incidents.acknowledge(IncidentId(1), ANN)
        await h.ping("backup", "fail")
        await h.settle()
        (incident,) = await h.incidents()
        assert (incident["kind"], incident["status"]) == ("failed", "open")
        assert h.log.kinds() == ["opened", "worsened"]


async def test_what_is_resolved_or_unknown_cannot_be_acknowledged(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        with pytest.raises(NotFound, match="incident list"):
            await h.engine.incidents.acknowledge(IncidentId(7), ANN)
        await h.ping("backup", "fail")
        await h.ping("backup", "success")
        with pytest.raises(Conflict, match="resolved"):
            await h.engine.incidents.acknowledge(IncidentId(1), ANN)
        with pytest.raises(Invalid, match="for"):
            await h.engine.incidents.acknowledge(IncidentId(1), ANN, timedelta())


async def test_reminders_come_until_somebody_acknowledges(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="10h", realert_every="30m")
        await h.ping("backup", "fail")
        await h.settle()
        for _ in range(3):
            await h.advance(minutes=30)
        assert h.log.kinds() == ["opened", "reminder", "reminder", "reminder"]
        await h.engine.incidents.acknowledge(IncidentId(1), ANN)
        await h.advance(hours=2)
        assert len(h.log.kinds()) == 4


async def test_the_story_names_who_did_what(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.ping("backup", "fail")
        await h.engine.incidents.acknowledge(IncidentId(1), ANN)
        await h.ping("backup", "success")
        view = await h.reads.incident(IncidentId(1))
        story = [(line["kind"], line["actor"]) for line in view["story"]]
        assert story == [
            ("opened", ""),
            ("acknowledged", "ann (cli)"),
            ("resolved", ""),
        ]


async def test_a_mute_follows_its_job_to_another_name_and_nothing_is_swallowed(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    place = FakePlace(clock)
    async with house(tmp_path, clock=clock, place=place) as h:
        await h.add("backup", every="1d")
        await h.ping("backup")
        await h.engine.mutes.add(MuteScope.JOB, "backup", duration=HOUR, actor=ANN)
        await h.ping("backup", "fail")
        await h.settle()
        await h.jobs.edit("backup", {"slug": "nightly"}, BOB)
        await h.settle()
        assert (h.log.kinds(), place.alerts) == ([], [])
        (view,) = await h.incidents()
        assert view["silenced_by"] == "muted by ann (cli)"
        await h.advance(minutes=61)
        assert (h.log.kinds(), place.alerts) == (["opened"], ["opened"])


async def test_a_mute_of_what_the_job_becomes_holds_at_once(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1d", realert_every="10m")
        await h.ping("backup", "fail")
        await h.engine.mutes.add(MuteScope.TAG, "db", duration=HOUR, actor=ANN)
        await h.advance(minutes=9)
        view = await h.jobs.edit("backup", {"tags": ["db"]}, BOB)
        assert view["muted_until"] is not None
        await h.advance(minutes=30)
        assert h.log.kinds() == ["opened"]
        await h.jobs.edit("backup", {"tags": []}, BOB)
        await h.settle()
        assert h.log.kinds() == ["opened", "unsilenced"]


async def test_whoever_has_it_says_another_end_and_nobody_else(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="10d")
        await h.ping("backup", "fail")
        number = IncidentId(1)
        await h.engine.incidents.acknowledge(number, ANN)
        await h.advance(minutes=5)
        day = timedelta(hours=24)
        view = await h.engine.incidents.acknowledge(number, ANN, day)
        assert view["acknowledged_until"] == "2026-11-24T03:05:00Z"
        # a second press says nothing about the end
        for actor, length in ((ANN, None), (BOB, HOUR)):
            view = await h.engine.incidents.acknowledge(number, actor, length)
            assert view["acknowledged_until"] == "2026-11-24T03:05:00Z"
        newest, first = await h.reads.audit(subject="1")
        assert first["before"] == {}
        assert newest["before"] == first["after"]
        assert newest["after"] == {"by": "ann (cli)", "until": "2026-11-24T03:05:00Z"}
        await h.advance(hours=23, minutes=59)
        assert h.log.kinds() == ["opened"]
        await h.advance(minutes=1)
        assert h.log.kinds() == ["opened", "unsilenced"]
