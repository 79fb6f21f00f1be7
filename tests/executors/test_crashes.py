"""What outlives what: the client and the supervisor are killed with KILL."""

import asyncio
import os
import random
import shutil
import signal
import sys
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.executors.base import Ending, EventKind, Refusal, State
from tests import tree
from tests.executors.house import (
    PATIENCE_S,
    RELEASE,
    House,
    code,
    environ,
    house,
    is_alive,
    order,
    refusals,
    script,
    until,
)

#: a client of its own that starts runs until it is killed
CLIENT = """if 1:
    import asyncio, sys
    from pathlib import Path
    from bot.clock import SystemClock
    from bot.executors.base import Order
    from bot.executors.local import LocalExecutor

    folder, release, first, last = sys.argv[1:]
    text = 'echo $$ >> "$1"; echo begun; sleep 1; echo done; exit 7'

    async def main():
        clock = SystemClock()
        executor = LocalExecutor(Path(folder), release=release, clock=clock)
        running = asyncio.create_task(executor.run())
        for n in range(int(first), int(last)):
            argv = (text, "sh", f"{folder}/../count-r{n}")
            env = (("PATH", "/usr/bin:/bin"),)
            await executor.start([Order(id=f"r{n}", argv=argv, shell=True, env=env)])
            print(n, flush=True)
        await running

    asyncio.run(main())
"""


async def client(here: House, first: int, last: int) -> asyncio.subprocess.Process:
    """A server of its own, as far as runs go."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", CLIENT, here.folder, RELEASE, str(first), str(last)),
        cwd=tree.ROOT,
        env={**os.environ, **environ(), "PYTHONPATH": str(tree.ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )


async def said(process: asyncio.subprocess.Process, number: int) -> None:
    """Wait until it has started that run."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        while int((await process.stdout.readline()).strip()) < number:
            pass


