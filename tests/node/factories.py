"""Reports, places and clocks for the tests."""

from typing import Any

from bot.clock import SystemClock
from bot.node import jobs, places
from bot.node.places import Place
from bot.node.reports import START, Report
from bot.node.settings import Settings

#: 2026-11-26, 12:00 UTC
NOON = 1_795_694_400.0


class HandClock(SystemClock):
    """A clock whose wall time and boot are set by hand; monotonic time goes on."""

    def __init__(self, now: float = NOON, boot: str = "boot-1") -> None:
        self.wall = now
        self.boot = boot
        self.up = 1_000.0

    def since_1970(self) -> float:
        """What it was set to."""
        return self.wall

    def since_boot(self) -> float:
        """What it was set to."""
        return self.up

    def boot_id(self) -> str:
        """What it was set to."""
        return self.boot

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.wall += seconds
        self.up += seconds


def report(said: str = START, **fields: Any) -> Report:
    """A report of the job `backup`, at noon."""
    given = {
        "job": "backup",
        "said": said,
        "rid": jobs.new_uuid(),
        "event": jobs.new_uuid(),
        "at": NOON,
        "host": "box",
        **fields,
    }
    return Report(**given)


def place(url: str, key: str = "key") -> Place:
    """A server at a URL."""
    settings = Settings()
    settings.url, settings.ping_key = url, key
    return places.find(settings)


def soon(clock: SystemClock) -> float:
    """A moment that is far enough away for a slow machine."""
    return clock.monotonic() + 30
