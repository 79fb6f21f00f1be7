"""Time-outs and cancelling: TERM, the grace, KILL, and all that is left."""

import asyncio
import os
import signal
from pathlib import Path

from bot.executors.base import Ending, Refusal, Refused, Started, State
from bot.executors.supervisor import STOPPING
from tests.executors.house import House, code, house, is_alive, order, script

DEAF = "trap '' TERM; echo deaf; while :; do sleep 1; done"
#: leaves its session, its group and its parent; says its pid
LEAVES = """if 1:
    import os, signal, sys, time
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("left", os.getpid(), flush=True)
            for fd in (0, 1, 2):
                os.close(fd)
            time.sleep(600)
        os._exit(0)
    os.wait()
    time.sleep(600)
"""


async def pid_of(here: House, run_id: str, word: str) -> int:
    await here.said(run_id, b"\n")
    said = (await here.text(run_id)).decode().split()
    return int(said[said.index(word) + 1])


async def test_a_run_out_of_time_is_told_to_end(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        text = "trap 'echo bye; exit 9' TERM; while :; do sleep 0.05; done"
        report = await here.ran(script("a", text, timeout_s=0.5))
        assert (report.ending, report.exit_code) == (Ending.TIMED_OUT, 9)
        assert (await here.text("a")).endswith(b"bye\n")


async def test_a_run_in_time_is_left_alone(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        report = await here.ran(order("a", "sleep", "0.1", timeout_s=60))
        assert (report.ending, report.exit_code) == (Ending.EXITED, 0)


async def test_a_run_that_ignores_term_is_killed_after_the_grace(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        await here.start(script("a", DEAF))
        await here.said("a", b"deaf")
        assert await here.executor.cancel(["a", "b"], grace_s=0.5) == ["a"]
        stopping = await here.report("a")
        assert stopping.state is State.RUNNING
        assert stopping.stopping is Ending.CANCELLED
        report = await here.ended("a")
        assert (report.ending, report.signal) == (Ending.CANCELLED, signal.SIGKILL)
        assert report.stopping is None
        assert await here.executor.cancel(["a"]) == []


async def test_the_whole_group_hears_it(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        text = f'sh -c "echo child $$; {DEAF}" & echo main $!; wait'
        await here.start(script("a", text))
        await here.said("a", b"deaf")
        child = await pid_of(here, "a", "main")
        await here.executor.cancel(["a"], grace_s=0.3)
        assert (await here.ended("a")).signal == signal.SIGTERM
        assert not is_alive(child)


async def test_who_has_left_the_session_is_swept(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(code("a", LEAVES))
        child = await pid_of(here, "a", "left")
        assert os.getsid(child) != (await here.report("a")).pid
        await here.executor.cancel(["a"], grace_s=0.3)
        report = await here.ended("a")
        assert report.ending is Ending.CANCELLED
        assert not is_alive(child)


async def test_who_has_left_and_hides_is_known_by_its_parent(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        hidden = "env -i setsid sh -c 'echo hid $$; sleep 600' & wait"
        await here.start(script("a", hidden))
        child = await pid_of(here, "a", "hid")
        await here.executor.cancel(["a"], grace_s=5)
        assert (await here.ended("a")).ending is Ending.CANCELLED
        assert not is_alive(child)


async def test_a_stopped_process_hears_it_too(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        started = await here.started(order("a", "sleep", "600"))
        os.kill(started.pid, signal.SIGSTOP)
        await here.executor.cancel(["a"], grace_s=600)
        assert (await here.ended("a")).signal == signal.SIGTERM


async def test_the_second_word_shortens_the_grace(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(script("a", DEAF))
        await here.said("a", b"deaf")
        await here.executor.cancel(["a"], grace_s=600)
        await here.executor.cancel(["a"], grace_s=0)
        assert (await here.ended("a")).signal == signal.SIGKILL


async def test_two_hundred_are_cancelled_together(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        ids = [f"r{n}" for n in range(200)]
        await here.start(*(order(run_id, "sleep", "600") for run_id in ids))
        assert await here.executor.cancel(ids) == ids
        for run_id in ids:
            assert (await here.ended(run_id)).ending is Ending.CANCELLED


async def test_what_waits_is_cancelled_before_it_starts(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        many = [script(f"r{n}", f"touch {tmp_path}/r{n}") for n in range(500)]
        starting = asyncio.create_task(here.start(*many))
        while not await here.executor.reports():
            await asyncio.sleep(0)
        await here.executor.cancel([each.id for each in many])
        await starting
        reports = [await here.ended(each.id) for each in many]
        never = [x for x in reports if x.ending is Ending.CANCELLED and not x.pid]
        assert never
        assert {x.reason for x in never} == {"cancelled before it was started"}
        assert not [x for x in never if (tmp_path / x.id).exists()]


async def test_a_supervisor_that_is_told_to_stop_ends_its_runs(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.start(order("a", "sleep", "600"))
        os.kill(await here.pid(), signal.SIGTERM)
        report = await here.ended("a")
        assert (report.ending, report.signal) == (Ending.CANCELLED, signal.SIGTERM)
        assert "told to stop" in report.reason


async def test_what_comes_while_a_supervisor_is_being_stopped_may_come_again(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        text = f"trap 'while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; exit 0' TERM"
        text += "; echo on; while :; do sleep 0.05; done"
        await here.start(script("a", text))
        await here.said("a", b"on")
        old = await here.pid()
        many = [script(f"r{n}", f"echo >> {tmp_path}/r{n}") for n in range(500)]
        starting = asyncio.create_task(here.start(*many))
        while len(await here.executor.reports()) < 2:
            await asyncio.sleep(0)
        os.kill(old, signal.SIGTERM)
        answers = await starting + await here.start(order("b", "true"))
        refused = [each for each in answers if isinstance(each, Refused)]
        assert {each.why for each in refused} == {Refusal.NOT_RECORDED}
        assert {each.reason for each in refused} == {STOPPING}
        assert "b" in {each.id for each in refused}
        (tmp_path / "go").touch()
        await here.replaced(old)
        # the next one has not seen them, and each is made once
        by_id = {each.id: each for each in [*many, order("b", "true")]}
        again = [by_id[each.id] for each in refused]
        answers = await here.start(*again)
        assert {type(each) for each in answers} == {Started}
        for each in again:
            assert (await here.ended(each.id)).ending is Ending.EXITED
