"""Who may speak to a supervisor, and what happens when it is another one."""

import asyncio
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from bot.errors import Unavailable
from bot.executors import launching, wire
from bot.executors.base import Ending, Refusal, State
from tests.executors.house import (
    RELEASE,
    House,
    environ,
    house,
    is_alive,
    order,
    python,
    refusals,
    script,
    until,
)

SOCKET = f"{wire.name()}.sock"
#: a program in C's place: connects, and says what it is told first
STRANGER = """if 1:
    import os, socket, sys
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    print(s.recv(100))
"""


def test_everything_is_for_its_owner_alone(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        asyncio.run(_look(tmp_path))
    finally:
        os.umask(umask)


async def _look(folder: Path) -> None:
    async with house(folder) as here:
        await here.ran(script("a", "echo x"))
        found = [here.folder, *here.folder.rglob("*")]
        modes = {x.name: stat.S_IMODE(x.stat().st_mode) for x in found}
        assert {"runs", SOCKET, "a.head", "supervisor-1.journal"} <= set(modes)
        assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another")
async def test_another_user_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        path = here.folder / SOCKET

        # a short name for a path that may be too long
        link = Path(f"/tmp/{here.folder.stat().st_ino}")
        link.symlink_to(path)
        try:
            assert "PermissionError" in (await stranger(link)).stderr
            # even if somebody opens the doors
            for each in doors(path):
                each.chmod(each.stat().st_mode | 0o777)
            done = await stranger(link)
            assert done.stdout == "b''\n", done.stderr
        finally:
            link.unlink()
        assert (await here.ran(order("a", "true"))).exit_code == 0


async def stranger(link: Path) -> subprocess.CompletedProcess[str]:
    """Another user looks in."""
    command = [sys.executable, "-c", STRANGER, str(link)]
    run = partial(subprocess.run, command, capture_output=True, text=True, check=False)
    return await asyncio.to_thread(run)


def doors(path: Path) -> list[Path]:
    """What is between another user and the socket."""
    return [path, *(x for x in path.parents if x.stat().st_mode & 0o001 == 0)]


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\xff" * 100,
        struct.pack("!I", 3) + b"abc",
        struct.pack("!I", 2) + b"[]",
        wire.encode({}),
        wire.encode({"do": "start", "n": 1}),
        wire.encode({"do": "start", "n": 1, "orders": 5}),
        wire.encode({"do": "cancel", "n": 1, "ids": [{}], "grace_s": "x"}),
        wire.encode({"do": "list", "n": 1, "ids": 5}),
        wire.encode({"do": [], "n": []}),
        struct.pack("!I", 100_000) + b"[" * 100_000,
    ],
)
async def test_garbage_harms_nobody(tmp_path: Path, garbage: bytes) -> None:
    async with house(tmp_path) as here:
        await here.start(order("a", "sleep", "0.5"))
        with socket.socket(socket.AF_UNIX) as stranger:
            await asyncio.to_thread(_connect, stranger, here.folder)
            stranger.sendall(garbage)
            stranger.shutdown(socket.SHUT_WR)
            await asyncio.to_thread(_read_all, stranger)
        report = await here.ended("a")
        assert (report.ending, report.exit_code) == (Ending.EXITED, 0)
        assert here.launched == 1
        assert (here.folder / "supervisor-1.log").read_text() == ""


def _connect(plain: socket.socket, folder: Path) -> None:
    held = os.open(folder, os.O_PATH)
    plain.connect(f"/proc/self/fd/{held}/{SOCKET}")
    os.close(held)


def _read_all(plain: socket.socket) -> None:
    while plain.recv(65536):
        pass


