"""What is expected of runs: it is tried by a process that is ended in time."""

import asyncio
import errno
import os
import sys
from pathlib import Path

import pytest

from bot.core.commands import Expect
from bot.engine import expectations
from tests.engine.works import works

#: takes longer than the universe on thirty letters
ENDLESS = r"(\w+\s?)+: complete"


async def test_patterns_mean_what_they_say() -> None:
    assert await expectations.missing(Expect(pattern="^done$"), "a\ndone\nü") == ""
    said = await expectations.missing(Expect(pattern="^dönè$"), "not done\ud800")
    assert said == "nothing in the output is like ^dönè$"
    counted = Expect(pattern="rows", count=r"(\d+) rows", at_least=5)
    assert await expectations.missing(counted, "x" * 2_000_000 + "\n7 rows") == ""
    assert await expectations.missing(counted, "3 rows") == "3 counted, 5 expected"


async def test_a_pattern_that_takes_for_ever_is_given_up_and_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectations, "CPU_S", 1)
    async with works(tmp_path) as here:
        await here.add("endless", expect={"pattern": ENDLESS})
        await here.add("plain")
        await here.home.advance(hours=1)
        for run_id in here.executor.going():
            here.executor.end(run_id, output=b"x" * 60)
        settling = asyncio.create_task(here.home.settle())
        async with asyncio.timeout(60):
            while await here.ends("plain") != [(1, "ok")]:
                await asyncio.sleep(0.01)
        assert await here.ends("endless") == [(1, None)], "it is being tried"
        await settling
        (run,) = await here.runs("endless")
        assert run["end"] == "unmet"
        assert (
            run["reason"] == "the patterns of expect were given up after 1 s: too slow"
        )
        (incident,) = await here.home.incidents()
        assert incident["kind"] == "failed"


async def test_a_process_that_never_answers_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expectations, "ALL_S", 0.5)
    monkeypatch.setattr(expectations, "_PYTHON", ("/bin/sh", "-c", "exec sleep 600"))
    said = await expectations.missing(Expect(pattern="x"), "x" * 1_000_000)
    assert said == "the patterns of expect were given up after 0.5 s: too slow"


@pytest.mark.parametrize(
    ("python", "why"),
    [
        (("/nowhere/python",), "No such file or directory"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "exit status 3"),
    ],
)
async def test_what_cannot_be_tried_is_not_met(
    monkeypatch: pytest.MonkeyPatch, python: tuple[str, ...], why: str
) -> None:
    monkeypatch.setattr(expectations, "_PYTHON", python)
    said = await expectations.missing(Expect(pattern="x"), "x")
    assert said == f"the patterns of expect could not be tried: {why}"


async def test_nothing_is_said_of_an_output_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    async with works(tmp_path) as here:
        await here.add("quiet")
        await here.add("watched", expect={"count": r"(\d+) rows"})
        await here.home.advance(hours=1)
        for run_id in here.executor.going():
            error = OSError(errno.EIO, os.strerror(errno.EIO))
            here.executor.unreadable[run_id] = error
            here.executor.end(run_id, output=b"5 rows")
        await here.home.settle()
        assert await here.ends("quiet") == [(1, "ok")]
        (run,) = await here.runs("watched")
        assert run["end"] == "unmet"
        assert run["reason"] == "its output: it could not be read: Input/output error"
