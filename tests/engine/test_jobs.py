"""Definitions: made, changed, paused, removed; and what that means for incidents."""

from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.kinds import MuteScope
from bot.errors import Conflict, Invalid, NotFound
from tests.engine.house import ANN, BOB, house


async def test_a_new_job_shows_what_was_asked_and_its_ping_url(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        view = await h.add("backup", cron="0 3 * * *", timezone="Europe/Berlin")
        assert view["status"] == "new"
        assert view["ping_url"] == f"http://test/ping/{h.uuids['backup']}"
        assert view["schedule"]["expression"] == "0 3 * * *"
        assert view["deadline_at"] is None
        assert (view["late"], view["running"], view["failing"]) == (False,) * 3


async def test_a_slug_is_taken_once(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        with pytest.raises(Conflict, match="job edit backup"):
            await h.add("backup", every="2h")


async def test_every_problem_of_a_definition_is_named(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(Invalid) as caught:
            await h.add("Backup!", every="0.1s", grace="-1s")
        fields = {problem.field for problem in caught.value.problems}
        assert {"slug", "every", "grace"} <= fields
        assert await h.reads.jobs() == []


async def test_parents_must_exist_and_make_no_cycle(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        with pytest.raises(Invalid, match="depends_on"):
            await h.add("load", every="1h", depends_on=["extract"])
        await h.add("extract", every="1h")
        await h.add("load", every="1h", depends_on=["extract"])
        with pytest.raises(Invalid, match="load"):
            await h.jobs.edit("extract", {"depends_on": ["load"]}, ANN)
        with pytest.raises(Conflict, match="load depends on extract"):
            await h.jobs.remove("extract", ANN)
        with pytest.raises(Conflict, match="load depends on extract"):
            await h.jobs.edit("extract", {"slug": "pull"}, ANN)
        await h.jobs.remove("load", ANN)
        await h.jobs.remove("extract", ANN)


async def test_an_edit_that_changes_nothing_touches_nothing(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="5m")
        before = await h.job("backup")
        await h.jobs.edit("backup", {"grace": "300s"}, BOB)
        assert await h.job("backup") == before
        assert len(await h.reads.audit()) == 1


async def test_a_changed_schedule_counts_from_now(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="1m")
        await h.ping("backup")
        await h.advance(minutes=59)
        await h.jobs.edit("backup", {"every": "2h"}, BOB)
        await h.advance(minutes=120)
        assert await h.incidents() == []
        await h.advance(minutes=1, seconds=1)
        assert len(await h.incidents()) == 1


async def test_an_open_incident_names_the_change_and_stays(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="1m")
        await h.ping("backup", "fail")
        await h.jobs.edit("backup", {"grace": "10m"}, BOB)
        (incident,) = await h.incidents()
        assert incident["status"] == "open"
        assert "bob" in str(incident["note"])
        assert "grace" in str(incident["note"])
        await h.settle()
        assert h.log.kinds() == ["opened"]


async def test_pause_is_silent_and_resume_goes_on(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h", grace="1m")
        await h.ping("backup", "fail")
        view = await h.jobs.pause("backup", BOB)
        assert (view["status"], view["paused_by"]) == ("paused", "bob (cli)")
        assert view["changed"]
        await h.advance(hours=10)
        (incident,) = await h.incidents()
        assert incident["silenced_by"] == "paused by bob (cli)"
        assert h.log.kinds() == ["opened"]
        view = await h.jobs.resume("backup", BOB)
        assert view["status"] == "down"
        await h.settle()
        assert h.log.kinds() == ["opened", "unsilenced"]
        await h.advance(hours=1, minutes=2)
        assert (await h.incidents())[0]["count"] == 2


async def test_pausing_twice_keeps_the_first(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.jobs.pause("backup", ANN)
        view = await h.jobs.pause("backup", BOB)
        assert (view["paused_by"], view["changed"]) == ("ann (cli)", False)


async def test_removing_resolves_and_frees_the_slug(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.ping("backup", "start")
        await h.ping("backup", "fail")
        await h.jobs.remove("backup", BOB)
        (incident,) = await h.incidents()
        assert incident["status"] == "resolved"
        assert incident["resolution"] == "removed by bob (cli)"
        with pytest.raises(NotFound, match="job list"):
            await h.job("backup")
        await h.advance(days=3)
        assert len(await h.incidents()) == 1
        await h.add("backup", every="1h")
        assert (await h.job("backup"))["incidents"] == []


async def test_a_rotated_job_answers_under_its_new_url_only(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        old = h.uuids["backup"]
        view = await h.jobs.rotate("backup", BOB)
        assert view["uuid"] != old
        assert (await h.ping("backup")).answer == "not_found"
        h.uuids["backup"] = str(view["uuid"])
        assert (await h.ping("backup")).answer == "ok"
        audit = str(await h.reads.audit())
        assert str(view["uuid"]) not in audit


async def test_a_mute_follows_the_slug(tmp_path: Path) -> None:

    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.engine.mutes.add(
            MuteScope.JOB, "backup", duration=timedelta(hours=4), actor=ANN
        )
        await h.jobs.edit("backup", {"slug": "archive"}, ANN)
        assert (await h.job("archive"))["muted_until"] == "2026-11-23T07:00:00Z"


async def test_changes_stand_in_the_audit_log(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("backup", every="1h")
        await h.jobs.edit("backup", {"grace": "9m"}, BOB)
        await h.jobs.pause("backup", BOB)
        await h.jobs.remove("backup", BOB)
        entries = await h.reads.audit()
        assert [entry["action"] for entry in reversed(entries)] == [
            "job_added",
            "job_changed",
            "job_paused",
            "job_removed",
        ]
        changed = entries[2]
        assert changed["before"] == {"slug": "backup", "every": "1h"}
        assert changed["after"] == {"slug": "backup", "every": "1h", "grace": "9m"}
        assert changed["actor"] == "bob (cli)"


async def test_preview_shows_dues_in_utc_and_local_and_stores_nothing(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        view = await h.jobs.preview(
            {"slug": "x", "cron": "30 3 * * *", "timezone": "Asia/Tokyo"}
        )
        assert view["next_dues"][0] == "2026-11-23T18:30:00Z"
        local = view["local_dues"][0]
        assert local == "2026-11-24T03:30:00+09:00"
        assert len(view["next_dues"]) == 5
        assert view["grace"] == 1800
        assert await h.reads.jobs() == []


async def test_lists_filter_by_what_is_stored_and_what_is_derived(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as h:
        await h.add("well", every="1h", tags=["db"], node="pi")
        await h.add("bad", every="1h", tags=["db", "web"])
        await h.add("busy", every="1h", node="pi")
        await h.ping("well")
        await h.ping("bad", "fail")
        await h.ping("busy", "start")

        async def slugs(**filters: str) -> list[object]:
            found = await h.reads.jobs(**filters)
            return [view["slug"] for view in found]

        assert await slugs() == ["bad", "busy", "well"]
        assert await slugs(status="down") == ["bad"]
        assert await slugs(status="running") == ["busy"]
        assert await slugs(tag="db") == ["bad", "well"]
        assert await slugs(node="pi", status="up") == ["well"]
        await h.advance(hours=1, seconds=1)
        assert await slugs(status="late") == ["well"]


async def test_the_status_counts_everything_with_zeros(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("well", every="1h")
        await h.add("bad", every="1h")
        await h.ping("bad", "fail")
        status = await h.reads.status()
        assert status["jobs"] == {"new": 1, "up": 0, "down": 1, "paused": 0}
        assert status["incidents"] == {"open": 1, "acknowledged": 0}
        assert status["backlog"] == {"log": 1}


async def test_a_rotation_moves_no_due(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        await h.add("hashed", cron="H H * * *")
        before = (await h.job("hashed"))["next_dues"]
        for _ in range(3):
            await h.jobs.rotate("hashed", BOB)
        assert (await h.job("hashed"))["next_dues"] == before
        await h.jobs.edit("hashed", {"grace": "7m"}, BOB)
        assert (await h.job("hashed"))["next_dues"] == before
        table = {"slug": "hashed", "cron": "H H * * *", "grace": "7m"}
        plan = await h.jobs.plan([table], prune=False)
        assert plan["unchanged"] == ["hashed"]


async def test_a_schedule_that_is_over_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as h:
        over = "2020-01-01 03:00:00"
        with pytest.raises(Invalid, match="on_calendar"):
            await h.add("once", on_calendar=over)
        with pytest.raises(Invalid, match="on_calendar"):
            await h.jobs.preview({"slug": "once", "on_calendar": over})
        with pytest.raises(Invalid, match="once"):
            await h.jobs.plan([{"slug": "once", "on_calendar": over}], prune=False)
