"""Tells systemd how the service is: ready, what it does, alive, stopping.

One datagram with lines NAME=value, as sd_notify(3) has it; without NOTIFY_SOCKET
nothing happens.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Mapping

from bot.clock import Clock
from bot.core import views
from bot.engine.services import Services
from bot.errors import Unavailable

logger = logging.getLogger(__name__)

#: how often the line of `systemctl status` is brought up to date
STATUS_EVERY_S = 10.0
#: what a stage of the stop may take beyond its own time
SPARE_S = 5.0


class Manager:
    """The way to the service manager; without an address every call does nothing."""

    def __init__(self, address: str = "", watchdog_s: float | None = None) -> None:
        # a name that begins with @ is in the abstract namespace
        self._address = "\0" + address[1:] if address.startswith("@") else address
        #: it ends us unless it hears from us this often; None: it does not
        self.watchdog_s = watchdog_s

    @property
    def is_there(self) -> bool:
        """Whether anybody listens."""
        return self._address != ""

    def tell(self, **lines: object) -> None:
        """Send these; one that cannot be sent is no reason to stop working."""
        if not self._address:
            return
        text = "\n".join(
            f"{name}={' '.join(str(value).splitlines())}"
            for name, value in lines.items()
        )
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
                line.setblocking(False)
                line.sendto(text.encode(), self._address)
        except OSError as exc:
            logger.debug("systemd was not told: %s", exc)

    def is_stopping(self, stage: str, within_s: float) -> None:
        """A stage of the stop begins, which may take so long."""
        extend_us = int((within_s + SPARE_S) * 1_000_000)
        self.tell(STATUS=f"stopping: {stage}", EXTEND_TIMEOUT_USEC=extend_us)


def find(environ: Mapping[str, str], pid: int | None = None) -> Manager:
    """The service manager that has started this process, if one has."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return Manager()
    watched_pid = environ.get("WATCHDOG_PID") or str(pid or os.getpid())
    usec = environ.get("WATCHDOG_USEC", "")
    is_watched = usec.isdecimal() and int(usec) > 0
    if not is_watched or watched_pid != str(pid or os.getpid()):
        return Manager(address)
    return Manager(address, int(usec) / 1_000_000)


class Reporter:
    """Says that the process lives, as long as it does, and how the jobs are."""

    def __init__(self, manager: Manager, services: Services, clock: Clock) -> None:
        self._manager = manager
        self._services = services
        self._clock = clock
        self._never = asyncio.Event()
        self._status = ""
        self._withheld = False

    async def run(self) -> None:
        """For ever, at half of the time after which systemd would end us."""
        watchdog_s = self._manager.watchdog_s
        every_s = min(STATUS_EVERY_S, (watchdog_s or STATUS_EVERY_S * 2) / 2)
        while True:
            began = self._clock.monotonic()
            await self.step()
            left_s = every_s - (self._clock.monotonic() - began)
            await self._clock.wait(self._never, max(left_s, 0.001))

    async def step(self) -> None:
        """Say what is true now."""
        if self._manager.watchdog_s is not None and await self._is_alive():
            self._manager.tell(WATCHDOG=1)
        try:
            status = views.headline(await self._services.reads.status())
        except Unavailable:
            return
        if status != self._status:
            self._manager.tell(STATUS=status)
        self._status = status

    async def _is_alive(self) -> bool:
        """Whether nothing hangs; what a disk or Discord refuses, no restart mends."""
        try:
            await self._services.readiness.check_alive()
        except Unavailable as exc:
            if not self._withheld:
                logger.error(
                    "systemd is not told that this process is well: %s",
                    exc,
                    extra={"action": "watchdog_withheld"},
                )
            self._withheld = True
            return False
        self._withheld = False
        return True
