"""A supervisor that lives and does nothing."""

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.executors import connections, hanging, local, processes
from bot.executors.base import Ending, State
from tests.executors.house import PATIENCE_S, House, house, order, script, until


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """A healthy one speaks less often than that, and is let be since it greets."""
    monkeypatch.setattr(connections, "SILENCE_S", 1.0)
    monkeypatch.setattr(connections, "LAST_LOOK_S", 0.2)
    monkeypatch.setattr(local, "RETRY_S", (0.05, 0.2, 0.5))
    monkeypatch.setattr(local, "CONNECT_S", 2.0)


async def settled(here: House) -> None:
    """Wait until another supervisor answers."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await here.executor.reports([])
            except Unavailable:
                continue
            return


@pytest.mark.usefixtures("hurry")
async def test_one_that_hangs_is_ended_and_its_runs_are_taken_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(local, "CONFIRM_S", 1.0)
    async with house(tmp_path) as here:
        text = f"echo on; while [ ! -e {tmp_path}/go ]; do sleep 0.05; done; echo off"
        started = await here.started(script("a", text))
        await here.said("a", b"on")
        await here.ran(script("b", "exit 3"))
        old = await here.pid()
        os.kill(old, signal.SIGSTOP)
        with pytest.raises(Unavailable, match="silent for 1 s"):
            await here.executor.reports()
        await here.replaced(old)
        assert await here.pid() != old
        report = await here.report("a")
        assert (report.state, report.pid) == (State.LOST, started.pid)
        assert (await here.report("b")).exit_code == 3
        assert (await here.ran(order("c", "true"))).ending is Ending.EXITED
        (tmp_path / "go").touch()
        assert (await here.ended("a")).ending is Ending.LOST
        assert await here.text("a") == b"on\noff\n"
    (said,) = [x for x in caplog.records if x.levelno == logging.ERROR]
    assert said.getMessage() == (
        f"the supervisor of runs hangs: process {old} was ended, "
        "and another one takes over its runs"
    )


@pytest.mark.usefixtures("hurry")
async def test_one_that_was_silent_and_greets_is_let_be(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as here:
        old = await here.pid()
        os.kill(old, signal.SIGSTOP)
        with pytest.raises(Unavailable, match="silent for 1 s"):
            await here.executor.reports()
        os.kill(old, signal.SIGCONT)
        await settled(here)
        assert await here.pid() == old
    assert [x for x in caplog.records if x.levelno == logging.ERROR] == []


@pytest.mark.usefixtures("hurry")
async def test_one_that_hung_before_the_start_is_ended(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        old = await here.pid()
        await here.disconnect()
        os.kill(old, signal.SIGSTOP)
        await here.connect()
        await settled(here)
        assert await here.pid() != old


@pytest.mark.usefixtures("hurry")
async def test_one_that_hangs_before_it_listens_is_ended(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        old = await here.pid()
        os.kill(old, signal.SIGSTOP)
        (here.folder / "supervisor-1.sock").unlink()
        await here.replaced(old)
        assert await here.pid() != old


async def test_one_that_waits_for_the_disk_is_let_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house(tmp_path) as here:
        old = await here.pid()
        assert hanging.holder(here.folder) == old
        assert not processes.waits_for_disk(old)
        monkeypatch.setattr(processes, "waits_for_disk", lambda pid: pid == old)
        said = hanging.end(here.folder)
        assert said == f"process {old} waits for the disk, and its runs go on"
        assert (await here.ran(order("a", "true"))).ending is Ending.EXITED
        assert await here.pid() == old


async def test_nobody_is_ended_who_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert hanging.end(tmp_path) == ""
    async with house(tmp_path) as here:
        lock = here.folder / "supervisor-1.lock"
        signed = lock.read_text()
        for text in ("", "x", f"{os.getpid()} 1\n", "999999999 \n"):
            lock.write_text(text)
            assert hanging.end(here.folder) == ""
        lock.write_text(signed)

        def refuse(pid: int, number: int) -> None:
            raise PermissionError(1, "Operation not permitted")

        with monkeypatch.context() as other:
            other.setattr(os, "kill", refuse)
            assert "cannot be ended: Operation not" in hanging.end(here.folder)
        pid = await here.pid()
        await here.disconnect()
        await here.kill_supervisor(pid)
        assert hanging.end(here.folder) == ""
        await here.connect()


@pytest.mark.usefixtures("hurry")
async def test_one_that_is_only_gone_does_not_hang(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    here = House(tmp_path / "runs")
    tried = 0

    async def launch(folder: Path) -> None:
        nonlocal tried
        tried += 1
        raise Unavailable("there is no place for runs")

    # here is nobody, for longer than one may be silent
    here.launch = launch  # type: ignore[method-assign]
    await here.disconnect()
    running = asyncio.create_task(here.executor.run())
    await until(lambda: tried > 6)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    (said,) = [x for x in caplog.records if x.levelno == logging.ERROR]
    assert said.getMessage() == "runs cannot be started: there is no place for runs"


@pytest.mark.usefixtures("hurry")
async def test_one_that_hangs_and_is_not_known_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as here:
        old = await here.pid()
        lock = here.folder / "supervisor-1.lock"
        signed = lock.read_text()
        lock.write_text("")
        os.kill(old, signal.SIGSTOP)
        said = "the supervisor of runs hangs: which process it is cannot be told"
        async with asyncio.timeout(PATIENCE_S):
            while said not in caplog.messages:
                await asyncio.sleep(0.05)
        with pytest.raises(Unavailable, match="cannot be told"):
            await here.executor.reports()
        lock.write_text(signed)
        await here.replaced(old)
        assert caplog.messages.count(said) == 1
