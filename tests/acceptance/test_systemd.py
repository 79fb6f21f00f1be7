"""The real process under something that listens as systemd does."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.acceptance.server import PATIENCE_S, POLL_S, Server, running

#: it must be heard from at least this often
WATCHDOG_S = 1.0
#: a signal that blocks the event loop, as a bug would
WEDGE = """\
import signal
import time
signal.signal(signal.SIGUSR1, lambda *_: time.sleep(60))
"""


class Systemd:
    """The other end of the socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        self._socket.setblocking(False)
        self.heard: list[str] = []
        # the kernel keeps ten datagrams: whoever does not read loses the next
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        with suppress(BlockingIOError):
            while True:
                self.heard += self._socket.recv(4096).decode().split("\n")

    def count(self, line: str) -> int:
        """How often a line has been said."""
        self._read()
        return self.heard.count(line)

    async def until(self, line: str, more: int = 1) -> None:
        """Wait until a line has been said so often again."""
        await self.until_in_all(line, self.count(line) + more)

    async def until_in_all(self, line: str, count: int = 1) -> None:
        """Wait until a line has been said so often since the start."""
        async with asyncio.timeout(PATIENCE_S):
            while self.count(line) < count:
                await asyncio.sleep(POLL_S)

    async def is_silent(self) -> bool:
        """Whether systemd would take the service for dead by now."""
        # what was under way
        await asyncio.sleep(WATCHDOG_S)
        before = self.count("WATCHDOG=1")
        await asyncio.sleep(2 * WATCHDOG_S)
        return self.count("WATCHDOG=1") == before


@asynccontextmanager
async def under_systemd(folder: Path) -> AsyncIterator[tuple[Server, Systemd]]:
    """A server, and what it is watched by."""
    (folder / "path").mkdir()
    (folder / "path" / "sitecustomize.py").write_text(WEDGE, "utf-8")
    path = [str(folder / "path"), os.environ.get("PYTHONPATH", "")]
    manager = Systemd(folder / "notify")
    environ = {
        "NOTIFY_SOCKET": str(folder / "notify"),
        "WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000)),
        "PYTHONPATH": os.pathsep.join(filter(None, path)),
    }
    try:
        async with running(folder, **environ) as server:
            yield server, manager
    finally:
        manager.close()


async def test_ready_status_alive_and_stopping(tmp_path: Path) -> None:
    async with under_systemd(tmp_path) as (server, manager):
        assert manager.count("READY=1") <= 1
        await manager.until("WATCHDOG=1", more=3)
        assert manager.count("READY=1") == 1
        await manager.until_in_all("STATUS=0 jobs")
        await server.add("backup", "--every", "1h")
        await manager.until_in_all("STATUS=1 job")
        assert await server.stop() == 0
        assert manager.count("STOPPING=1") == 1
        assert manager.heard.index("STOPPING=1") > manager.heard.index("READY=1")
        extended = [x for x in manager.heard if x.startswith("EXTEND_TIMEOUT_USEC=")]
        assert extended[-1] == "EXTEND_TIMEOUT_USEC=35000000"


async def test_a_process_that_is_stopped_is_silent(tmp_path: Path) -> None:
    async with under_systemd(tmp_path) as (server, manager):
        await manager.until("WATCHDOG=1")
        assert server.process is not None
        server.process.send_signal(signal.SIGSTOP)
        assert await manager.is_silent()
        server.process.send_signal(signal.SIGCONT)
        await manager.until("WATCHDOG=1")


async def test_a_blocked_event_loop_is_silent(tmp_path: Path) -> None:
    async with under_systemd(tmp_path) as (server, manager):
        await manager.until("WATCHDOG=1")
        assert server.process is not None
        server.process.send_signal(signal.SIGUSR1)
        assert await manager.is_silent()


async def test_a_watchdog_of_another_process_is_not_fed(tmp_path: Path) -> None:
    manager = Systemd(tmp_path / "notify")
    environ = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "1000000"}
    async with running(tmp_path, WATCHDOG_PID="1", **environ) as server:
        await manager.until_in_all("READY=1")
        assert await server.stop() == 0
    assert manager.count("WATCHDOG=1") == 0
    manager.close()
