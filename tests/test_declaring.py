"""The files of jobs, applied on an engine without a server around it."""

import asyncio
import logging
from pathlib import Path

import pytest

from bot.declaring import Declaring
from tests.engine.house import House, house


async def applied(home: House, *files: Path) -> str:
    """Apply them; what is wrong then."""
    await Declaring(files, home_of(files), {}).apply(home.engine, is_told=True)
    return home.engine.health.faults().get("job_files", "")


def home_of(files: tuple[Path, ...]) -> Path:
    """The data directory, which belongs to us."""
    return files[0].parent if files else Path("/")


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


async def test_all_of_it_or_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    good = written(tmp_path, "good.toml", '[[job]]\nslug = "a"\nevery = "1d"\n')
    window = '[[maintenance]]\nname = "w"\nfrom = "never"\n'
    bad = written(tmp_path, "bad.toml", f'[[job]]\nslug = "b"\n{window}')
    async with house(tmp_path) as home:
        assert await applied(home, good) == ""
        assert "the job files are applied: 1 added, 0 changed, 0 unchanged" in (
            caplog.text
        )
        assert f"{bad}:3: from: " in await applied(home, good, bad)
        assert await home.engine.reads.job_count() == 1
        many = "".join(f'[[job]]\nslug = "x{n}"\ngrace = "soon"\n' for n in range(9))
        fault = await applied(home, written(tmp_path, "many.toml", many))
        assert "; and 4 more" in fault
        assert f"{tmp_path}/many.toml:1: x0: grace: " in fault
        assert "cannot be read" in await applied(home, tmp_path / "absent.toml")
        assert await applied(home, good) == ""
        assert await applied(home) == ""
        assert "there are none" in caplog.text


async def test_who_wants_them_again_gets_it_once(tmp_path: Path) -> None:
    file = written(tmp_path, "jobs.toml", '[[job]]\nslug = "a"\nevery = "1d"\n')
    async with house(tmp_path) as home:
        declaring = Declaring([file], tmp_path, {})
        task = asyncio.create_task(declaring.run(home.engine))
        declaring.wanted.set()
        async with asyncio.timeout(20):
            while not await home.engine.reads.job_count():
                await asyncio.sleep(0.01)
        assert not declaring.wanted.is_set()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
