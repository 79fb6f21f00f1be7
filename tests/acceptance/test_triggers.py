"""What starts jobs on the real server: its start, changed files, and SIGHUP's files."""

import asyncio
import hashlib
import hmac
import os
import pty
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.server import PATIENCE_S, POLL_S, Json, Server, running

START = """
[[job]]
slug = "begins"
kind = "command"
command = ["/bin/echo", "begun"]
on_start = true
"""


DEPLOY = """
[[job]]
slug = "deploy"
kind = "command"
shell = true
command = 'cat "$CRONITOR_PAYLOAD"; echo " by $CRONITOR_EVENT"'
webhook = {secret_file = "SECRET", events = ["push"]}
"""


def written(folder: Path, text: str) -> Path:
    """The file of jobs."""
    file = folder / "jobs.toml"
    file.write_text(text, "utf-8")
    return file


@asynccontextmanager
async def up(folder: Path, jobs: Path) -> AsyncIterator[Server]:
    """A server that has applied the file."""
    async with running(folder, CRONITOR_JOBS__FILES=f'["{jobs}"]') as server:
        await server.until_said("action=server_started")
        yield server


def watching(inbox: Path, command: str, more: str = "") -> str:
    """A job that watches a folder."""
    return f"""
[[job]]
slug = "inbox"
kind = "command"
shell = true
command = '''{command}'''
watch = ["{inbox}"]
watch_settle = "1s"
{more}
"""


async def runs_of(server: Server, slug: str) -> list[Json]:
    """Its runs, the newest first."""
    found: list[Json] = (await server.get(f"/v1/jobs/{slug}/runs"))["runs"]
    return found


