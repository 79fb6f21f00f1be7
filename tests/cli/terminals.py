"""A command at a terminal of 80 by 24, typed into by the test."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import tree


class Terminal:
    """What a person sees and types."""

    def __init__(self, process: "subprocess.Popen[bytes]", master: int) -> None:
        self.process = process
        self._master = master
        self.seen = ""

    def until(self, text: str) -> None:
        """Read on until the text has been seen; an early end is a failure."""
        while text not in self.seen:
            assert self._read(), f"the end came before {text!r}:\n{self.seen}"

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(30)

    def _read(self) -> bool:
        try:
            piece = os.read(self._master, 65536)
        except OSError:  # Linux's way of saying that the other end is closed
            return False
        self.seen += piece.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(piece)


@contextmanager
def terminal(place: Path, *args: str, **env: str) -> Iterator[Terminal]:
    """Run a command there."""
    master, slave = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    wanted = {
        "COLUMNS": "80",
        "LINES": "24",
        "TERM": "xterm",
        "PYTHONIOENCODING": "utf-8",
        "CRONITOR_DATA_DIR": str(place),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bot", *args],
        cwd=tree.ROOT,
        env={**kept, **wanted, **env},
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    ) as process:
        os.close(slave)
        try:
            yield Terminal(process, master)
        finally:
            process.kill()
            os.close(master)
