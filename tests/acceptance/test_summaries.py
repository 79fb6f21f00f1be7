"""A real process posts the report of a day once, killed around the moment or not."""

import asyncio
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance import disks
from tests.acceptance.server import PATIENCE_S, POLL_S, Server

_DAY_US = 86_400_000_000
COUNTS = """SELECT (SELECT count(*) FROM summaries),
    (SELECT count(*) FROM notifications WHERE kind = 'summary'),
    (SELECT count(*) FROM deliveries d JOIN notifications n ON n.id = d.notification_id
     WHERE n.kind = 'summary' AND d.delivered_at IS NOT NULL)"""


async def prepared(folder: Path) -> Server:
    """A stopped server with an old job, whose daily report was due a while ago."""
    due = datetime.now(UTC) - timedelta(minutes=20)
    server = Server(
        folder,
        CRONITOR_SUMMARY__DAILY_AT=f"{due:%H:%M}",
        CRONITOR_SUMMARY__WEEKLY_AT="never",
        CRONITOR_SUMMARY__TIMEZONE="UTC",
        CRONITOR_STORAGE__BACKUP_AT="never",
    )
    await server.start()
    await server.add("backup", "--every", "30d")
    await server.stop()
    with closing(sqlite3.connect(server.data_dir / "cronitor.db")) as db, db:
        db.execute("UPDATE jobs SET created_at = created_at - ?", (3 * _DAY_US,))
        db.execute(
            "UPDATE meta SET value = ? WHERE key = 'summaries_since_day'",
            ((due - timedelta(hours=12)).isoformat(),),
        )
    return server


async def until_delivered(server: Server) -> None:
    """Wait until the log has taken it."""
    async with asyncio.timeout(PATIENCE_S):
        while server.rows(COUNTS) != [(1, 1, 1)]:
            await asyncio.sleep(POLL_S)


def headlines(server: Server) -> list[str]:
    """The first lines of reports in the log."""
    pattern = r"^.*INFO \w{3} \d{4}-\d\d-\d\d: .* action=summary$"
    return re.findall(pattern, server.output(), re.MULTILINE)


@pytest.mark.slow
async def test_a_report_that_is_owed_is_posted_once(tmp_path: Path) -> None:
    server = await prepared(tmp_path)
    assert headlines(server) == []
    for _ in range(2):
        await server.start()
        await until_delivered(server)
        code, out, err = await server.cli("report", "--list")
        assert (code, err) == (0, "")
        assert "late" in out
        await server.kill()
    (line,) = headlines(server)
    assert "1 job never reported" in line
    assert "due at" in server.output()
    assert server.rows(COUNTS) == [(1, 1, 1)]


@pytest.mark.slow
async def test_killed_around_the_moment_there_is_one_row_and_one_notification(
    tmp_path: Path,
) -> None:
    server = await prepared(tmp_path)
    for pause_s in (0.0, 0.05, 0.15, 0.3):
        await server.start()
        await asyncio.sleep(pause_s)
        await server.kill()
        (found,) = server.rows(COUNTS)
        assert found in [(0, 0, 0), (1, 1, 0), (1, 1, 1)]
    await server.start()
    await until_delivered(server)
    await server.stop()
    assert server.rows(COUNTS) == [(1, 1, 1)]
    # the log may hear it again after a kill between the line and its delivery
    assert 1 <= len(headlines(server)) <= 2


@pytest.mark.slow
async def test_on_a_full_disk_the_report_comes_once(
    tmp_path: Path,
) -> None:
    with disks.tmpfs(tmp_path / "data", 16) as disk:
        server = await prepared(tmp_path)
        filler = disks.fill(disk)
        await server.start(ready=False)
        await server.until_said("action=storage_lost")
        # more often than it is tried again
        for _ in range(3):
            disks.fill_on(filler)
            await asyncio.sleep(1)
        # the ballast may have made room for it
        assert server.rows(COUNTS) in ([(0, 0, 0)], [(1, 1, 0)], [(1, 1, 1)])
        filler.unlink()
        await until_delivered(server)
        assert await server.stop() == 0
        (line,) = headlines(server)
        assert "1 job never reported" in line
        assert "Traceback" not in server.output()
        assert server.rows("PRAGMA integrity_check") == [("ok",)]
