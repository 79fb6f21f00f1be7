"""Dues that become runs: how they end, attempts, and what is in the way."""

import errno
import os
from pathlib import Path

import pytest

from bot.core.executions import ExecutionId
from bot.errors import Unavailable
from bot.executors.base import Ending
from tests.engine.house import ANN
from tests.engine.works import Fields, works


async def test_a_due_becomes_a_run_and_its_end_a_good_slot(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(minutes=59)
        assert here.executor.begun == []
        await here.home.advance(minutes=1)
        (order,) = here.executor.begun
        assert order.argv == ("/bin/true",)
        assert dict(order.env)["CRONITOR_JOB"] == "nightly"
        view = await here.home.job("nightly")
        assert view["running"]
        await here.home.advance(minutes=2)
        await here.end(output=b"all done\n")
        view = await here.home.job("nightly")
        assert (view["status"], view["last_duration"]) == ("up", 120)
        assert await here.slots() == ["ok"]
        assert await here.ends() == [(1, "ok")]
        assert await here.printed() == b"all done\n"
        assert here.executor.known == {}


async def test_a_failure_is_an_incident_with_the_tail_of_the_output(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        await here.end(3, output=b"no space left\n")
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "failed"
        assert await here.slots() == ["failed"]
        view = await here.home.job("nightly")
        newest = view["pings"][0]
        assert newest["exit_status"] == 3
        assert newest["source"] == "run"
        assert "no space left" in newest["body"]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"ending": Ending.TIMED_OUT, "signal": 15}, "timed out after 1d"),
        ({"ending": Ending.SIGNALLED, "signal": 9}, "ended by signal 9"),
        ({"ending": Ending.COULD_NOT_START, "code": None}, "could not be started"),
        ({"code": 4}, "exit code 4"),
    ],
)
async def test_every_bad_end_is_a_failure_in_its_own_words(
    tmp_path: Path, how: Fields, said: str
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        await here.end(**how)
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "failed"
        view = await here.home.job("nightly")
        assert said in view["pings"][0]["reason"]


async def test_what_cannot_be_started_has_failed(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        here.executor.refuses = "there is no file /bin/true"
        await here.home.advance(hours=1)
        assert await here.ends() == [(1, "not_started")]
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "failed"
        assert await here.slots() == ["failed"]


async def test_a_secret_that_is_not_there_keeps_a_run_from_starting(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(secrets={"TOKEN": str(tmp_path / "missing")})
        await here.home.advance(hours=1)
        (run,) = await here.runs()
        assert run["end"] == "not_started"
        assert "the secret TOKEN" in run["reason"]


async def test_attempts_follow_each_other_and_the_last_one_counts(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=2, retry_base="1m")
        await here.home.advance(hours=1)
        await here.end(1)
        assert await here.home.incidents() == []
        view = await here.home.job("nightly")
        assert "attempt 1 of 3, again in" in view["pings"][0]["reason"]
        await here.home.advance(minutes=1)
        assert len(here.executor.begun) == 2
        await here.end(1)
        await here.home.advance(minutes=2)
        await here.end(0)
        assert await here.ends() == [(1, "failed"), (2, "failed"), (3, "ok")]
        assert await here.slots() == ["ok"]
        assert await here.home.incidents() == []


async def test_after_the_last_attempt_it_has_failed(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1m")
        await here.home.advance(hours=1)
        await here.end(1)
        await here.home.advance(minutes=1)
        await here.end(1)
        (incident,) = await here.home.incidents()
        assert incident["count"] == 1
        assert await here.slots() == ["failed"]


async def test_a_run_that_could_not_start_is_tried_again(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1m")
        here.executor.refuses = "busy"
        await here.home.advance(hours=1)
        here.executor.refuses = ""
        assert await here.home.incidents() == []
        await here.home.advance(minutes=1)
        await here.end(0)
        assert await here.ends() == [(1, "not_started"), (2, "ok")]
        assert await here.slots() == ["ok"]


async def test_overlap_is_skipped_and_three_in_a_row_are_an_incident(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(timeout="20h", failure_tolerance=1)
        await here.home.advance(hours=1)
        for _ in range(2):
            await here.home.advance(hours=1)
        assert await here.home.incidents() == []
        await here.home.advance(hours=1)
        assert len(here.executor.begun) == 1
        (incident,) = await here.home.incidents()
        assert "skipped 3 times in a row" in incident["note"]
        assert "is still going" in (await here.runs())[1]["reason"]
        assert (await here.slots())[-2:] == ["skipped", "skipped"]
        await here.end(0)
        await here.home.advance(hours=1)
        await here.end(0)
        (incident,) = await here.home.incidents()
        assert incident["status"] == "resolved"


async def test_queue_keeps_the_newest(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(overlap="queue", grace="5h")
        await here.home.advance(hours=1)
        await here.home.advance(hours=1)
        await here.home.advance(hours=1)
        assert [e for _, e in await here.ends()] == [None, "skipped", None]
        await here.end(0)
        assert len(here.executor.begun) == 2
        await here.end(0)
        assert await here.slots() == ["ok", "skipped", "ok"]


async def test_replace_ends_the_older_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(overlap="replace")
        await here.home.advance(hours=1)
        await here.home.advance(hours=1)
        assert len(here.executor.begun) == 2
        assert [e for _, e in await here.ends()] == ["cancelled", None]
        await here.end(0)
        assert await here.slots() == ["skipped", "ok"]
        assert await here.home.incidents() == []


async def test_allow_lets_several_go_on(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(overlap="allow", max_parallel=2, grace="3h")
        for _ in range(3):
            await here.home.advance(hours=1)
        assert len(here.executor.going()) == 2
        here.executor.end(here.executor.going()[0])
        await here.home.settle()
        assert len(here.executor.begun) == 3


async def test_there_are_only_so_many_places_and_priority_goes_first(
    tmp_path: Path,
) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("first")
        await here.add("second")
        await here.add("urgent", priority=9)
        await here.home.advance(hours=1)
        jobs = [dict(order.env)["CRONITOR_JOB"] for order in here.executor.begun]
        assert jobs == ["urgent"]
        await here.end(0)
        await here.end(0)
        await here.end(0)
        jobs = [dict(order.env)["CRONITOR_JOB"] for order in here.executor.begun]
        assert jobs == ["urgent", "first", "second"]


async def test_a_run_that_waits_too_long_for_a_place_is_missed(tmp_path: Path) -> None:
    async with works(tmp_path, places=1) as here:
        await here.add("first", timeout="20h")
        await here.add("second", grace="5m")
        await here.home.advance(hours=1)
        await here.home.advance(minutes=6)
        assert [each["job"] for each in await here.home.incidents()] == ["second"]
        await here.end(0)
        await here.end(0)
        assert await here.slots("second") == ["late"]


async def test_an_interval_counts_from_the_end(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(every="10m")
        await here.home.advance(minutes=10)
        await here.home.advance(minutes=5)
        await here.end(0)
        await here.home.advance(minutes=9)
        assert len(here.executor.begun) == 1
        await here.home.advance(minutes=1)
        assert len(here.executor.begun) == 2
        assert await here.slots() == ["ok"]


async def test_a_paused_job_is_not_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.engine.jobs.pause("nightly", ANN)
        await here.home.advance(hours=3)
        assert here.executor.begun == []
        await here.home.engine.jobs.resume("nightly", ANN)
        await here.home.advance(hours=1)
        assert len(here.executor.begun) == 1


async def test_another_schedule_counts_from_now(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.engine.jobs.edit("nightly", {"cron": "30 * * * *"}, ANN)
        await here.home.advance(minutes=31)
        assert len(here.executor.begun) == 1


async def test_a_removed_job_is_not_run_and_its_run_ends(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        await here.home.engine.jobs.remove("nightly", ANN)
        await here.home.advance(hours=2)
        assert len(here.executor.begun) == 1
        await here.end(0)
        assert here.executor.known == {}


async def test_an_output_that_cannot_be_read_holds_no_end_up(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add("bad")
        await here.add("good")
        await here.home.advance(hours=1)
        bad, good = here.executor.going()
        error = OSError(errno.EIO, os.strerror(errno.EIO))
        here.executor.unreadable[bad] = error
        (run,) = await here.runs("bad")
        number = ExecutionId(run["id"])
        with pytest.raises(Unavailable, match="its output cannot be read"):
            await here.home.engine.runs.output(number)
        here.executor.end(bad, code=3, output=b"why it failed")
        here.executor.end(good, output=b"fine")
        await here.home.settle()
        assert await here.ends("bad") == [(1, "failed")]
        assert await here.ends("good") == [(1, "ok")]
        view = await here.home.engine.runs.output_view(number)
        assert view["output"] == ""
        assert "it could not be read: Input/output error" in str(view["evidence"])
        assert here.executor.known == {}
