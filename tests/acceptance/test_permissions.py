"""Every file that the server makes is for its owner alone, whatever the umask."""

import asyncio
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.server import PATIENCE_S, POLL_S, Server, running
from tests.storage import damage


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    """As open as it can be."""
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    """Of everything in it, and of itself."""
    found = [folder, *folder.rglob("*")]
    return {
        str(path.relative_to(folder.parent)): stat.S_IMODE(path.lstat().st_mode)
        for path in found
    }


def too_open(folder: Path) -> dict[str, str]:
    """What others may read or enter."""
    return {name: oct(mode) for name, mode in modes(folder).items() if mode & 0o077}


async def until_there(path: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not list(path.parent.glob(path.name)):
            await asyncio.sleep(POLL_S)


async def test_a_running_server_shows_nothing_to_others(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await server.add("backup", "--every", "1h")
        data = server.data_dir
        await until_there(data / "cronitor.db.ballast")
        await until_there(data / "backups" / "cronitor-*.db")
        target = data / "by-hand.db"
        assert (await server.cli("backup", str(target)))[0] == 0
        names = {path.name for path in data.iterdir()}
        wal = {"cronitor.db-wal", "cronitor.db-shm"}
        assert wal | {"cronitor.db", "cronitor.db.lock", "cronitor.sock"} <= names
        assert too_open(data) == {}


async def test_what_is_set_aside_is_not_shown_either(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        data = server.data_dir
        await until_there(data / "backups" / "cronitor-*.db")
        await server.stop()
        (backup,) = (data / "backups").iterdir()
        assert (await server.cli("restore", str(backup), "--yes"))[0] == 0
        assert list(data.glob("cronitor.db.replaced-*"))
        assert too_open(data) == {}
        damage.half_of_it(data / "cronitor.db")
        await server.start()
        assert list(data.glob("cronitor.db.damaged-*"))
        assert too_open(data) == {}


@pytest.mark.parametrize("name", ["config.toml", "jobs.toml", "token"])
async def test_what_others_may_change_is_no_setting(tmp_path: Path, name: str) -> None:
    server = Server(
        tmp_path,
        CRONITOR_JOBS__FILES=str(tmp_path / "data" / "jobs.toml"),
        CRONITOR_API__KEY_FILE=str(tmp_path / "data" / "token"),
    )
    server.data_dir.mkdir(mode=0o700)
    for each in ("config.toml", "jobs.toml", "token"):
        file = server.data_dir / each
        file.write_text("a-key-of-the-api-0001" if each == "token" else "")
        file.chmod(0o600)
    file = server.data_dir / name
    file.chmod(0o660)
    code, out, err = await server.cli("up")
    assert (code, out) == (78, "")
    assert err.count("\n") == 1
    assert f"others may write to {file} (run: chmod go-w {file})" in err
