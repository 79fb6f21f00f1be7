"""A first day in one minute, with the installed command: `smoke.py PATH_OF_CRONITOR`.

Only the standard library, so that it runs where nothing but the wheel is installed.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

#: generous: a slow machine is no failure
PATIENCE_S = 60


class Smoke:
    """The command, and the environment that it runs in: a data directory of its own."""

    def __init__(self, command: str, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.command = command
        self.log = home / "up.log"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "CRONITOR_DATA_DIR": str(home / "data"),
            "CRONITOR_SERVER__PORT": str(self.port),
        }

    def run(self, *arguments: str) -> str:
        """Standard output of one call of the command; anything but exit 0 raises."""
        call = [self.command, *arguments]
        done = subprocess.run(
            call,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
        )
        if done.returncode:
            raise SystemExit(f"{call}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    def json(self, *arguments: str) -> Any:
        """What one call prints with `--json`."""
        return json.loads(self.run(*arguments, "--json"))

    def up(self) -> "subprocess.Popen[bytes]":
        """Start the server; its output goes to a file."""
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [self.command, "up"],
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def is_ready(self, server: "subprocess.Popen[bytes]") -> bool:
        """Whether the server takes pings; one that has ended never will."""
        if server.poll() is not None:
            raise SystemExit(f"`up` ended with exit {server.returncode}")
        try:
            fetch(f"http://127.0.0.1:{self.port}/readyz")
        except OSError:
            return False
        return True

    def incident(self, *statuses: str) -> bool:
        """Whether the job has an incident in one of these states."""
        return any(
            incident["job"] == "smoke" and incident["status"] in statuses
            for incident in self.json("incident", "list")
        )


def fetch(url: str) -> bytes:
    """The body of an answer; anything but 2xx is an OSError."""
    with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
        body: bytes = answer.read()
    return body


def wait_until(what: str, condition: Callable[[], bool]) -> None:
    """Ask again and again; give up after a minute."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > PATIENCE_S:
            raise SystemExit(f"still waiting after {PATIENCE_S} s: {what}")
        time.sleep(0.1)
    print(f"{what} ({time.monotonic() - began:.1f} s)", flush=True)


def ping(url: str) -> None:
    """Report one success; it must be answered with OK."""
    body = fetch(url)
    if body.strip() != b"OK":
        raise SystemExit(f"a ping was answered with {body!r}")


def main_path(smoke: Smoke) -> None:
    """A job reports, goes quiet, and reports again."""
    job = smoke.json("job", "add", "smoke", "--every", "1s", "--grace", "0s")
    ping(job["ping_url"])
    wait_until("missed: an incident is open", lambda: smoke.incident("open"))
    # otherwise the next miss, a second later, would open it again
    smoke.run("job", "edit", "smoke", "--every", "1h")
    ping(job["ping_url"])
    wait_until("reported: it is resolved", lambda: smoke.incident("resolved"))
    if job["uuid"] in smoke.log.read_text():
        raise SystemExit("a ping URL is in the log")


def stop(server: "subprocess.Popen[bytes]") -> None:
    """End the server as a service manager does; it must exit with 0."""
    server.send_signal(signal.SIGTERM)
    code = server.wait(PATIENCE_S)
    if code != 0:
        raise SystemExit(f"stopped with exit {code}")
    print("stopped by SIGTERM, exit 0", flush=True)


def main(command: str) -> None:
    """Run it all in a data directory that is thrown away."""
    with tempfile.TemporaryDirectory() as home:
        smoke = Smoke(command, Path(home))
        print(smoke.run("--version").strip(), flush=True)
        server = smoke.up()
        try:
            wait_until("up", lambda: smoke.is_ready(server))
            main_path(smoke)
            stop(server)
        except BaseException:
            print(smoke.log.read_text(), file=sys.stderr)
            raise
        finally:
            server.kill()
            server.wait()


if __name__ == "__main__":
    main(sys.argv[1])