async def until_ended(server: Server, slug: str, count: int) -> list[Json]:
    """Wait until so many runs are over; all of them."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            runs = await runs_of(server, slug)
            if len([each for each in runs if each["stage"] == "ended"]) >= count:
                return runs
            await asyncio.sleep(POLL_S)


async def test_each_start_is_one_run_also_after_a_kill(tmp_path: Path) -> None:
    jobs = written(tmp_path, START)
    async with up(tmp_path, jobs) as server:
        (run,) = await until_ended(server, "begins", 1)
        assert (run["trigger"], run["end"]) == ("start", "ok")
        await server.kill()
        await server.start()
        assert len(await until_ended(server, "begins", 2)) == 2
        # files that are applied again are no start
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)
        await server.until_said("action=job_files_applied")
        assert len(await runs_of(server, "begins")) == 2
        assert await server.stop() == 0
        assert "Traceback" not in server.output()


async def test_hup_applies_good_files_and_refuses_bad_ones(tmp_path: Path) -> None:
    jobs = written(tmp_path, START)
    async with up(tmp_path, jobs) as server:
        assert server.process is not None
        one = '\n[[job]]\nslug = "more"\nevery = "1d"\n'
        written(tmp_path, START + one)
        server.process.send_signal(signal.SIGHUP)
        await server.until_said("applied: 1 added, 0 changed, 1 unchanged")
        assert (await server.get("/v1/jobs/more"))["slug"] == "more"

        written(tmp_path, f'{one}grace = "soon"\n[[job]]\nslug = "third"\n')
        server.process.send_signal(signal.SIGHUP)
        await server.until_said("action=settings_ignored")
        said = f"the job files change nothing: {jobs}:2: more: grace: "
        await server.until_said(said)
        assert await server.faults() == ["job_files"]
        health = await server.get("/healthz")
        assert said in health["details"]["job_files"]
        slugs = [each["slug"] for each in (await server.get("/v1/jobs"))["jobs"]]
        assert slugs == ["begins", "more"]

        written(tmp_path, START + one).chmod(0o666)
        server.process.send_signal(signal.SIGHUP)
        await server.until_said(f"others may write to {jobs}")
        bad_window = '\n[[maintenance]]\nfrom = "never"\n'
        written(tmp_path, START + one.replace("more", "fourth") + bad_window)
        jobs.chmod(0o600)
        server.process.send_signal(signal.SIGHUP)
        await server.until_said("action=settings_ignored", 3)
        assert (await server.cli("job", "show", "fourth"))[0] == 1

        written(tmp_path, START + one)
        server.process.send_signal(signal.SIGHUP)
        await server.until_said("action=job_files_applied", 2)
        assert await server.faults() == []
        assert server.process.returncode is None


async def test_a_bad_file_at_the_start_is_a_fault_as_well(tmp_path: Path) -> None:
    jobs = written(tmp_path, "[[job]]\nslug = \n")
    async with up(tmp_path, jobs) as server:
        await server.until_said(f"{jobs}:2: Invalid value")
        assert await server.faults() == ["job_files"]


@pytest.mark.slow
async def test_changed_files_are_one_run_that_is_told_of_them(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    command = 'echo "$CRONITOR_CHANGED_COUNT"; echo "$CRONITOR_CHANGED" | sort'
    jobs = written(tmp_path, watching(inbox, command))
    async with up(tmp_path, jobs) as server:
        before = await until_watching(inbox / "first", server)
        # a name that a shell would run
        (inbox / "deep").mkdir()
        names = ["a", "deep/b", "$(touch pwned); rm -rf *"]
        for name in names:
            (inbox / name).write_text("x")
        runs = await until_ended(server, "inbox", before + 1)
        assert (runs[0]["trigger"], runs[0]["by"]) == ("watch", f"a change of {inbox}")
        await asyncio.sleep(3)
        assert len(await runs_of(server, "inbox")) == before + 1
        _, out, _ = await server.cli("logs", "inbox")
        told = set(out.splitlines())
        assert {str(inbox / "a"), str(inbox / names[2])} <= told
        # what is put into a new folder at once may be told as that folder alone
        assert told & {str(inbox / "deep"), str(inbox / "deep/b")}
        assert not list(tmp_path.rglob("pwned"))


async def until_watching(file: Path, server: Server) -> int:
    """Change a file until that is noticed and its run over; how many there were."""
    for number in range(int(PATIENCE_S)):
        file.write_text(f"{number}")
        # longer than a change needs to settle, and a run to be over
        await asyncio.sleep(2)
        runs = await runs_of(server, "inbox")
        if runs and runs[0]["stage"] == "ended":
            await asyncio.sleep(1.5)
            return len(await runs_of(server, "inbox"))
    raise AssertionError(server.output())


@pytest.mark.slow
async def test_a_job_that_writes_where_it_watches_runs_once(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    command = f"sleep 0.5; date > {inbox}/made; sleep 0.2; date > {inbox}/again"
    jobs = written(tmp_path, watching(inbox, command))
    async with up(tmp_path, jobs) as server:
        before = await until_watching(inbox / "first", server)
        await asyncio.sleep(4)
        assert len(await runs_of(server, "inbox")) == before
        (inbox / "second").write_text("x")
        await until_ended(server, "inbox", before + 1)
        await asyncio.sleep(4)
        assert len(await runs_of(server, "inbox")) == before + 1


@pytest.mark.slow
async def test_what_is_not_there_is_waited_for(tmp_path: Path) -> None:
    inbox = tmp_path / "not" / "yet" / "inbox"
    jobs = written(tmp_path, watching(inbox, "true"))
    async with up(tmp_path, jobs) as server:
        await server.until_said(f"{inbox} is watched and is not there")
        inbox.mkdir(parents=True)
        await until_ended(server, "inbox", 1)
        # in it, and in one that takes its place
        await asyncio.sleep(3)
        (inbox / "deep").mkdir()
        await until_ended(server, "inbox", 2)
        await asyncio.sleep(3)
        inbox.rename(inbox.with_name("gone"))
        await until_ended(server, "inbox", 3)
        await asyncio.sleep(3)
        inbox.mkdir()
        await until_ended(server, "inbox", 4)
        await asyncio.sleep(3)
        (inbox / "x").write_text("x")
        await until_ended(server, "inbox", 5)
        assert server.output().count("is watched and is not there") == 1


@pytest.mark.slow
async def test_a_file_that_another_takes_the_place_of(tmp_path: Path) -> None:
    file = tmp_path / "app.conf"
    file.write_text("1")
    jobs = written(tmp_path, watching(file, "cat $CRONITOR_CHANGED"))
    async with up(tmp_path, jobs) as server:
        before = await until_watching(file, server)
        for count in (1, 2):
            new = tmp_path / "app.conf.new"
            new.write_text(f"new {count}")
            new.rename(file)
            await until_ended(server, "inbox", before + count)
            await asyncio.sleep(1.5)
        assert (await server.cli("logs", "inbox"))[1] == "new 2\n"


async def test_a_webhook_of_github_is_run_once_and_leaves_no_trace(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the secret of a webhook\n")
    jobs = written(tmp_path, DEPLOY.replace("SECRET", str(secret)))
    body = b'{"ref": "$(touch pwned)"}'
    made = hmac.new(b"the secret of a webhook", body, hashlib.sha256).hexdigest()
    headers = {
        "X-GitHub-Event": "push",
        "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256": f"sha256={made}",
    }
    async with up(tmp_path, jobs) as server, aiohttp.ClientSession() as session:
        url = str((await server.get("/v1/jobs/deploy"))["webhook_url"])
        shown = await server.cli("job", "show", "deploy", "--show-url")
        assert url in shown[1]
        assert url not in (await server.cli("job", "show", "deploy"))[1]

        async def send(more: Mapping[str, str]) -> int:
            given = {**headers, **more}
            async with session.post(url, data=body, headers=given) as answer:
                return answer.status

        assert await send({}) == 202
        (run,) = await until_ended(server, "deploy", 1)
        await server.kill()
        await server.start()
        await server.until_said("action=server_started", 2)
        assert await send({}) == 202
        assert await send({"X-Hub-Signature-256": f"sha256={'0' * 64}"}) == 401
        assert await runs_of(server, "deploy") == [run]
        assert (run["trigger"], run["end"]) == ("webhook", "ok")
        _, out, _ = await server.cli("logs", "deploy")
        assert out == '{"ref": "$(touch pwned)"} by push\n'
        _, out, _ = await server.cli("runs", "deploy")
        assert "webhook" in out
        out = (await server.cli("job", "show", "deploy"))[1]
        assert "by its webhook" in out
        assert await server.stop() == 0
        said = server.output()
        assert "Traceback" not in said
        for never in ("the secret of a webhook", url.rsplit("/", 1)[1], made):
            assert never not in said


async def test_at_a_terminal_that_is_closed_hup_ends_it(tmp_path: Path) -> None:
    server = Server(tmp_path)
    terminal, theirs = pty.openpty()
    server.process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "up"),
        stdin=theirs,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=server.environ,
    )
    os.close(theirs)
    (tmp_path / "output.txt").touch()
    await server.until_ready()
    server.process.send_signal(signal.SIGHUP)
    assert await server.faults() == []
    os.close(terminal)
    assert await server.stop(signal.SIGHUP) == 0
