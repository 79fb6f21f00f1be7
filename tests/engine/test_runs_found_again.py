"""Runs over restarts, lost answers, and a lost executor."""

import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core import dispatch
from bot.errors import Unavailable
from bot.executors.base import Ending, Refusal, State
from storage import restore as restoring
from tests.engine.house import ANN
from tests.engine.works import reopened, works
from tests.fake_executor import FakeExecutor
from tests.fakes import FakeClock


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


async def test_idempotent_alone_is_enough_for_one_more_attempt(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(idempotent=True)
        await here.home.advance(hours=1)
        here.executor.known.clear()
        await here.home.settle()
        view = await here.home.job("nightly")
        assert "attempt 1 of 2, again in" in view["pings"][0]["reason"]
        assert await here.home.incidents() == []
        await here.home.advance(minutes=1)
        assert len(here.executor.begun) == 2
        here.executor.known.clear()
        await here.home.settle()
        assert await here.ends() == [(1, "lost"), (2, "lost")]
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "lost"


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


async def test_a_run_whose_supervisor_was_killed_goes_on_until_it_is_gone(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(timeout="90m", overlap="skip")
        await here.home.advance(hours=1)
        (run_id,) = here.executor.going()
        known = here.executor.known[run_id]
        here.executor.known[run_id] = replace(known, state=State.LOST)
        await here.home.advance(hours=2)
        # it is still in the way of the next ones; its timeout is the executor's matter
        assert len(here.executor.begun) == 1
        assert here.executor.cancelled == []
        here.executor.end(run_id, ending=Ending.TIMED_OUT)
        await here.home.settle()
        assert (await here.ends())[0] == (1, "timeout")


async def test_a_wish_to_end_a_run_is_told_again_to_a_new_supervisor(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(hours=1)
        (run_id,) = here.executor.going()
        known = replace(here.executor.known[run_id], state=State.LOST)
        here.executor.known[run_id] = known
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        await here.home.settle()
        assert here.executor.cancelled == [run_id], "once is enough"
        # the one that has heard it is killed, and the next one knows nothing of it
        here.executor.known[run_id] = known
        await here.home.settle()
        assert here.executor.cancelled == [run_id, run_id]
        here.executor.end(run_id, ending=Ending.CANCELLED)
        await here.home.settle()
        assert await here.ends() == [(1, "cancelled")]


async def test_what_has_ended_meanwhile_is_in_the_way_of_no_due(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.advance(minutes=61)
        clock, executor = here.home.clock, here.executor
    assert isinstance(clock, FakeClock)
    executor.end(code=0)
    clock.advance(timedelta(minutes=65))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        assert await here.ends() == [(1, "ok"), (1, None)]


STOPPED = "the supervisor of runs was told to stop"


async def test_a_run_that_ends_with_its_supervisor_is_lost(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=2)
        await here.add("child", after=["nightly:end"])
        await here.home.advance(hours=1)
        (run_id,) = here.executor.going()
        known = here.executor.known[run_id]
        here.executor.known[run_id] = replace(known, reason=STOPPED)
        await here.end(ending=Ending.CANCELLED, signal=15)
        (run,) = await here.runs()
        assert (run["end"], run["reason"]) == ("lost", STOPPED)
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "lost"
        assert await here.slots() == ["lost"]
        assert len(await here.runs("child")) == 1


async def test_what_is_idempotent_is_run_again_after_a_stop_of_its_supervisor(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(retries=1, retry_base="1m", idempotent=True)
        await here.home.advance(hours=1)
        await here.end(ending=Ending.CANCELLED, signal=15)
        await here.home.advance(minutes=1)
        await here.end(0)
        assert await here.ends() == [(1, "lost"), (2, "ok")]
        assert await here.home.incidents() == []


async def test_a_supervisor_that_is_being_stopped_is_asked_again(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        here.executor.refuses = "it is being stopped"
        here.executor.refuses_why = Refusal.NOT_RECORDED
        with pytest.raises(Unavailable):
            await here.home.advance(hours=1)
        assert here.home.engine.health.faults() == {
            "executor": "runs cannot be started: it is being stopped"
        }
        here.executor.refuses = ""
        await here.home.settle()
        await here.end(0)
        assert await here.ends() == [(1, "ok")]
        assert await here.home.incidents() == []


DATABASE = "cronitor.db"


async def restore(path: Path, backup: Path, clock: FakeClock) -> None:
    """As `cronitor restore`, the server being stopped."""
    database = path / DATABASE
    restoring.restore(
        backup, database, now=clock.now(), by="ann", agree=lambda offer: None
    )


@pytest.mark.parametrize("forgets", [False, True])
async def test_nothing_is_run_again_after_an_older_database_is_back(
    tmp_path: Path, forgets: bool
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    kept = tmp_path / "kept.db"
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", overlap="allow", max_parallel=9)
        await here.add("often", every="10m")
        await here.add("waits", no_schedule=True, overlap="queue")
        await here.run("waits")
        await here.run("waits")
        (started, waiting) = await here.runs("waits")
        assert (started["stage"], waiting["stage"]) == ("running", "waiting")
    shutil.copy(tmp_path / DATABASE, kept)
    async with reopened(tmp_path, executor, clock) as here:
        for _ in range(18):
            await here.home.advance(minutes=10)
            for each in executor.going():
                executor.end(each)
            await here.home.settle()
        assert [end for _, end in await here.ends("waits")] == ["ok", "ok"]
        assert [end for _, end in await here.ends()] == ["ok"] * 3
        newest = (await here.runs("often"))[-1]
    begun = [each.id for each in executor.begun]
    clock.advance(timedelta(minutes=5))
    if forgets:
        executor.forgotten.clear()
    await restore(tmp_path, kept, clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        assert [each.id for each in executor.begun] == begun
        assert [end for _, end in await here.ends("waits")] == ["lost", "lost"]
        assert [end for _, end in await here.ends()] == ["skipped"] * 3
        reasons = {each["reason"] for each in await here.runs()}
        assert reasons == {dispatch.RESTORED}
        (blind,) = await here.home.blind_times()
        assert "skipped" in str(blind)
        await here.home.advance(hours=1)
        again = [each.id for each in executor.begun[len(begun) :]]
        assert again
        assert not set(again) & set(begun)
        # no number stands for two runs
        assert (await here.runs("often"))[-1]["id"] > newest["id"]


async def test_what_goes_on_is_found_again_by_an_older_database(
    tmp_path: Path,
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    kept = tmp_path / "kept.db"
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(no_schedule=True, overlap="queue")
        await here.run()
        await here.run()
    shutil.copy(tmp_path / DATABASE, kept)
    async with reopened(tmp_path, executor, clock) as here:
        await here.end()
        (second,) = executor.going()
    await restore(tmp_path, kept, clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        assert executor.going() == [second]
        await here.end()
        assert [end for _, end in await here.ends()] == ["lost", "ok"]
        assert len(executor.begun) == 2


async def test_what_was_cancelled_before_it_arrived_never_begins(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add(every="1h", grace="30m")
        await here.home.settle()
        here.executor.is_away = True
        with pytest.raises(Unavailable):
            await here.home.advance(hours=1)
        (run,) = await here.runs()
        assert run["stage"] == "starting"
        await here.home.engine.runs.cancel("nightly", ANN)
        with pytest.raises(Unavailable):
            await here.home.advance(minutes=10)
        here.executor.is_away = False
        await here.home.settle()
        assert here.executor.begun == []
        assert await here.ends() == [(1, "cancelled")]
        assert await here.slots() == ["skipped"]
        await here.home.advance(hours=1)
        assert len(here.executor.begun) == 1


async def test_what_arrived_before_it_was_cancelled_is_ended(tmp_path: Path) -> None:
    async with works(tmp_path) as here:
        await here.add()
        here.executor.loses_answers = True
        with pytest.raises(Unavailable):
            await here.home.advance(hours=1)
        here.executor.loses_answers = False
        await here.home.engine.runs.cancel("nightly", ANN)
        await here.home.settle()
        assert here.executor.cancelled == [here.executor.begun[0].id]
        assert await here.ends() == [(1, "cancelled")]
        assert len(here.executor.begun) == 1


async def test_what_was_handed_over_and_never_arrived_ends_with_the_pause(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add()
        await here.home.settle()
        here.executor.is_away = True
        with pytest.raises(Unavailable):
            await here.home.advance(hours=1)
        await here.home.engine.jobs.pause("nightly", ANN)
        here.executor.is_away = False
        await here.home.advance(minutes=10)
        assert here.executor.begun == []
        (run,) = await here.runs()
        assert (run["end"], run["reason"]) == ("skipped", "paused by ann (cli)")
        assert (await here.home.job("nightly"))["pings"] == []
