"""Runs over restarts, lost answers, and a lost executor."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.core.kinds import Overlap
from bot.errors import Unavailable
from bot.executors.base import Ending, State
from tests.engine.house import ANN
from tests.engine.works import Works, reopened, works
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


#: the dues of an hourly job, from the first on
HOURS = [f"2026-11-23T{hour:02}:00:00Z" for hour in range(4, 14)]


def begun(executor: FakeExecutor, name: str = "CRONITOR_DUE") -> list[str]:
    """What each run was told, in the order in which they have begun."""
    return [dict(order.env)[name].replace("+00:00", "Z") for order in executor.begun]


async def end_all(here: Works) -> None:
    """Whatever is started ends well, and so does what comes after it."""
    while here.executor.going():
        assert len(here.executor.going()) == 1, "one after the other"
        await here.end(0)


@pytest.mark.parametrize("overlap", Overlap)
async def test_all_dues_are_caught_up_on_in_order(
    tmp_path: Path, overlap: Overlap
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", overlap=overlap.value)
    clock.advance(timedelta(hours=5, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await end_all(here)
        runs = await here.runs()
        assert [(run["due_at"], run["end"]) for run in runs] == [
            (due_at, "ok") for due_at in HOURS[:5]
        ]
        assert begun(executor) == HOURS[:5]
        assert {run["by"] for run in runs} == {"schedule, caught up on"}
        assert await here.home.incidents() == []
        # the next one is on time
        await here.home.advance(minutes=50)
        assert (await here.runs())[-1]["by"] == "schedule"


@pytest.mark.parametrize(
    ("overlap", "ends"),
    [
        # what is on time while others are caught up on obeys the rule
        ("skip", ["ok", "ok", "ok", "skipped"]),
        ("queue", ["ok", "ok", "ok", "ok"]),
        ("allow", ["ok", "ok", "ok", "ok"]),
        ("replace", ["cancelled", "skipped", "skipped", "ok"]),
    ],
)
async def test_a_due_that_comes_meanwhile_obeys_its_rule(
    tmp_path: Path, overlap: str, ends: list[str]
) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", overlap=overlap)
    clock.advance(timedelta(hours=3, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await here.home.advance(minutes=50)
        await end_all(here)
        runs = await here.runs()
        assert [run["end"] for run in runs] == ends
        assert [run["due_at"] for run in runs] == HOURS[:4]
        assert await here.home.incidents() == []


async def test_what_waits_to_be_caught_up_on_survives_a_restart(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all")
    clock.advance(timedelta(hours=3, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
    clock.advance(timedelta(hours=2))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await end_all(here)
        assert await here.ends() == [(1, "ok")] * 5
        assert begun(executor) == HOURS[:5]


async def test_one_that_is_tried_again_keeps_its_place(tmp_path: Path) -> None:
    clock = FakeClock()
    executor = FakeExecutor(clock)
    async with reopened(tmp_path, executor, clock) as here:
        await here.add(catch_up="all", retries=1, retry_base="1m")
    clock.advance(timedelta(hours=2, minutes=10))
    async with reopened(tmp_path, executor, clock) as here:
        await here.home.settle()
        await here.end(1)
        assert executor.going() == []
        await here.home.advance(minutes=1)
        await end_all(here)
        assert begun(executor) == [HOURS[0], HOURS[0], HOURS[1]]
        assert begun(executor, "CRONITOR_ATTEMPT") == ["1", "2", "1"]
