"""The real server in a throw-away directory, for `cronitor demo` and `bench`."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Event

import bot
from bot.cli.client import Client, Near
from bot.errors import CronitorError, NoServer

_TRIES = 200
_PAUSE_S = 0.1
_STOP_S = 10
_SHOWN_LOG = 5
#: what stays of the 103 characters of a socket's path
_LONGEST_PLACE = 65


class DemoServer:
    """Runs from `with` to its end; then nothing is left of it."""

    def __init__(self, purpose: str = "demo", within: Path | None = None) -> None:
        """`purpose` is what it is called by; `within`: where the directory is made."""
        self._purpose = purpose
        self._directory = _directory(purpose, within)
        self.path = Path(self._directory.name)
        self._log = self.path / "server.log"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def client(self) -> Client:
        """Speaks to it."""
        return Client(Near(self.path / "cronitor.sock"), 5)

    def __enter__(self) -> "DemoServer":
        try:
            self._start()
            self._wait_until_it_answers()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._child is not None:
                _end(self._child)
        finally:
            self._directory.cleanup()

    def check(self) -> None:
        """Raise CronitorError, with the end of its log, if it has ended."""
        if self._child is None or self._child.poll() is None:
            return
        lines = self._log.read_text("utf-8", "replace").splitlines()
        end = " / ".join(line.strip() for line in lines[-_SHOWN_LOG:] if line.strip())
        raise CronitorError(f"the server of the {self._purpose} has ended: {end}")

    def _start(self) -> None:
        settings = self.path / "config.toml"
        settings.write_text(f"[server]\nport = {_free_port()}\nrate_limit = 0\n")
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "bot", "--data-dir", self.path, "up"],
                # not where somebody's own `bot` may lie
                cwd=self.path,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                # Ctrl-C is for the demo, which then ends the server in good order
                start_new_session=True,
            )

    def _wait_until_it_answers(self) -> None:
        for _ in range(_TRIES):
            self.check()
            try:
                self.client.get("/v1/status")
            except NoServer:
                Event().wait(_PAUSE_S)
            else:
                return
        raise NoServer(f"the server of the {self._purpose} does not answer")


def _directory(purpose: str, within: Path | None) -> "tempfile.TemporaryDirectory[str]":
    """Where the platform has such things, unless a socket has no room there."""
    if within is None and len(tempfile.gettempdir()) >= _LONGEST_PLACE:
        within = Path("/tmp")  # noqa: S108
    return tempfile.TemporaryDirectory(prefix=f"cronitor-{purpose}-", dir=within)


def _environment() -> dict[str, str]:
    """Ours without settings of another server; with the place of this very package."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CRONITOR_")}
    here = str(Path(bot.__file__).parents[1])
    paths = [here, *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _end(child: "subprocess.Popen[bytes]") -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        return
    finally:
        # also after a second Ctrl-C: nothing is left running
        child.kill()
        child.wait()
