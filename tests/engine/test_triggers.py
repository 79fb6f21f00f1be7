"""Runs that the start of Cronitor causes."""

import logging
from pathlib import Path

import pytest

from bot.core.executions import Trigger
from bot.engine.triggers import Cause
from bot.errors import NotFound, Unavailable
from tests.engine.house import ANN, house
from tests.engine.works import Works, reopened, works
from tests.fakes import FakeClock


async def start(here: Works, name: str) -> None:
    """Cronitor has started."""
    await here.home.engine.causes.triggers.at_start(name)
    await here.home.settle()


async def test_a_start_is_one_run_however_often_it_is_told(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(no_schedule=True, on_start=True)
        await here.add("other", no_schedule=True)
        await start(here, "one")
        await start(here, "one")
        (run,) = await here.runs()
        assert (run["trigger"], run["by"]) == ("start", "the start of Cronitor")
        assert await here.runs("other") == []
        assert dict(here.executor.begun[0].env)["CRONITOR_TRIGGER"] == "start"
        await here.end(0)
        await start(here, "one")
        assert len(await here.runs()) == 1
        await start(here, "two")
        assert len(await here.runs()) == 2


async def test_a_run_from_before_the_start_is_what_overlap_decides_on(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add("skips", no_schedule=True, on_start=True)
        await here.add("waits", no_schedule=True, on_start=True, overlap="queue")
        await start(here, "one")
        clock, executor = here.home.clock, here.executor
    assert isinstance(clock, FakeClock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        second = (await here.runs("skips"))[1]
        assert second["end"] == "skipped"
        assert "is still going" in second["reason"]
        assert (await here.runs("waits"))[1]["stage"] == "waiting"
        assert (await here.home.job("skips"))["status"] == "new"


async def test_a_paused_job_is_not_run_at_the_start(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(no_schedule=True, on_start=True)
        await here.add("other", no_schedule=True, on_start=True)
        await here.home.engine.jobs.pause("nightly", ANN)
        await start(here, "one")
        assert [each["reason"] for each in await here.runs()] == ["paused by ann (cli)"]
        assert len(await here.runs("other")) == 1
        assert len(here.executor.begun) == 1


async def test_without_an_executor_no_start_runs_anything(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add(
            "nightly", kind="command", command=["a"], no_schedule=True, on_start=True
        )
        await home.engine.causes.triggers.at_start("one")
        assert await home.engine.runs.of_job("nightly") == []


async def test_what_is_handed_over_stays_with_every_attempt(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(
            no_schedule=True, retries=1, retry_base="1s", params={"a": ["b"]}
        )
        handed = {"changed": "/in/a\n/in/b", "changed_count": "2"}
        cause = Cause(trigger=Trigger.WATCH, by="a change of /in", handed=handed)
        await here.home.engine.causes.triggers.fire("nightly", cause)
        await here.home.settle()
        await here.end(1)
        await here.home.advance(seconds=2)
        first, second = (dict(order.env) for order in here.executor.begun)
        for env in (first, second):
            assert env["CRONITOR_CHANGED"] == "/in/a\n/in/b"
            assert env["CRONITOR_CHANGED_COUNT"] == "2"
            assert env["CRONITOR_ARG_A"] == "b"
        run = (await here.runs())[0]
        assert run["changed"] == ["/in/a", "/in/b"]
        assert run["params"] == {"a": "b"}


async def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    cause = Cause(trigger=Trigger.WATCH, by="a change")
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.home.add("heart", every="1h")
        with pytest.raises(NotFound, match="is not run by Cronitor"):
            await here.home.engine.causes.triggers.fire("heart", cause)
    async with house(tmp_path) as home:
        with pytest.raises(Unavailable, match="runs nothing"):
            await home.engine.causes.triggers.fire("heart", cause)


async def test_without_a_store_a_start_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(unit: object) -> None:
        raise Unavailable

    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(no_schedule=True, on_start=True)
        monkeypatch.setattr(here.home.db, "write", refuse)
        with pytest.raises(Unavailable):
            await here.home.engine.causes.triggers.at_start("one")


async def test_what_has_ended_meanwhile_is_in_the_way_of_no_start(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True, on_start=True)
        await here.add("lost", no_schedule=True, on_start=True)
        await here.home.settle()
        assert len(await here.runs()) == len(await here.runs("lost")) == 1
        clock, executor = here.home.clock, here.executor
    assert isinstance(clock, FakeClock)
    second, first = executor.going()
    executor.end(first, code=0)
    # the machine was started once more
    del executor.known[second]
    executor.is_away = True
    async with reopened(tmp_path, executor, clock) as here:
        with pytest.raises(Unavailable):
            await here.home.settle()
        assert not await here.home.engine.causes.triggers.step()
        executor.is_away = False
        await here.home.settle()
        assert [each["end"] for each in await here.runs()] == ["ok", None]
        assert [each["end"] for each in await here.runs("lost")] == ["lost", None]
        await here.home.settle()
        assert len(await here.runs()) == 2


async def fire(here: Works, key: str, trigger: Trigger = Trigger.WEBHOOK) -> None:
    """Something wants a run."""
    cause = Cause(trigger=trigger, by="a test", key=key)
    await here.home.engine.causes.triggers.fire("nightly", cause)
    await here.home.settle()


@pytest.mark.parametrize("trigger", [Trigger.WEBHOOK, Trigger.START])
async def test_three_skipped_in_a_row_are_an_incident_without_a_due_too(
    tmp_path: Path, trigger: Trigger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(no_schedule=True, timeout="20h")
        for n in range(3):
            await fire(here, f"k{n}", trigger)
        assert await here.home.incidents() == []
        await fire(here, "k3", trigger)
        (incident,) = await here.home.incidents()
        assert "skipped 3 times in a row" in incident["note"]
        assert "is still going" in incident["note"]
        assert "nightly is not run by a test: the run of" in caplog.text
        await fire(here, "k3", trigger)
        await fire(here, "k4", trigger)
        (incident,) = await here.home.incidents()
        assert incident["count"] == 2
        found = await here.home.reads.explain(incident["id"])
        assert "It has no schedule" not in "\n".join(found.rules)
        await here.end(0)
        (incident,) = await here.home.incidents()
        assert incident["status"] == "resolved"
        assert await here.slots() == []


async def test_what_was_run_in_between_ends_the_row(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(no_schedule=True, timeout="20h")
        for n in range(3):
            await fire(here, f"k{n}")
        await here.end(0)
        await here.run()
        for n in range(3, 5):
            await fire(here, f"k{n}")
        await here.end(0)
        await fire(here, "k5")
        await here.end(0)
        assert await here.home.incidents() == []
