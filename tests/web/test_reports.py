"""Counts, the audit log and the backup over the API, on the real engine."""

import sqlite3
from pathlib import Path

import pytest

from tests.web.api import Api


async def test_the_status_counts_jobs_and_incidents(tcp: Api) -> None:
    await tcp.home.add("a")
    await tcp.home.add("b")
    await tcp.home.ping("b", "fail")
    status = await tcp.ok("GET", "/v1/status")
    assert (status["jobs"]["new"], status["jobs"]["down"]) == (1, 1)
    assert status["incidents"]["open"] == 1
    assert (status["states"]["new"], status["states"]["down"]) == (1, 1)
    assert (status["mutes"], status["not_well"]) == ([], {})
    assert status["version"] == "test"
    assert status["discord"] == "off"


async def test_how_the_bot_stands_in_discord(tcp: Api, unix: Api) -> None:
    tcp.home.engine.link.connected(7)
    tcp.home.engine.link.pressed(12, "Acknowledge", "ada")
    assert (await tcp.ok("GET", "/v1/status"))["discord"] == "connected"
    told = await tcp.ok("GET", "/v1/discord")
    assert (told["state"], told["bot_id"]) == ("connected", "7")
    (press,) = told["presses"]
    assert (press["message_id"], press["button"], press["by"]) == (
        "12",
        "Acknowledge",
        "ada",
    )
    unix.home.engine.link.lost()
    assert (await unix.ok("GET", "/v1/status"))["discord"] == "away"


async def test_the_audit_log_says_who_did_what(tcp: Api, unix: Api) -> None:
    await tcp.ok("POST", "/v1/jobs", {"slug": "a"})
    await unix.ok("POST", "/v1/jobs/a/pause")
    entries = (await tcp.ok("GET", "/v1/audit"))["audit"]
    assert [each["action"] for each in entries] == ["job_paused", "job_added"]
    assert "cli" in str(entries[0]["actor"])
    assert "api" in str(entries[1]["actor"])
    assert len((await tcp.ok("GET", "/v1/audit?limit=1"))["audit"]) == 1
    assert (await tcp.get("/v1/audit?limit=none")).status == 400
    await tcp.ok("POST", "/v1/jobs", {"slug": "b"})
    of_a = (await tcp.ok("GET", "/v1/audit?subject=a"))["audit"]
    assert [each["subject"] for each in of_a] == ["a", "a"]


async def test_a_backup_is_a_database(unix: Api, tmp_path: Path) -> None:
    await unix.home.add("a")
    target = tmp_path / "copy.db"
    assert await unix.ok("POST", "/v1/backup", {"path": str(target)}) == {
        "path": str(target)
    }
    with sqlite3.connect(target) as copy:
        assert copy.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    copy.close()


@pytest.mark.parametrize("path", ["", "copy.db", "../x", 5, "/tmp/\0", None])
async def test_a_backup_wants_an_absolute_path(unix: Api, path: object) -> None:
    said = await unix.post("/v1/backup", {"path": path})
    assert said.status == 400
    assert "path" in said.fields


async def test_a_backup_that_cannot_be_written_says_so(
    unix: Api, tmp_path: Path
) -> None:
    said = await unix.post("/v1/backup", {"path": str(tmp_path / "missing" / "x.db")})
    assert said.status == 400
    assert said.json["error"]


async def test_a_backup_is_for_the_unix_socket_only(tcp: Api, tmp_path: Path) -> None:
    said = await tcp.post("/v1/backup", {"path": str(tmp_path / "x.db")})
    assert said.status == 403
    assert "Unix socket" in said.json["error"]
    assert not (tmp_path / "x.db").exists()
