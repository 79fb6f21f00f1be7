"""A database that is damaged: at the start, and while the server runs."""

import asyncio
import shutil
from pathlib import Path

import aiohttp

from tests.acceptance.server import PATIENCE_S, POLL_S, running
from tests.storage import damage


async def status_of(url: str) -> int:
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return response.status


async def until_refused(url: str) -> None:
    """Wait until it answers 503."""
    async with asyncio.timeout(PATIENCE_S):
        while await status_of(url) != 503:
            await asyncio.sleep(POLL_S)


async def test_a_start_restores_the_newest_backup_and_says_what_is_lost(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, CRONITOR_STORAGE__BACKUP_AT="never") as server:
        job = await server.add("backup", "--every", "1h")
        assert await status_of(job["ping_url"]) == 200
        folder = server.data_dir / "backups"
        folder.mkdir(mode=0o700)
        target = folder / "cronitor-20260101T033000Z.db"
        assert (await server.cli("backup", str(target)))[0] == 0
        await server.add("lost", "--every", "1h")
        await server.stop()
        damage.garbage_in_the_middle(server.data_dir / "cronitor.db")
        await server.start()
        await server.until_said("action=database_restored")
        await server.until_said("are lost; the damaged file is")
        assert [each["slug"] for each in await server.json("job", "list")] == ["backup"]
        assert await status_of(job["ping_url"]) == 200
        assert list(server.data_dir.glob("cronitor.db.damaged-*"))
        await server.stop()
        await server.start()
        assert server.output().count("action=database_restored") == 1


async def test_a_start_without_a_backup_is_refused(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await server.add("backup", "--every", "1h")
        await server.stop()
        shutil.rmtree(server.data_dir / "backups", ignore_errors=True)
        damage.half_of_it(server.data_dir / "cronitor.db")
        code, _, err = await server.cli("up")
        assert code == 78
        assert "cronitor restore FILE" in err
        assert "Traceback" not in err


async def test_a_damage_that_is_found_while_it_runs(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add("backup", "--every", "1h")
        await server.stop()
        await server.start()
        await server.until_said("1 job watched")
        damage.garbage_in_the_middle(server.data_dir / "cronitor.db")
        await until_refused(job["ping_url"])
        assert await status_of(f"{server.url}/readyz") == 503
        assert await status_of(f"{server.url}/healthz") == 200
        await server.until_said("action=storage_failed")
        for _ in range(50):
            assert await status_of(job["ping_url"]) == 503
        assert "storage" in (await server.get("/healthz"))["faults"]
        assert server.process is not None
        assert server.process.returncode is None
        assert server.output().count("action=storage_failed") == 1
        assert await server.stop() == 0


async def test_the_first_start_makes_the_first_backup_and_a_second_none(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as server:
        await server.until_said("action=backup_written")
        await server.stop()
        await server.start()
        await server.add("backup", "--every", "1h")
        await server.stop()
        folder = server.data_dir / "backups"
        assert len(list(folder.iterdir())) == 1
        assert folder.stat().st_mode & 0o777 == 0o700
