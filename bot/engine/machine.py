"""What this machine is like at the moment, as far as the system says it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

_MEMORY = Path("/proc/meminfo")


def measure(folder: str) -> dict[str, object]:
    """Load, memory and the disk of a folder; reads files: call it in a thread."""
    return dict(_measure(folder))


def _measure(folder: str) -> Iterator[tuple[str, object]]:
    try:
        yield "load", round(os.getloadavg()[0], 2)
        yield "cores", os.cpu_count() or 1
    except OSError:
        pass
    try:
        known = dict(_lines(_MEMORY.read_text("ascii")))
        yield "memory_bytes", known["MemTotal"]
        yield "memory_free_bytes", known["MemAvailable"]
    except (OSError, KeyError, ValueError):
        # macOS has no such file
        pass
    try:
        disk = shutil.disk_usage(folder or "/")
        yield "disk_bytes", disk.total
        yield "disk_free_bytes", disk.free
    except OSError:
        pass


def _lines(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        number, _, unit = value.strip().partition(" ")
        if unit == "kB":
            yield name, int(number) * 1024
