"""Jobs that Cronitor runs: dues, ends, attempts, what is in the way, what follows."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.core.executions import ExecutionId, Trigger
from bot.engine.runner import RunPlan
from bot.errors import Conflict, Invalid, NotFound, Unavailable
from bot.executors.base import Ending, State
from tests.engine.house import ANN, House, house
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock

Fields = Mapping[str, Any]


@dataclass
class Works:
    """A house with an executor."""

    home: House
    executor: FakeExecutor

    async def add(self, slug: str = "nightly", **fields: Any) -> dict[str, Any]:
        """A job that is run every hour, unless it is said."""
        table: dict[str, Any] = {"kind": "command", "command": ["/bin/true"]}
        if not fields.keys() & {"every", "after", "no_schedule"}:
            table["cron"] = "0 * * * *"
        return await self.home.add(slug, **(table | fields))

    async def run(self, slug: str = "nightly", **more: Any) -> dict[str, Any]:
        """Ann wants a run."""
        view = await self.home.engine.runs.wish(slug, ANN, **more)
        await self.home.settle()
        return dict(view)

    async def runs(self, slug: str = "nightly") -> list[dict[str, Any]]:
        """The runs of a job, the oldest first."""
        found = await self.home.engine.runs.of_job(slug)
        return [dict(each) for each in reversed(found)]

    async def ends(self, slug: str = "nightly") -> list[tuple[int, str | None]]:
        """Attempts and how each has ended."""
        return [(each["attempt"], each["end"]) for each in await self.runs(slug)]

    async def end(self, code: int = 0, **more: Any) -> None:
        """The run that goes on ends, and that is seen."""
        self.executor.end(code=code, **more)
        await self.home.settle()

    async def printed(self, slug: str = "nightly") -> bytes:
        """What the newest run has printed."""
        run = await self.home.engine.runs.newest(slug)
        number = ExecutionId(int(str(run["id"])))
        return await self.home.engine.runs.output(number)

    async def slots(self, slug: str = "nightly") -> list[str]:
        """What became of each due, the oldest first."""
        view = await self.home.job(slug)
        return [each["outcome"] for each in reversed(view["slots"])]


@asynccontextmanager
async def works(path: Path, **plan: Any) -> AsyncIterator[Works]:
    """An engine that runs things; T0 is an hour's full hour."""
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(path, executor, clock, **plan) as found:
        yield found


@asynccontextmanager
async def reopened(
    path: Path, executor: FakeExecutor, clock: FakeClock, **plan: Any
) -> AsyncIterator[Works]:
    """The same executor after a restart of Cronitor."""
    runs = RunPlan(executor=executor, **plan)
    async with house(path, clock=clock, runs=runs) as home:
        yield Works(home, executor)


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


# -- by hand ---------------------------------------------------------------------------


async def test_a_run_that_somebody_wants(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True, params={"target": ["daily", "full"]})
        view = await here.run(params={"target": "full"})
        assert view["by"] == "ann (cli)"
        (order,) = here.executor.begun
        assert dict(order.env)["CRONITOR_ARG_TARGET"] == "full"
        await here.end(0)
        assert (await here.home.job("nightly"))["status"] == "up"
        assert await here.slots() == []


async def test_the_same_wish_twice_is_one_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True)
        first = await here.run(key="deploy-7", trigger=Trigger.API)
        again = await here.run(key="deploy-7", trigger=Trigger.API)
        assert first["id"] == again["id"]
        await here.end(0)
        ended = await here.run(key="deploy-7", trigger=Trigger.API)
        assert ended["end"] == "ok"
        assert len(here.executor.begun) == 1