async def test_what_it_does_not_know_it_says(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        assert await here.ask("dance") == {"re": 1, "unknown": "dance"}


async def test_a_path_may_be_long(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 100) / ("y" * 100)
    async with house(long) as here:
        assert (await here.ran(order("a", "true"))).exit_code == 0


async def test_there_is_one_supervisor_at_a_time(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        pid = await here.pid()
        await asyncio.gather(*(here.launch(here.folder) for _ in range(5)))
        assert await here.pid() == pid
        command = [*python(), launching.__file__.replace("launching.py", "")]
        names = [str(here.folder), wire.name(), "1.0", "60"]
        done = await asyncio.create_subprocess_exec(
            *command, *names, stdout=asyncio.subprocess.PIPE, env=environ()
        )
        assert (await done.communicate())[0] == b"taken\n"
        assert done.returncode == 0


async def test_one_that_cannot_be_started_says_why(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "output").touch()
    with pytest.raises(Unavailable, match="FileExistsError"):
        await House(tmp_path / "runs").launch(tmp_path / "runs")


async def test_two_clients_hear_the_same(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        other = House(here.folder)
        await other.connect()
        await here.start(script("a", "exit 3"))
        assert (await other.ended("a")).exit_code == 3
        assert other.launched == 0
        await other.disconnect()


async def test_another_release_waits_until_the_old_one_is_idle(tmp_path: Path) -> None:
    async with house(tmp_path, release="1.0") as here:
        await here.start(order("a", "sleep", "600"))
        old = await here.pid()
        await here.disconnect()
        here.release = "1.1"
        await here.disconnect()
        await here.connect()
        assert (await here.report("a")).state is State.RUNNING
        assert await here.pid() == old
        await here.executor.cancel(["a"], grace_s=0)
        await here.ended("a")
        await here.disconnect()
        await here.connect()
        assert await here.pid() != old
        assert not is_alive(old)
        assert (await here.report("a")).ending is Ending.CANCELLED


class Neighbour(House):
    """One that speaks a protocol of before."""

    async def launch(self, folder: Path) -> None:
        """Start a supervisor under another name."""
        launching.prepare(folder)
        command = [*launching._DETACHED, *python(), launching._HERE]
        names = [str(folder), wire.name(0), RELEASE, "0.5"]
        said = await asyncio.to_thread(launching._run, [*command, *names], environ())
        assert said == "ready"
        (folder / SOCKET).unlink(missing_ok=True)
        (folder / SOCKET).symlink_to(folder / f"{wire.name(0)}.sock")


async def test_one_of_another_protocol_keeps_its_runs(tmp_path: Path) -> None:
    """A socket with our name leads to it as long as we play the older client."""
    older = Neighbour(tmp_path / "runs")
    await older.connect()
    old = await older.pid()
    text = "echo on; while [ ! -e go ]; do sleep 0.05; done; exit 3"
    await older.start(script("a", text, cwd=str(tmp_path)), order("b", "sleep", "600"))
    await older.said("a", b"on")
    await older.disconnect()
    (older.folder / SOCKET).unlink()
    async with house(tmp_path) as here:
        assert await here.pid() != old
        reports = {report.id: report for report in await here.executor.reports()}
        assert {x.state for x in reports.values()} == {State.RUNNING}
        answers = await here.start(order("a", "true"), order("b", "true"))
        assert refusals(answers) == {Refusal.SEEN}
        (tmp_path / "go").touch()
        report = await here.ended("a")
        assert (report.ending, report.exit_code) == (Ending.EXITED, 3)
        assert await here.text("a") == b"on\n"
        assert await here.executor.cancel(["b"], grace_s=5) == ["b"]
        assert (await here.ended("b")).signal == signal.SIGTERM
        await here.executor.forget(["b"])
        await until(lambda: not is_alive(old))
        await until(lambda: not (here.folder / "supervisor-0.journal").exists())
        assert [x.id for x in await here.executor.reports()] == ["a"]
        # what the older one had, forgotten or not, is refused by the one after it
        answers = await here.start(order("a", "true"), order("b", "true"))
        assert refusals(answers) == {Refusal.SEEN}


async def test_what_a_killed_neighbour_has_left_is_taken_over(tmp_path: Path) -> None:
    older = Neighbour(tmp_path / "runs")
    await older.connect()
    started = await older.started(order("a", "sleep", "600"))
    await older.disconnect()
    (older.folder / SOCKET).unlink()
    async with house(tmp_path) as here:
        (pid,) = set(_supervisors(here.folder)) - {await here.pid()}
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(30):
            while (await here.report("a")).state is not State.LOST:
                await asyncio.sleep(0.05)
        assert (await here.report("a")).pid == started.pid
        await here.executor.cancel(["a"], grace_s=5)
        assert (await here.ended("a")).ending is Ending.CANCELLED


def _supervisors(folder: Path) -> list[int]:
    """Processes that were given this folder."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().split(b"\0")
        except OSError:
            continue
        if os.fsencode(folder) in words:
            found.append(int(each.parent.name))
    return found
