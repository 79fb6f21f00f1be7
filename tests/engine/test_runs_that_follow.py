"""Jobs that follow on each other, expectations, and evidence."""

from pathlib import Path

import pytest

from bot.errors import Conflict, Invalid
from bot.executors.base import State
from tests.engine.house import ANN
from tests.engine.works import works


async def test_a_job_follows_on_the_success_of_another(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("extract")
        await here.add("load", after=["extract"])
        await here.add("alarm", after=["extract:failure"])
        await here.add("tidy", after="extract:end")
        await here.home.advance(hours=1)
        await here.end(0)
        jobs = {dict(order.env)["CRONITOR_JOB"] for order in here.executor.begun}
        assert jobs == {"extract", "load", "tidy"}
        (run,) = await here.runs("load")
        assert (run["trigger"], run["by"]) == ("after", "the end of extract")
        for each in here.executor.going():
            here.executor.end(each)
        await here.home.advance(hours=1)
        here.executor.end(code=1)
        await here.home.settle()
        newest = here.executor.begun[4:]
        jobs_now = {dict(order.env)["CRONITOR_JOB"] for order in newest}
        assert jobs_now == {"alarm", "tidy"}
        assert await here.slots("load") == ["ok"]


async def test_a_job_that_should_have_followed_and_did_not_is_missed(
    tmp_path: Path,
) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("extract")
        await here.add("blocker", no_schedule=True, timeout="20h", priority=5)
        await here.add("load", after=["extract"], grace="5m")
        await here.home.advance(hours=1)
        await here.home.engine.runs.wish("blocker", ANN)
        await here.end(0)
        assert len(here.executor.going()) == 1
        await here.home.advance(minutes=6)
        assert [each["job"] for each in await here.home.incidents()] == ["load"]
        await here.end(0)
        await here.end(0)
        (incident,) = await here.home.incidents()
        assert incident["status"] == "resolved"


async def test_nothing_follows_on_a_run_that_was_cancelled(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("extract")
        await here.add("tidy", after="extract:end")
        await here.home.advance(hours=1)
        await here.home.engine.runs.cancel("extract", ANN)
        await here.home.settle()
        assert await here.runs("tidy") == []


async def test_a_run_that_produced_nothing_has_failed(tmp_path: Path) -> None:
    wanted = tmp_path / "dump"
    async with works(tmp_path) as here:
        await here.add(expect={"file": str(wanted), "pattern": "written"})
        await here.home.advance(hours=1)
        await here.end(0, output=b"written")
        assert await here.ends() == [(1, "unmet")]
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "failed"
        view = await here.home.job("nightly")
        assert view["pings"][0]["reason"] == f"{wanted} is not there"


async def test_a_cancelled_run_that_was_lost_sight_of_is_ended_again(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        (run_id,) = here.executor.going()
        assert here.executor.known[run_id].state is State.RUNNING
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        assert here.executor.cancelled == [run_id]


async def test_a_cycle_of_jobs_that_follow_is_refused(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("extract", no_schedule=True)
        await here.add("load", after=["extract:failure"])
        with pytest.raises(Invalid, match=r"after: it is a cycle: extract -> load"):
            await here.home.engine.jobs.edit("extract", {"after": ["load"]}, ANN)
        with pytest.raises(Invalid, match="there is no job `extrakt`"):
            await here.add("other", after=["extrakt"])
        with pytest.raises(Conflict, match="load follows on extract"):
            await here.home.engine.jobs.remove("extract", ANN)
        with pytest.raises(Conflict, match="load follows on extract"):
            await here.home.engine.jobs.edit("extract", {"slug": "source"}, ANN)


async def test_why_it_failed_is_told_with_what_was_around_it(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        await here.end(0)
        await here.home.advance(minutes=1)
        await here.home.engine.jobs.edit("nightly", {"timeout": "2h"}, ANN)
        await here.home.advance(hours=1)
        await here.end(1)
        (incident,) = await here.home.incidents()
        found = await here.home.reads.explain(incident["id"])
        text = "\n".join(found.evidence)
        assert "It ended well last at 2026-11-23 04:00 UTC." in text
        assert "Since then timeout was changed by ann (cli)" in text
        assert "The load of the machine was" in text
        view = await here.home.reads.incident(incident["id"])
        assert view["around"] == list(found.evidence)


async def test_what_was_around_an_old_incident_is_of_its_own_run(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        for code in (1, 0, 0, 1):
            await here.home.advance(hours=1)
            await here.end(code)
        first, second = sorted(
            await here.home.incidents(), key=lambda each: each["opened_at"]
        )
        old = "\n".join((await here.home.reads.incident(first["id"]))["around"])
        new = "\n".join((await here.home.reads.incident(second["id"]))["around"])
        assert "It has not ended well yet." in old
        assert "It ended well last at" in new
