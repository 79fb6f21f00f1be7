"""`cronitor bench` measures the real server, and leaves nothing behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import bench_words
from bot.cli.bench_words import Measured, Pings
from tests import tree


def run(place: Path, *options: str) -> str:
    """What it prints; its throw-away directory is in `place`."""
    found = subprocess.run(
        [sys.executable, "-m", "bot", "bench", "--seconds", "1", *options],
        cwd=tree.ROOT,
        env={**os.environ, "TMPDIR": str(place)},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert found.stderr == ""
    return found.stdout


def test_all_is_measured_and_nothing_is_left(short: Path) -> None:
    found = json.loads(run(short, "--json", "--connections", "8"))
    assert found["pings_failed"] == 0
    assert found["connections"] == 8
    for name in ("fsync_ms", "pings_per_second", "ping_ms_median"):
        assert found[name] > 0, name
    # a deadline is never noticed before it has passed
    assert found["deadline_ms_median"] > 0
    assert found["ping_ms_p99"] >= found["ping_ms_median"]
    assert found["deadline_ms_longest"] >= found["deadline_ms_median"]
    assert list(short.iterdir()) == []


def test_a_person_is_told_what_is_going_on_and_what_it_means(short: Path) -> None:
    (short / "disk").mkdir()
    shown = run(short, "--directory", str(short / "disk"))
    begun = [line for line in shown.splitlines() if line.endswith(" ...")]
    assert [line[:4] for line in begun] == ["1/3 ", "2/3 ", "3/3 "]
    assert str(short / "disk") in begun[0]
    assert "At half of that load this machine carries" in shown
    assert list((short / "disk").iterdir()) == []


def measured(fsync_ms: float = 0.5, failed: int = 0) -> Measured:
    """A thousand pings in a second, of which the last was slow."""
    latencies = [5.0] * 999 + [80.0]
    return Measured(64, fsync_ms, Pings(1.0, latencies, failed), [3.0, 9.0, 20.0])


def test_the_figures_of_a_machine() -> None:
    assert bench_words.figures(measured()) == {
        "fsync_ms": 0.5,
        "connections": 64,
        "pings_per_second": 1000,
        "ping_ms_median": 5.0,
        "ping_ms_p99": 5.0,
        "pings_failed": 0,
        "deadline_ms_median": 9.0,
        "deadline_ms_longest": 20.0,
        # half of a thousand pings a second, two for each run
        "jobs_every_minute": 15_000,
        "jobs_every_hour": 900_000,
    }


@pytest.mark.parametrize(
    ("fsync_ms", "limit"), [(0.5, "The processor"), (40.0, "The disk")]
)
def test_what_stands_in_the_way_is_said(fsync_ms: float, limit: str) -> None:
    shown = "\n".join(bench_words.lines(measured(fsync_ms)))
    assert f"{limit} is what limits it" in shown
    assert "15,000 jobs that run every minute" in shown
    assert "900,000 that run every hour" in shown
    assert "failed" not in shown


def test_failures_are_not_hidden() -> None:
    shown = "\n".join(bench_words.lines(measured(failed=3)))
    assert "3 pings" in shown
