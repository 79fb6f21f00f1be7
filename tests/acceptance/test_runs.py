"""Jobs that the real server runs: by hand, over a kill, and never by strangers."""

import asyncio
import os
from pathlib import Path

import aiohttp

from tests.acceptance.server import PATIENCE_S, POLL_S, Json, Server, running

JOBS = """
[[job]]
slug = "fails"
kind = "command"
shell = true
command = "echo about to fail; exit 3"

[[job]]
slug = "slow"
kind = "command"
command = ["/bin/sh", "-c", "echo begun $CRONITOR_ARG_TARGET; sleep $0; echo done", "2"]

[job.params]
target = ["daily", "full"]

[[job]]
slug = "spoilt"
kind = "command"
command = ["/bin/sh", "-c", "echo begun; read word <> $CRONITOR_ARG_PIPE; exit 3"]

[job.params]
pipe = ["PIPE"]

[[job]]
slug = "follows"
kind = "command"
command = ["/bin/true"]
after = ["slow"]

[[job]]
slug = "shaky"
kind = "command"
shell = true
command = "echo attempt $CRONITOR_ATTEMPT; test $CRONITOR_ATTEMPT = 2"
retries = 1
retry_base = "1s"

[[job]]
slug = "often"
kind = "command"
every = "1s"
grace = "10s"
command = ["/bin/true"]
"""
KEY = "an-api-key-of-a-test"


async def applied(folder: Path, server: Server) -> None:
    """The jobs of this page."""
    file = folder / "jobs.toml"
    file.write_text(JOBS.replace('PIPE"', f'{folder}/pipe"'), "utf-8")
    code, _, err = await server.cli("apply", str(file), "--yes")
    assert code == 0, err


async def ended(server: Server, slug: str) -> Json:
    """The newest run of a job, once it is over."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            runs = (await server.get(f"/v1/jobs/{slug}/runs"))["runs"]
            if runs and runs[0]["stage"] == "ended":
                newest: Json = runs[0]
                return newest
            await asyncio.sleep(POLL_S)


async def test_runs_by_hand_and_by_their_schedule(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await applied(tmp_path, server)
        code, _, err = await server.cli("run", "fails", "--wait")
        assert code == 1
        assert "failed, exit code 3" in err
        (incident,) = await server.incidents()
        assert (incident["job"], incident["kind"]) == ("fails", "failed")
        code, out, _ = await server.cli(
            "run", "slow", "--follow", "--param", "target=full"
        )
        assert (code, out) == (0, "begun full\ndone\n")
        assert (await ended(server, "follows"))["by"] == "the end of slow"
        code, out, err = await server.cli("run", "shaky", "--follow")
        assert (code, out) == (0, "attempt 1\nattempt 2\n")
        assert "failed, exit code 1; attempt 2 is run #" in err
        assert err.rstrip().endswith(" ok")
        code, out, err = await server.cli("run", "shaky", "--wait")
        assert (code, out) == (0, "")
        code, _, err = await server.cli("run", "slow", "--param", "target=x; rm")
        assert code == 1
        assert "is none of daily, full" in err
        assert (await ended(server, "often"))["end"] == "ok"
        _, out, _ = await server.cli("logs", "fails")
        assert out == "about to fail\n"
        assert await server.stop() == 0
        assert "Traceback" not in server.output()


async def test_a_run_outlives_a_kill_and_is_found_again(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await applied(tmp_path, server)
        view = await server.json("run", "slow")
        async with asyncio.timeout(PATIENCE_S):
            while (await server.get(f"/v1/runs/{view['id']}"))["stage"] != "running":
                await asyncio.sleep(POLL_S)
        await server.kill()
        await asyncio.sleep(2.5)
        await server.start()
        newest = await ended(server, "slow")
        assert (newest["id"], newest["end"]) == (view["id"], "ok")
        _, out, _ = await server.cli("logs", f"#{view['id']}")
        assert out == "begun daily\ndone\n"
        assert await server.incidents() == []


async def test_a_run_is_cancelled_and_says_by_whom(tmp_path: Path) -> None:
    async with running(tmp_path) as server:
        await applied(tmp_path, server)
        await server.json("run", "slow")
        code, _, err = await server.cli("run", "slow")
        assert code == 1
        assert "cronitor cancel slow" in err
        assert (await server.cli("cancel", "slow"))[0] == 0
        newest = await ended(server, "slow")
        assert newest["end"] == "cancelled"
        assert "(cli)" in newest["cancelled_by"]
        assert await server.incidents() == []


async def test_over_http_jobs_are_started_and_never_defined(tmp_path: Path) -> None:
    async with running(tmp_path, CRONITOR_API__KEY=KEY) as server:
        await applied(tmp_path, server)
        headers = {"X-Api-Key": KEY, "Idempotency-Key": "once"}
        async with aiohttp.ClientSession(server.url, headers=headers) as session:

            async def status_of(method: str, path: str, table: Json) -> int:
                async with session.request(method, path, json=table) as response:
                    return response.status

            table: Json = {"slug": "new", "kind": "command", "command": ["/bin/true"]}
            assert await status_of("POST", "/v1/jobs", table) == 403
            table = {"slug": "new", "env": {"A": "b"}}
            assert await status_of("POST", "/v1/jobs", table) == 403
            patch = {"env_from_file": "/etc/passwd"}
            assert await status_of("PATCH", "/v1/jobs/fails", patch) == 403
            assert await status_of("POST", "/v1/jobs/fails/run", {}) == 202
            assert await status_of("POST", "/v1/jobs/fails/run", {}) == 202
            (run,) = (await server.get("/v1/jobs/fails/runs"))["runs"]
            async with session.get(f"/v1/runs/{run['id']}/follow") as response:
                events = (await response.text()).split("\n\n")
        assert events[0] == 'event: output\ndata: "about to fail\\n"'
        assert events[1].startswith("event: end\ndata: {")


async def test_a_run_whose_output_cannot_be_read_ends_all_the_same(
    tmp_path: Path,
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    async with running(tmp_path) as server:
        await applied(tmp_path, server)
        view = await server.json("run", "spoilt")
        folder = server.data_dir / "runs" / "output"
        async with asyncio.timeout(PATIENCE_S):
            while not (kept := list(folder.glob("*.head"))):
                await asyncio.sleep(POLL_S)
        # root may read everything, but no folder as if it were a file
        kept[0].unlink()
        kept[0].mkdir()
        pipe.write_text("go on\n")
        newest = await ended(server, "spoilt")
        assert (newest["id"], newest["end"]) == (view["id"], "failed")
        _, out, err = await server.cli("logs", "spoilt")
        assert "output is missing: it could not be read: Is a directory" in err
        assert "kept no more" not in err
        _, out, _ = await server.cli("run", "fails", "--follow")
        assert out == "about to fail\n"
