"""`cronitor up` as its own process: what it says, and how it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import tree
from tests.cli.server import Cronitor, run, running, until


@contextmanager
def started(
    place: Path, *options: str, **settings: str
) -> "Iterator[subprocess.Popen[str]]":
    """A server of which only the output is looked at."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CRONITOR_")}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "up", "--data-dir", place, *options],
        cwd=tree.ROOT,
        env={**kept, "CRONITOR_SERVER__PORT": "0", **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_screen_is_for_people_and_a_signal_ends_it_well(
    short: Path, number: int
) -> None:
    place = short / "made" / "data"
    with started(place) as process:
        assert process.stdout is not None
        lines = list(iter(process.stdout.readline, "Ctrl-C stops it.\n"))
        process.send_signal(number)
        rest, log = process.communicate(timeout=30)
    assert process.returncode == 0
    assert lines[0].startswith("Cronitor ")
    assert f"  cronitor --data-dir {place} job add backup --every 1d\n" in lines
    assert rest == ""
    assert "Traceback" not in log
    assert place.stat().st_mode & 0o777 == 0o700


def test_settings_that_are_wrong_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[server]\nport = 8787\nprot = 1\n")
    result = run("up", "--data-dir", str(tmp_path))
    assert result.exit_code == 78
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("cronitor: config.toml:3: ")


def test_a_second_server_on_the_same_data_is_refused(cronitor: Cronitor) -> None:
    with started(cronitor.place) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 78
    assert out == ""
    assert "Traceback" not in err
    assert [line.partition(": ")[0] for line in err.splitlines()] == ["cronitor"]


def test_a_data_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    result = run("up", "--data-dir", str(tmp_path / "file" / "data"))
    assert result.exit_code == 78
    assert result.stderr.startswith("cronitor: --data-dir: ")
    assert len(result.stderr.splitlines()) == 1


def test_a_server_with_settings_says_what_is_on(short: Path) -> None:
    settings = {"CRONITOR_NOTIFY__WEBHOOK_URL": "http://127.0.0.1:1/secret-hook"}
    with running(short, settings):
        until(lambda: "server_started" in (short / "log").read_text())
        shown = (short / "banner").read_text() + (short / "log").read_text()
    assert "on   webhook" in shown
    assert "secret-hook" not in shown
