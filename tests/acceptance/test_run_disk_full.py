"""The disk fills while a run writes; afterwards its outcome is the right one."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance import disks, works
from tests.acceptance.server import PATIENCE_S, POLL_S, Server

pytestmark = pytest.mark.slow


async def until_ready(server: Server, *, is_ready: bool) -> None:
    """Wait until it takes pings, or refuses them."""
    async with asyncio.timeout(2 * PATIENCE_S):
        while await healthy(server) is not is_ready:
            await asyncio.sleep(POLL_S)


async def healthy(server: Server) -> bool:
    """Whether it knows of no fault of its store."""
    return "storage" not in (await server.get("/healthz")).get("faults", [])


async def test_a_run_outlives_a_full_disk_and_keeps_its_outcome(tmp_path: Path) -> None:
    data_dir = Server(tmp_path).data_dir
    go, goes_on = tmp_path / "go", tmp_path / "on"
    text = (
        f"echo begun; while [ ! -e {go} ]; do echo some more; sleep 0.01; done;"
        f" echo last; echo x > {goes_on}; exit 3"
    )
    settings = {"CRONITOR_STORAGE__BALLAST_MB": "2"}
    with disks.tmpfs(data_dir, 64) as disk:
        async with works.at_work(tmp_path, **settings) as server:
            tables = [
                works.table("writes", text),
                works.table("often", "echo fine", every="1s", grace="1h"),
            ]
            await works.apply(tmp_path, server, *tables)
            await server.json("run", "writes")
            await works.said(server, "writes", "some more")
            await works.until((disk / "cronitor.db.ballast").exists)
            filler = disks.fill(disk)
            await until_ready(server, is_ready=False)
            # it ends while nothing of that can be stored
            go.touch()
            await works.until(goes_on.exists)
            filler.unlink()
            await until_ready(server, is_ready=True)
            run = await works.newest(server, "writes")
            assert (run["end"], run["exit_status"]) == ("failed", 3)
            kept = await works.output(server, run)
            assert kept.startswith("begun\n")
            assert [x["job"] for x in await server.incidents()] == ["writes"]
            before = count(server)
            await works.until(lambda: count(server) > before)
            run = await works.newest(server, "often")
            assert run["end"] == "ok"
            assert await works.output(server, run) == "fine\n"
            sql = "SELECT DISTINCT ending FROM executions WHERE ending IS NOT NULL"
            assert {row[0] for row in server.rows(sql)} == {"ok", "failed"}
            assert "Traceback" not in server.output()


def count(server: Server) -> int:
    """Runs that have ended well."""
    sql = "SELECT count(*) FROM executions WHERE ending = 'ok'"
    return int(server.rows(sql)[0][0])
