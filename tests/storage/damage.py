"""Ways in which a database file may be spoiled."""

from collections.abc import Callable
from pathlib import Path

Spoil = Callable[[Path], None]


def garbage_in_the_middle(path: Path) -> None:
    """Pages that hold anything but pages."""
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[4096 : middle + 4096] = b"\xff" * middle
    path.write_bytes(content)


def nothing_at_the_start(path: Path) -> None:
    """A first page of zeros, as after a power cut."""
    with path.open("r+b") as file:
        file.write(bytes(4096))


def half_of_it(path: Path) -> None:
    """The rest is gone."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2 // 4096 * 4096)


SPOILED = (garbage_in_the_middle, nothing_at_the_start, half_of_it)
