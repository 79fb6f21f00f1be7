"""Runs of a job that is paused: what waits ends, what goes on is recorded only."""

from pathlib import Path

import pytest

from bot.core.executions import Trigger
from bot.engine.triggers import Cause
from bot.errors import Conflict, Unavailable
from bot.executors.base import Ending
from tests.engine.house import ANN
from tests.engine.works import Fields, Works, works


async def pause(here: Works, slug: str = "nightly") -> None:
    """Ann pauses it."""
    await here.home.engine.jobs.pause(slug, ANN)
    await here.home.settle()


async def resume(here: Works, slug: str = "nightly") -> None:
    """Ann resumes it."""
    await here.home.engine.jobs.resume(slug, ANN)
    await here.home.settle()


async def minutes(here: Works, count: int) -> None:
    """Let minute after minute pass."""
    for _ in range(count):
        await here.home.advance(minutes=1)


SCHEDULES: list[Fields] = [{"every": "10m"}, {"cron": "*/10 * * * *"}]
ENDS: list[tuple[Fields, str]] = [
    ({"code": 0}, "ok"),
    ({"code": 1}, "failed"),
    ({"ending": Ending.CANCELLED, "signal": 15}, "lost"),
    ({"ending": Ending.LOST, "code": None}, "lost"),
]


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize(("how", "said"), ENDS)
async def test_the_end_of_a_run_is_recorded_and_the_job_stays_paused(
    tmp_path: Path, how: Fields, said: str, by_hand: bool, schedule: Fields
) -> None:
    async with works(tmp_path) as here:
        await here.add(manual_resume=by_hand, timeout="20h", retries=2, **schedule)
        await here.home.advance(minutes=10)
        await pause(here)
        await here.home.advance(minutes=1)
        await here.end(**how, output=b"as far as it came\n")
        await minutes(here, 45)
        view = await here.home.job("nightly")
        assert view["status"] == "paused"
        assert await here.ends() == [(1, said)]
        assert await here.printed() == b"as far as it came\n"
        assert "the job is paused by ann (cli)" in view["pings"][0]["reason"]
        assert await here.home.incidents() == []
        assert await here.slots() == ["skipped"]
        await resume(here)
        await minutes(here, 11)
        assert len(here.executor.begun) == 2
        await here.end(0)
        assert await here.slots() == ["skipped", "ok"]


@pytest.mark.parametrize("schedule", SCHEDULES)
async def test_a_paused_job_whose_run_is_cancelled_is_not_run_again(
    tmp_path: Path, schedule: Fields
) -> None:
    async with works(tmp_path) as here:
        await here.add(timeout="20h", **schedule)
        await here.home.advance(minutes=10)
        await pause(here)
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        await minutes(here, 45)
        assert (await here.home.job("nightly"))["status"] == "paused"
        assert await here.home.incidents() == []
        assert len(here.executor.begun) == 1


async def test_what_waits_for_a_place_ends_with_the_pause(tmp_path: Path) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("long", no_schedule=True, timeout="20h")
        await here.run("long")
        await here.add()
        await here.home.advance(hours=1)
        await pause(here)
        await here.end(0)
        (run,) = await here.runs()
        assert (run["end"], run["reason"]) == ("skipped", "paused by ann (cli)")
        assert await here.slots() == ["skipped"]
        assert len(here.executor.begun) == 1


async def test_a_further_attempt_ends_with_the_pause(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=3, retry_base="10m")
        await here.home.advance(hours=1)
        await here.end(1)
        await pause(here)
        await minutes(here, 20)
        assert await here.ends() == [(1, "failed"), (2, "skipped")]
        assert len(here.executor.begun) == 1
        assert (await here.home.job("nightly"))["status"] == "paused"
        assert await here.home.incidents() == []


async def test_what_begins_just_as_it_is_paused_goes_on_as_if_it_had_before(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m", timeout="30m", max_runtime="20m")
        await here.home.settle()
        here.executor.loses_answers = True
        with pytest.raises(Unavailable):
            await here.home.advance(minutes=10)
        await here.home.engine.jobs.pause("nightly", ANN)
        here.executor.loses_answers = False
        await minutes(here, 25)
        view = await here.home.job("nightly")
        assert (view["status"], view["running"]) == ("paused", False)
        assert await here.home.incidents() == []
        assert await here.slots() == ["skipped"]
        await here.end(0)
        assert await here.ends() == [(1, "ok")]
        assert (await here.home.job("nightly"))["status"] == "paused"


async def test_an_interval_that_is_resumed_while_a_run_goes_on_waits_for_its_end(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m", timeout="20h", overlap="queue")
        await here.home.advance(minutes=10)
        await pause(here)
        await resume(here)
        await minutes(here, 40)
        assert await here.home.incidents() == []
        await here.end(0)
        assert (await here.home.job("nightly"))["status"] == "up"
        await minutes(here, 9)
        assert len(here.executor.begun) == 1
        await minutes(here, 1)
        assert len(here.executor.begun) == 2


@pytest.mark.parametrize("schedule", SCHEDULES)
async def test_a_ping_from_elsewhere_resumes_it_and_it_is_run_again(
    tmp_path: Path, schedule: Fields
) -> None:
    async with works(tmp_path) as here:
        await here.add(**schedule)
        await here.home.advance(minutes=10)
        await pause(here)
        await here.end(0)
        await minutes(here, 35)
        await here.home.ping("nightly")
        assert (await here.home.job("nightly"))["status"] == "up"
        await minutes(here, 10)
        assert len(here.executor.begun) == 2
        await here.end(0)
        assert await here.slots() == ["skipped", "ok"]


async def test_a_person_is_told_that_it_is_paused(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        done = await here.run(key="deploy-7")
        await here.end(0)
        await pause(here)
        said = "nightly is paused by ann .cli. .*cronitor job resume nightly"
        with pytest.raises(Conflict, match=said):
            await here.run()
        assert (await here.run(key="deploy-7"))["id"] == done["id"]
        cause = Cause(trigger=Trigger.WEBHOOK, by="webhook", key="w1")
        with pytest.raises(Conflict, match=said):
            await here.home.engine.causes.triggers.fire("nightly", cause)
        assert len(await here.runs()) == 1


async def test_what_would_follow_is_skipped_and_says_why(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("extract")
        await here.add("load", after=["extract"])
        await pause(here, "load")
        for _ in range(4):
            await here.home.advance(hours=1)
            await here.end(0)
        runs = await here.runs("load")
        assert {(each["end"], each["reason"]) for each in runs} == {
            ("skipped", "paused by ann (cli)")
        }
        assert len(runs) == 4
        assert (await here.home.job("load"))["status"] == "paused"
        await resume(here, "load")
        assert await here.home.incidents() == []


async def test_nothing_follows_on_a_job_that_is_paused(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("extract")
        await here.add("load", after=["extract:end"])
        await here.home.advance(hours=1)
        await pause(here, "extract")
        await here.end(0)
        assert await here.ends("extract") == [(1, "ok")]
        assert await here.runs("load") == []


async def test_the_start_of_cronitor_is_skipped_and_says_why(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.home.settle()
        await here.add(no_schedule=True, on_start=True)
        await pause(here)
        await here.home.engine.causes.triggers.at_start("one")
        await here.home.settle()
        (run,) = await here.runs()
        assert (run["trigger"], run["end"]) == ("start", "skipped")
        assert run["reason"] == "paused by ann (cli)"