async def test_what_cannot_be_wished_is_refused(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(no_schedule=True, params={"target": ["daily"]})
        await here.home.add("heart", every="1h")
        with pytest.raises(NotFound):
            await here.run("nobody")
        with pytest.raises(Conflict, match="it is a heartbeat job"):
            await here.run("heart")
        with pytest.raises(Invalid, match="'full' is none of daily"):
            await here.run(params={"target": "full"})
        await here.run()
        with pytest.raises(Conflict, match="is still going"):
            await here.run()
        with pytest.raises(NotFound, match="there is no run 99"):
            await here.home.engine.runs.show(ExecutionId(99))


async def test_without_an_executor_nothing_is_run(tmp_path: Path) -> None:
    async with house(tmp_path) as home:
        await home.add("nightly", kind="command", command=["a"], no_schedule=True)
        with pytest.raises(Unavailable, match="this server runs nothing"):
            await home.engine.runs.wish("nightly", ANN)
        with pytest.raises(NotFound, match="has not run yet"):
            await home.engine.runs.newest("nightly")


async def test_a_run_is_cancelled(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        assert await here.ends() == [(1, "cancelled")]
        assert await here.slots() == ["skipped"]
        view = await here.home.job("nightly")
        assert "cancelled: ann (cli)" in view["pings"][0]["reason"]
        with pytest.raises(Conflict, match="has no run that waits or goes on"):
            await here.home.engine.runs.cancel("nightly", ANN)


async def test_a_run_that_waits_is_cancelled_before_it_begins(tmp_path: Path) -> None:
    async with works(tmp_path, places=0) as here:
        await here.add()
        await here.home.advance(hours=1)
        (waits,) = await here.runs()
        number = ExecutionId(waits["id"])
        await here.home.engine.runs.cancel("nightly", ANN, number=number)
        await here.home.settle()
        assert await here.ends() == [(1, "cancelled")]
        assert await here.slots() == ["skipped"]
        assert here.executor.begun == []


# -- restarts and faults ---------------------------------------------------------------


async def test_a_run_is_found_again_after_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add()
        await here.home.advance(hours=1)
    executor.end(output=b"done while nobody looked")
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        assert await here.ends() == [(1, "ok")]
        assert await here.printed() == b"done while nobody looked"
        assert len(executor.begun) == 1


async def test_an_answer_that_is_lost_starts_nothing_twice(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        here.executor.loses_answers = True
        with pytest.raises(Unavailable):
            await here.home.advance(hours=1)
        here.executor.loses_answers = False
        await here.home.settle()
        assert len(here.executor.begun) == 1
        assert (await here.home.job("nightly"))["running"]
        await here.end(0)
        assert await here.ends() == [(1, "ok")]
        assert await here.slots() == ["ok"]


async def test_a_run_that_nobody_knows_is_lost(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=3)
        await here.home.advance(hours=1)
        here.executor.known.clear()
        await here.home.settle()
        assert await here.ends() == [(1, "lost")]
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "lost"
        assert await here.slots() == ["lost"]


async def test_what_is_idempotent_is_run_again_when_it_is_lost(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1m", idempotent=True)
        await here.home.advance(hours=1)
        here.executor.known.clear()
        await here.home.settle()
        await here.home.advance(minutes=1)
        assert len(here.executor.begun) == 2
        await here.end(0)
        assert await here.home.incidents() == []


async def test_a_lost_executor_is_no_end_of_a_run(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        here.executor.is_away = True
        with pytest.raises(Unavailable):
            await here.home.settle()
        assert here.home.engine.health.faults() == {
            "executor": "no supervisor of runs answers"
        }
        here.executor.is_away = False
        await here.home.settle()
        assert here.home.engine.health.faults() == {}
        assert await here.ends() == [(1, None)]


async def test_dues_that_passed_while_away_are_run_or_named(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add("latest")
        await here.add("all", catch_up="all", overlap="queue", timeout="1h")
        await here.add("none", catch_up="none")
    clock.advance(timedelta(hours=3, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        assert [e for _, e in await here.ends("latest")] == ["skipped", "skipped", None]
        assert [e for _, e in await here.ends("none")] == ["skipped"] * 3
        reasons = {each["reason"] for each in await here.runs("none")}
        assert reasons == {"Cronitor was away; catch_up is none"}
        while executor.going():
            for each in executor.going():
                executor.end(each)
            await here.home.settle()
        (blind,) = await here.home.blind_times()
        assert "skipped" in str(blind)
        assert await here.home.incidents() == []


# -- what follows ----------------------------------------------------------------------


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


# -- expectations ----------------------------------------------------------------------


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
