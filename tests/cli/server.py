"""`cronitor up` as its own process, and commands that speak to it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from click.testing import CliRunner, Result

from bot.cli.client import Client, Near
from bot.cli.main import main
from bot.errors import NoServer
from tests import tree

API_KEY = "a-key-for-everything"
READONLY_KEY = "a-key-to-look-at-it"

#: a slow machine is no failure
_TRIES = 1500
_PAUSE_S = 0.02


@dataclass(frozen=True)
class Cronitor:
    """A server's data directory and address, and its command line."""

    place: Path
    url: str

    @property
    def client(self) -> Client:
        """Speaks to the server."""
        return Client(Near(self.place / "cronitor.sock"))

    def __call__(
        self, *args: str, stdin: str | bytes | None = None, **env: str
    ) -> Result:
        """Run a command, whatever it says."""
        return run(
            *args, stdin=stdin, env={"CRONITOR_DATA_DIR": str(self.place), **env}
        )

    def says(self, *args: str, **env: str) -> str:
        """Standard output of a command that must succeed."""
        result = self(*args, **env)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *args: str, **env: str) -> Any:
        """What a command prints with --json."""
        return json.loads(self.says(*args, "--json", **env))

    def refuses(self, *args: str, code: int = 1, **env: str) -> str:
        """The one line of a command that must not succeed."""
        result = self(*args, **env)
        assert result.exit_code == code, result.output
        assert result.stdout == ""
        (line,) = result.stderr.splitlines()
        return line


def run(
    *args: str, stdin: str | bytes | None = None, env: Mapping[str, str] | None = None
) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, args, input=stdin, env=env)


@contextmanager
def running(place: Path, settings: Mapping[str, str]) -> Iterator[Cronitor]:
    """A server that answers, and has ended well at the end of the block."""
    banner = place / "banner"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CRONITOR_")}
    with banner.open("wb") as out, (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "up", "--data-dir", place / "data"],
            cwd=tree.ROOT,
            env={**kept, "CRONITOR_SERVER__PORT": "0", **settings},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=log,
        )
    try:
        client = Client(Near(place / "data" / "cronitor.sock"))
        until(lambda: process.poll() is not None or _answers(client))
        until(lambda: process.poll() is not None or "Ctrl-C" in banner.read_text())
        assert process.poll() is None, (place / "log").read_text()
        yield Cronitor(place / "data", _url(banner.read_text()))
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()


def until(condition: Callable[[], object]) -> None:
    """Ask again and again, at most for half a minute."""
    for _ in range(_TRIES):
        if condition():
            return
        Event().wait(_PAUSE_S)
    raise AssertionError("it has not come true")


def _answers(client: Client) -> bool:
    try:
        client.get("/v1/status")
    except NoServer:
        return False
    return True


def _url(banner: str) -> str:
    (url,) = (word for word in banner.split() if word.startswith("http://"))
    return url.removesuffix("/ping/...")
