"""Pictures are drawn by a process of their own, and never by the server."""

import asyncio
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from bot.core import day_grids, drawings, job_charts
from bot.core.drawings import DayGrid
from bot.errors import Unavailable
from bot.reports import pictures
from tests import tree
from tests.reports import scenes

HANGS = "import time; time.sleep(600)"
DIES = "raise SystemExit('ModuleNotFoundError: No module named matplotlib')"


@pytest.fixture(autouse=True)
async def _fresh() -> AsyncIterator[None]:
    pictures.forget()
    yield
    pictures.forget()


def three() -> DayGrid:
    """A small drawing."""
    return day_grids.of_report(scenes.three())


async def test_a_picture_is_a_small_png() -> None:
    png = await pictures.draw(day_grids.of_report(scenes.terrible(rest=440)))
    assert png.startswith(b"\x89PNG")
    assert len(png) < 60_000


async def test_the_server_loads_neither_matplotlib_nor_numpy() -> None:
    code = (
        "import asyncio, sys, bot.app, bot.cli.main, bot.client.client\n"
        "import cogs.reports, bot.notifiers.discord, bot.reports.page\n"
        "from bot.reports import pictures\n"
        "from bot.core import day_grids\n"
        "from tests.reports import scenes\n"
        "png = asyncio.run(pictures.draw(day_grids.of_report(scenes.three())))\n"
        "assert png\n"
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(tree.ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "discord" in loaded
    assert loaded & {"matplotlib", "numpy", "PIL", "pandas"} == set()


async def test_the_same_drawing_is_not_drawn_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = await pictures.draw(three())
    monkeypatch.setattr(pictures, "COMMAND", ("-c", DIES))
    assert await pictures.draw(three()) == first
    with pytest.raises(Unavailable):
        await pictures.draw(day_grids.of_report(scenes.empty()))


async def test_only_the_newest_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n')"
    monkeypatch.setattr(pictures, "COMMAND", ("-c", code))
    for name in ("empty", "quiet", "three", "long", "half", "first"):
        await pictures.draw(day_grids.of_report(scenes.REPORTS[name]()))
    assert len(pictures._kept) == pictures.KEPT


async def test_without_matplotlib_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "COMMAND", ("-c", DIES))
    with pytest.raises(Unavailable, match=r"cannot be drawn: .*No module named"):
        await pictures.draw(three())


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("print('hello')", "exit status 0"),
        ("import os; os.abort()", "exit status -6"),
        ("import sys; sys.exit(3)", "exit status 3"),
    ],
)
async def test_what_is_no_picture_is_refused(
    code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "COMMAND", ("-c", code))
    with pytest.raises(Unavailable, match=said):
        await pictures.draw(three())


async def test_a_process_that_hangs_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    code = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid())); {HANGS}"
    monkeypatch.setattr(pictures, "COMMAND", ("-c", code))
    monkeypatch.setattr(pictures, "TIMEOUT_S", 2.0)
    with pytest.raises(Unavailable, match="longer than 2 s"):
        await pictures.draw(three())
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text("utf-8")), 0)


async def test_nothing_is_left_when_whoever_asked_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pid = tmp_path / "pid"
    code = f"import os; open({str(pid)!r}, 'w').write(str(os.getpid())); {HANGS}"
    monkeypatch.setattr(pictures, "COMMAND", ("-c", code))
    drawing = asyncio.create_task(pictures.draw(three()))
    async with asyncio.timeout(60):
        while not pid.exists() or not pid.read_text("utf-8"):
            await asyncio.sleep(0.01)
    drawing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await drawing
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text("utf-8")), 0)


async def test_a_python_that_is_not_there_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(Unavailable, match="cannot be started"):
        await pictures.draw(three())


async def test_secrets_are_not_handed_on() -> None:
    ours = {"PATH": "/bin", "CRONITOR_DISCORD__TOKEN": "secret", "HTTP_PROXY": "x"}
    told = pictures.environ(ours)
    assert told["PATH"] == "/bin"
    assert "secret" not in told.values()
    assert not {"HTTP_PROXY", "CRONITOR_DISCORD__TOKEN"} & told.keys()


async def test_the_process_reaches_nobody_gives_way_and_ends_by_itself() -> None:
    code = (
        "import os, resource, socket, subprocess\n"
        "from bot.reports import draw\n"
        "draw.restrict()\n"
        "print(os.nice(0) >= 10, resource.getrlimit(resource.RLIMIT_CPU)[0])\n"
        "for call in (lambda: socket.create_connection(('127.0.0.1', 9)),\n"
        "             lambda: subprocess.run(['true'])):\n"
        "    try:\n"
        "        call()\n"
        "    except PermissionError as exc:\n"
        "        print(exc)\n"
    )
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", code],
        env=pictures.environ(os.environ),
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "True 30"
    assert len(lines) == 3, lines


#: in a process of its own: what a large one forks counts as large until it is replaced
MEASURED = """
import asyncio, resource
from pathlib import Path
from bot.core import day_grids
from bot.reports import pictures
from tests.reports import scenes

def resident():
    pages = Path("/proc/self/statm").read_text("utf-8").split()[1]
    return int(pages) * resource.getpagesize()

async def main():
    grids = [day_grids.of_report(make()) for make in (scenes.terrible, scenes.a_week)]
    before = resident()
    for grid in grids:
        await pictures.draw(grid)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    print(resident() - before, peak)

asyncio.run(main())
"""


async def test_the_memory_of_drawing_does_not_stay() -> None:
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", MEASURED],
        cwd=tree.ROOT,
        env={**os.environ, "PYTHONPATH": str(tree.ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    stays, peak = map(int, done.stdout.split())
    assert stays < 8_000_000
    assert peak < 250_000_000


async def test_two_are_drawn_one_after_the_other() -> None:
    chart = job_charts.chart(scenes.job())
    found = await asyncio.gather(pictures.draw(three()), pictures.draw(chart))
    sizes = [Image.open(_file(png)).size for png in found]
    assert all(width == 1000 for width, _ in sizes)
    assert drawings.view(chart)["drawing"] == "JobChart"


async def test_whoever_wants_too_many_at_once_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\x89PNG\\r\\n\\x1a\\n')"
    monkeypatch.setattr(pictures, "COMMAND", ("-c", code))
    wanted = [replace(three(), title=f"{n}") for n in range(pictures.MOST_WAITING + 2)]
    drawn = await asyncio.gather(*map(pictures.draw, wanted), return_exceptions=True)
    refused = [each for each in drawn if isinstance(each, Unavailable)]
    assert len(refused) == 2
    assert "too many pictures" in str(refused[0])
    assert await pictures.draw(three())


def _file(png: bytes) -> io.BytesIO:
    return io.BytesIO(png)