async def test_runs_outlive_a_client_that_is_killed(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        process = await client(here, 0, 3)
        await said(process, 2)
        process.kill()
        await process.wait()
        for n in range(3):
            report = await here.ended(f"r{n}")
            assert (report.ending, report.exit_code) == (Ending.EXITED, 7)
            assert await here.text(report.id) == b"begun\ndone\n"


async def test_two_hundred_runs_and_clients_that_are_killed_at_random(
    tmp_path: Path,
) -> None:
    chance = random.Random(6)
    async with house(tmp_path) as here:
        first = 0
        while first < 200:
            process = await client(here, first, 200)
            until_n = min(first + chance.randrange(20, 80), 199)
            await said(process, until_n)
            await asyncio.sleep(chance.random() / 100)
            process.kill()
            await process.wait()
            known = {report.id for report in await here.executor.reports()}
            # the server knows what it has written down, not what was answered
            first = max((int(each[1:]) for each in known), default=-1) + 1
            again = [script(each, "echo twice") for each in sorted(known)]
            answers = await here.start(*again)
            assert refusals(answers) == {Refusal.SEEN}
        for n in range(200):
            report = await here.ended(f"r{n}")
            assert (report.ending, report.exit_code) == (Ending.EXITED, 7)
            assert len((tmp_path / f"count-r{n}").read_text().split()) == 1


async def test_a_lost_run_is_named_and_heard_and_can_be_cancelled(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        text = "echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; sleep 600"
        started = await here.started(script("a", text, cwd=str(tmp_path)))
        await here.ran(script("b", "echo kept; exit 6"))
        await here.said("a", b"one")
        old = await here.kill_supervisor()
        # it writes while nobody is there to read, and is not killed for it
        (tmp_path / "go").touch()
        report = await here.report("a")
        assert await here.pid() != old
        assert (report.state, report.pid) == (State.LOST, started.pid)
        assert report.started_at == started.started_at
        assert "killed" in report.reason
        await here.said("a", b"two")
        assert await here.text("a") == b"one\ntwo\n"
        kept = await here.report("b")
        assert (kept.ending, kept.exit_code) == (Ending.EXITED, 6)
        assert await here.text("b") == b"kept\n"
        answers = await here.start(order("a", "true"), order("b", "true"))
        assert refusals(answers) == {Refusal.SEEN}
        assert await here.executor.cancel(["a"], grace_s=5) == ["a"]
        assert (await here.ended("a")).ending is Ending.CANCELLED
        assert not is_alive(started.pid)


async def test_a_lost_run_that_ends_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        text = "echo on; while [ ! -e go ]; do sleep 0.05; done; echo bye; exit 3"
        await here.start(script("a", text, cwd=str(tmp_path)))
        await here.said("a", b"on")
        await here.kill_supervisor()
        assert (await here.report("a")).state is State.LOST
        (tmp_path / "go").touch()
        report = await here.ended("a")
        assert (report.ending, report.exit_code) == (Ending.LOST, None)
        assert await here.text("a") == b"on\nbye\n"


async def test_a_timeout_outlives_the_supervisor(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        started = await here.started(script("a", "sleep 600", timeout_s=2))
        await here.kill_supervisor()
        report = await here.ended("a")
        assert report.ending is Ending.TIMED_OUT
        assert report.ended_at is not None
        assert (report.ended_at - started.started_at).total_seconds() >= 2
        assert not is_alive(started.pid)


async def test_who_was_being_ended_for_its_timeout_is_ended_after_all(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        text = "trap 'echo heard' TERM; echo on; while :; do sleep 0.1; done"
        started = await here.started(script("a", text, timeout_s=0.5))
        await here.said("a", b"heard")
        await here.kill_supervisor()
        assert (await here.report("a")).stopping is Ending.TIMED_OUT
        await here.executor.cancel(["a"], grace_s=0)
        assert (await here.ended("a")).ending is Ending.TIMED_OUT
        assert not is_alive(started.pid)


async def test_a_run_that_is_gone_with_its_supervisor_is_lost(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        started = await here.started(script("a", "echo on; sleep 600"))
        await here.said("a", b"on")
        pid = await here.pid()
        os.kill(pid, signal.SIGSTOP)
        os.killpg(started.pid, signal.SIGKILL)
        await here.kill_supervisor(pid)
        report = await here.ended("a")
        assert (report.ending, report.pid) == (Ending.LOST, started.pid)
        assert report.output_size == 3


async def test_secrets_are_not_kept_when_they_are_not_known_any_more(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        text = (
            "echo on; while [ ! -e go ]; do sleep 0.05; done; echo topsecret; sleep 1"
        )
        secret = script("a", text, cwd=str(tmp_path), masks=(b"topsecret",))
        await here.start(secret)
        await here.said("a", b"on")
        await here.kill_supervisor()
        assert "secrets" in (await here.report("a")).reason
        (tmp_path / "go").touch()
        assert (await here.ended("a")).ending is Ending.LOST
        assert await here.text("a") == b"on\n"


async def test_an_id_without_a_process_is_lost_and_not_run_again(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        many = [script(f"r{n}", f"echo x >> {tmp_path}/r{n}") for n in range(300)]
        starting = asyncio.create_task(here.start(*many))
        while not await here.executor.reports():
            await asyncio.sleep(0)
        await here.kill_supervisor()
        with pytest.raises(Unavailable):
            await starting
        answers = await here.start(*many)
        assert refusals(answers) == {Refusal.SEEN}
        endings = {(await here.ended(each.id)).ending for each in many}
        assert endings <= {Ending.LOST, Ending.EXITED}
        counts = [tmp_path / each.id for each in many]
        assert {x.read_text() for x in counts if x.exists()} <= {"x\n"}
        assert not all(x.exists() for x in counts)


async def test_a_process_whose_number_was_not_written_down_is_found(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as here:
        started = await here.started(code("a", "import time; time.sleep(600)"))
        await here.disconnect()
        await here.kill_supervisor()
        journal = here.folder / "supervisor-1.journal"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(x for x in lines if b'"seen"' in x))
        await here.connect()
        report = await here.report("a")
        assert (report.state, report.pid) == (State.LOST, started.pid)


async def test_the_client_finds_a_new_supervisor_by_itself(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        events = here.executor.events()
        kinds = [(await anext(events)).kind]
        await here.kill_supervisor()
        async with asyncio.timeout(PATIENCE_S):
            while kinds.count(EventKind.CONNECTED) < 2:
                kinds.append((await anext(events)).kind)
        assert EventKind.DISCONNECTED in kinds
        assert here.launched == 2
        await events.aclose()  # type: ignore[attr-defined]


async def test_a_supervisor_whose_folder_was_removed_ends_too(tmp_path: Path) -> None:
    async with house(tmp_path, idle_s=0.5) as here:
        pid = await here.pid()
        await here.disconnect()
        shutil.rmtree(here.folder)
        await until(lambda: not is_alive(pid))
        await here.connect()
        assert await here.pid() != pid


async def test_a_supervisor_nobody_needs_ends_by_itself(tmp_path: Path) -> None:
    async with house(tmp_path, idle_s=0.5) as here:
        await here.start(order("a", "sleep", "3"))
        pid = await here.pid()
        await here.disconnect()
        await until(lambda: not is_alive(pid))
        assert not (here.folder / "supervisor-1.sock").exists()
        await here.connect()
        report = await here.ended("a")
        assert (report.ending, report.exit_code) == (Ending.EXITED, 0)


async def test_an_id_that_was_forgotten_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        given = script("a", f"echo x >> {tmp_path}/count")
        await here.ran(given)
        await here.executor.forget(["a"])
        assert refusals(await here.start(given)) == {Refusal.SEEN}
        assert await here.executor.reports(["a"]) == []
        await here.kill_supervisor()
        assert refusals(await here.start(given)) == {Refusal.SEEN}
        # and after one more, which has read what this one wrote anew
        await here.kill_supervisor()
        assert refusals(await here.start(given)) == {Refusal.SEEN}
        assert (tmp_path / "count").read_text() == "x\n"
