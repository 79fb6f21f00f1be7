"""What systemd is told, over a real datagram socket."""

import asyncio
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from bot import systemd
from bot.clock import SystemClock
from bot.engine import readiness
from bot.stopping import Stages
from bot.systemd import Manager, Reporter
from storage.database import Transaction
from tests.engine.house import house
from tests.fakes import FakeClock
from tests.tree import ROOT

UNIT = re.compile(r"^```ini\n(\[Unit\]\n.*?)^```", re.MULTILINE | re.DOTALL)


class Systemd:
    """The other end: what has been said, in order."""

    def __init__(self, listening: socket.socket, address: str) -> None:
        self._listening = listening
        self.address = address

    def heard(self) -> list[str]:
        """Every line since the last call."""
        lines: list[str] = []
        while True:
            try:
                lines += self._listening.recv(4096).decode().split("\n")
            except BlockingIOError:
                return lines


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Systemd]:
    """One that listens at a path or at an abstract name."""
    address = f"@cronitor-test-{uuid4()}"
    if request.param == "path":
        address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address.replace("@", "\0", 1))
        listening.setblocking(False)
        yield Systemd(listening, address)


def test_what_is_said_arrives_as_lines(manager: Systemd) -> None:
    told = systemd.find({"NOTIFY_SOCKET": manager.address})
    assert told.is_there
    told.tell(READY=1, STATUS="42 jobs\nSTOPPING=1")
    assert manager.heard() == ["READY=1", "STATUS=42 jobs STOPPING=1"]


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "relative"])
def test_without_a_socket_nothing_happens(address: str) -> None:
    told = systemd.find({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    assert not told.is_there
    assert told.watchdog_s is None
    told.tell(READY=1)


def test_a_manager_that_is_gone_disturbs_nobody(tmp_path: Path) -> None:
    Manager(str(tmp_path / "gone")).tell(READY=1)
    Manager(str(tmp_path / ("x" * 200))).tell(READY=1)


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "8"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "-1"}, None),
    ],
)
def test_the_watchdog_is_that_of_this_process(
    environ: dict[str, str], seconds: float | None
) -> None:
    found = systemd.find({"NOTIFY_SOCKET": "/run/n", **environ}, pid=7)
    assert found.watchdog_s == seconds


async def test_it_says_how_the_jobs_are_when_that_has_changed(
    tmp_path: Path, manager: Systemd
) -> None:
    async with house(tmp_path) as home:
        reporter = Reporter(Manager(manager.address), home.engine, home.clock)
        await reporter.step()
        await reporter.step()
        await home.add("backup", every="1h")
        await home.ping("backup", "fail")
        await reporter.step()
    assert manager.heard() == ["STATUS=0 jobs", "STATUS=1 job, 1 failing"]


async def test_a_process_that_hangs_is_not_said_to_live(
    tmp_path: Path,
    manager: Systemd,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ends = asyncio.Event()

    async def hang(tx: Transaction) -> None:
        await ends.wait()

    async with house(tmp_path) as home:
        reporter = Reporter(Manager(manager.address, 30), home.engine, home.clock)
        await reporter.step()
        assert manager.heard() == ["WATCHDOG=1", "STATUS=0 jobs"]
        home.clock.advance(timedelta(seconds=15))
        hanging = asyncio.create_task(home.db.write(hang))
        with monkeypatch.context() as patched:
            patched.setattr(readiness, "WITHIN_S", 0.05)
            await reporter.step()
            await reporter.step()
        assert manager.heard() == []
        assert caplog.text.count("is not told that this process is well") == 1
        ends.set()
        await hanging
        home.clock.advance(timedelta(seconds=15))
        await reporter.step()
        assert manager.heard() == ["WATCHDOG=1"]


async def test_what_no_restart_would_mend_does_not_end_it(
    tmp_path: Path, manager: Systemd
) -> None:
    async with house(tmp_path) as home:
        reporter = Reporter(Manager(manager.address, 30), home.engine, home.clock)
        home.engine.link.lost()
        home.clock.advance(timedelta(hours=1))
        await home.db.close()
        await reporter.step()
        assert "WATCHDOG=1" in manager.heard()


async def until_alive(manager: Systemd) -> None:
    """Wait until it is said."""
    async with asyncio.timeout(5):
        while "WATCHDOG=1" not in manager.heard():
            await asyncio.sleep(0.01)


async def test_it_is_said_at_half_of_the_time(tmp_path: Path, manager: Systemd) -> None:
    clock = FakeClock()
    async with house(tmp_path, clock=clock) as home:
        reporter = Reporter(Manager(manager.address, 10), home.engine, clock)
        task = asyncio.create_task(reporter.run())
        for _ in range(3):
            await until_alive(manager)
            clock.advance(timedelta(seconds=4.9))
            await asyncio.sleep(0.05)
            assert manager.heard() == []
            clock.advance(timedelta(seconds=0.1))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_each_stage_of_a_stop_asks_for_its_time(manager: Systemd) -> None:
    never = asyncio.Event()

    async def hang() -> None:
        await never.wait()

    async def quick() -> None:
        return None

    began = SystemClock().monotonic()
    async with AsyncExitStack() as stack:
        stages = Stages(stack, Manager(manager.address))
        stages.push(30, "store", quick)
        stages.push(0.05, "web", hang)
    assert SystemClock().monotonic() - began < 5
    assert manager.heard() == [
        "STATUS=stopping: web",
        "EXTEND_TIMEOUT_USEC=5050000",
        "STATUS=stopping: store",
        "EXTEND_TIMEOUT_USEC=35000000",
    ]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_the_unit_of_the_docs_is_one_that_systemd_takes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    (unit,) = UNIT.findall(page)
    program = "/opt/cronitor/bin/cronitor up"
    assert f"ExecStart={program}\n" in unit
    file = tmp_path / "cronitor.service"
    file.write_text(unit.replace(program, shutil.which("true") or "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", file], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
