"""The story that everything is for, with the real process over real sockets."""

from datetime import datetime
from pathlib import Path

import aiohttp

from tests.acceptance.server import Server, running


async def ping(url: str, *, body: bytes = b"") -> int:
    """Ping a URL; the status of the answer."""
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=body) as response,
    ):
        return response.status


async def test_a_job_goes_quiet_and_reports_again(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add("backup", "--every", "1s", "--grace", "0s")
        assert await ping(job["ping_url"]) == 200
        (incident,) = await server.until_incidents(1)
        assert (incident["job"], incident["kind"]) == ("backup", "missed")
        await _is_told_everywhere(server)
        await server.json("job", "edit", "backup", "--every", "1h")
        assert await ping(job["ping_url"]) == 200
        (incident,) = await server.until_incidents(1, status="resolved")
        assert incident["resolution"] == "recovered"
        shown = await server.json("job", "show", "backup")
        assert (shown["status"], shown["late"]) == ("up", False)


async def _is_told_everywhere(server: Server) -> None:
    """In the log, the CLI and the store."""
    await server.until_said("incident opened: #1 backup missed its deadline")
    (listed,) = await server.json("incident", "list")
    assert (listed["id"], listed["status"]) == (1, "open")
    (row,) = server.rows("SELECT opened_at, due_at, updated_at FROM incidents")
    assert row[0] == row[1], "it is dated at the deadline"
    (event,) = server.rows("SELECT at FROM notifications WHERE kind = 'opened'")
    late_s = (event[0] - row[0]) / 1e6
    assert late_s < 1, f"it was noticed {late_s} s after the deadline"


async def test_a_run_that_never_ends_is_noticed(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add("etl", "--no-schedule", "--max-runtime", "1s")
        assert await ping(job["ping_url"] + "/start") == 200
        (incident,) = await server.until_incidents(1)
        assert incident["kind"] == "overran"
        assert await ping(job["ping_url"]) == 200
        await server.until_incidents(1, status="resolved")


async def test_a_failure_is_told_with_its_output(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add("backup", "--every", "1h")
        assert await ping(job["ping_url"] + "/3", body=b"no space left") == 200
        (incident,) = await server.until_incidents(1)
        assert incident["kind"] == "failed"
        code, out, _ = await server.cli("job", "show", "backup")
        assert code == 0
        assert "no space left" in out


async def test_jobs_of_a_file_are_there_from_the_start(tmp_path: Path) -> None:
    jobs = tmp_path / "jobs.toml"
    jobs.write_text('[[job]]\nslug = "nightly"\ncron = "0 3 * * *"\n')
    jobs.chmod(0o600)
    async with running(tmp_path, CRONITOR_JOBS__FILES=f'["{jobs}"]') as server:
        (job,) = await server.json("job", "list")
        assert (job["slug"], job["declared"]) == ("nightly", True)
        await server.stop()
        jobs.write_text('[[job]]\nslug = "nightly"\ncron = "99 3 * * *"\n')
        await server.start()
        (job,) = await server.json("job", "list")
        assert job["schedule"]["expression"] == "0 3 * * *"
        await server.until_said("change nothing")


async def test_no_ping_url_key_or_token_is_in_the_output(tmp_path: Path) -> None:
    async with running(
        tmp_path, CRONITOR_API__KEY="an-api-key-of-some-length-1234"
    ) as server:
        job = await server.add("backup", "--every", "1h")
        await ping(job["ping_url"])
        await ping(job["ping_url"] + "/fail")
        await ping(server.url + "/ping/" + "0" * 8 + "-0000-4000-8000-" + "0" * 12)
        await server.until_incidents(1)
        (key,) = server.rows("SELECT value FROM meta WHERE key = 'ping_key'")
        assert job["slug_url"] == f"{server.url}/ping/{key[0]}/backup"
        assert await ping(job["slug_url"]) == 200
        await server.stop()
        for secret in (job["uuid"], key[0], "an-api-key-of-some-length-1234"):
            assert secret not in server.output()


async def test_the_first_screen_says_what_to_do_next(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        for part in (server.url, str(server.data_dir), "Discord", "cronitor job add"):
            await server.until_said(part)


async def test_times_in_json_are_utc(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        job = await server.add(
            "tokyo", "--cron", "0 3 * * *", "--timezone", "Asia/Tokyo"
        )
        await ping(job["ping_url"])
        shown = await server.json("job", "show", "tokyo")
        due = datetime.fromisoformat(shown["next_dues"][0])
        assert (due.hour, due.utcoffset()) == (18, due.utcoffset())
        assert shown["next_dues"][0].endswith("Z")
