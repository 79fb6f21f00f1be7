"""`cronitor exec` on a watched machine, beside the real server and its absence."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.acceptance import disks
from tests.acceptance.machines import (
    PING_KEY,
    Machine,
    hang,
    listening,
    losing_answers,
    pinged,
    until_pinged,
)
from tests.acceptance.server import PATIENCE_S, POLL_S, Server, running


@asynccontextmanager
async def server_and_machine(
    folder: Path, **environ: str
) -> AsyncIterator[tuple[Server, Machine]]:
    """A server with a job, and a machine that runs it."""
    async with running(folder, CRONITOR_API__PING_KEY=PING_KEY, **environ) as server:
        await server.add("backup", "--every", "1h")
        yield server, Machine(folder, server.url)


async def test_a_run_is_told_from_its_start_to_its_end(tmp_path: Path) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        done = await machine.exec(
            "backup", "sh", "-c", "echo out; echo err >&2; exit 3"
        )
        assert done == (3, b"out\n", b"err\n")
        start, end = pinged(server, "backup")
        assert (start.kind, end.kind, end.exit_status) == ("start", "fail", 3)
        assert start.rid == end.rid
        assert start.event != end.event
        assert sorted(end.body.split()) == [b"err", b"out"]
        ((rid, ended),) = server.rows("SELECT rid, ended_at FROM runs")
        assert (rid, ended) == (start.rid, end.at)
        ((agent,),) = server.rows("SELECT DISTINCT agent FROM pings")
        assert agent.startswith("cronitor-exec/")
        (incident,) = await server.incidents()
        assert incident["kind"] == "failed"
        assert (await machine.exec("backup", "true")).code == 0
        await server.until_incidents(1, status="resolved")
        assert machine.spool.names() == []


@pytest.mark.parametrize("by", ["uuid", "socket", "socket and uuid"])
async def test_the_ways_to_the_server(tmp_path: Path, by: str) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        job = "backup"
        if "uuid" in by:
            job = (await server.json("job", "show", "backup"))["uuid"]
            del machine.environ["CRONITOR_PING_KEY"]
        if "socket" in by:
            del machine.environ["CRONITOR_URL"]
            machine.environ["CRONITOR_DATA_DIR"] = str(server.data_dir)
        done = await machine.exec(job, "sh", "-c", "printf '\\377\\000x'; exit 9")
        assert done == (9, b"\377\000x", b"")
        start, end = pinged(server, "backup")
        assert (start.kind, end.exit_status, end.body) == ("start", 9, b"\377\000x")
        assert start.rid == end.rid


@pytest.mark.parametrize("by", ["url", "socket"])
async def test_a_job_is_made_by_its_first_report(tmp_path: Path, by: str) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        if by == "socket":
            del machine.environ["CRONITOR_URL"]
            machine.environ["CRONITOR_DATA_DIR"] = str(server.data_dir)
        assert (
            await machine.cronitor("exec", "--create", "new", "--", "true")
        ).err == b""
        job = await server.json("job", "show", "new")
        assert (job["status"], job["schedule"]["every"]) == ("up", 86_400)
        assert [each.kind for each in pinged(server, "new")] == ["start", "success"]


async def test_while_the_server_is_away_reports_are_kept(tmp_path: Path) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        await server.stop()
        for code in (0, 7, 0):
            done = await machine.exec("backup", "sh", "-c", f"echo {code}; exit {code}")
            assert (done.code, done.out) == (code, b"%d\n" % code)
            assert b"cannot reach" in done.err
        kept = [machine.spool.load(name) for name in machine.spool.names()]
        at = [round(each.at * 1e6) for each in kept if each is not None]
        copy = tmp_path / "copy"
        shutil.copytree(machine.spool.folder, copy)
        assert (await machine.cronitor("spool", "flush")).code == 69
        await server.start()
        done = await machine.cronitor("spool", "flush")
        assert done == (0, b"sent 6, dropped 0, left 0\n", b"")
        found = pinged(server, "backup")
        expected = ["start", "success", "start", "fail", "start", "success"]
        assert [each.kind for each in found] == expected
        moved = [abs(x.at - then) for x, then in zip(found, at, strict=True)]
        assert max(moved) < 100_000, "placed when they happened"
        # a flush whose answers were lost begins anew
        for file in copy.glob("*.report"):
            shutil.copy(file, machine.spool.folder)
        assert (await machine.cronitor("spool", "flush")).out.startswith(b"sent 6,")
        assert pinged(server, "backup") == found
        ((runs, open_runs),) = server.rows(
            "SELECT count(*), sum(ended_at IS NULL) FROM runs"
        )
        assert (runs, open_runs) == (3, 0)
        assert [(x["kind"], x["status"]) for x in await server.incidents()] == [
            ("failed", "resolved")
        ]


@pytest.mark.slow
async def test_a_slot_that_was_reported_while_nobody_listened_is_no_miss(
    tmp_path: Path,
) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        await server.add("often", "--every", "4s", "--grace", "4s")
        assert (await machine.exec("often", "true")).code == 0
        await server.stop()
        due = pinged(server, "often")[-1].at + 4_000_000
        at = 0.0
        while at < due - 900_000:
            await machine.exec("often", "true")
            *earlier, newest = machine.spool.names()
            report = machine.spool.load(newest)
            assert report is not None
            at = report.at * 1e6
        # of all these only the last run is told
        for name in earlier[:-1]:
            machine.spool.remove(name)
        await server.start()
        assert (await machine.cronitor("spool", "flush")).code == 0
        slots = server.rows(f"SELECT outcome FROM slots WHERE due_at = {due}")
        assert slots == [("ok",)]


async def test_the_next_run_sends_what_was_kept(tmp_path: Path) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        await server.stop()
        await machine.exec("backup", "sh", "-c", "exit 5")
        assert len(machine.spool.names()) == 2
        await server.start()
        # a short run leaves it to a process that nobody waits for
        assert (await machine.exec("backup", "true")).err == b""
        found = await until_pinged(server, "backup", 4)
        await machine.until_kept(0)
        assert sorted(x.kind for x in found) == ["fail", "start", "start", "success"]
        assert (await server.json("job", "show", "backup"))["status"] == "up"
        await server.stop()
        await machine.exec("backup", "sh", "-c", "exit 5")
        await server.start()
        # a long one sends it beside the command
        process = await machine.start("exec", "backup", "--", "cat")
        await machine.until_kept(0)
        await process.communicate(b"")
        assert process.returncode == 0
        assert len(pinged(server, "backup")) == 8


async def test_a_server_that_hangs_delays_no_output_and_no_exit(tmp_path: Path) -> None:
    async with listening(hang) as url:
        machine = Machine(tmp_path, url)
        process = await machine.start("exec", "backup", "--", "cat")
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"one\n")
        assert await process.stdout.readline() == b"one\n"
        async with asyncio.timeout(PATIENCE_S):
            out, err = await process.communicate(b"two\n")
        assert (process.returncode, out) == (0, b"two\n")
        # on a busy machine not even the connection may come about in time
        assert f"{url} is silent".encode() in err or b"(timed out)" in err
        assert len(machine.spool.names()) == 2


async def test_a_report_whose_answer_is_lost_counts_once(tmp_path: Path) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        async with listening(losing_answers(server)) as url:
            machine.environ["CRONITOR_URL"] = url
            assert (await machine.exec("backup", "sh", "-c", "exit 4")).code == 4
        assert len(machine.spool.names()) == 2
        before = pinged(server, "backup")
        assert [each.kind for each in before] == ["start"]
        machine.environ["CRONITOR_URL"] = server.url
        done = await machine.cronitor("spool", "flush")
        assert done.out == b"sent 2, dropped 0, left 0\n"
        found = pinged(server, "backup")
        assert [each.kind for each in found] == ["start", "fail"]
        assert found[0] == before[0]


async def test_a_wrapper_that_is_killed_is_a_run_that_never_ends(
    tmp_path: Path,
) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        await server.add("etl", "--no-schedule", "--max-runtime", "2s")
        process = await machine.start("exec", "etl", "--", "cat")
        await until_pinged(server, "etl", 1)
        process.kill()
        await process.communicate()
        (incident,) = await server.until_incidents(1)
        assert (incident["job"], incident["kind"]) == ("etl", "overran")


async def test_a_wrapper_that_is_killed_leaves_the_start_in_the_spool(
    tmp_path: Path,
) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        await server.stop()
        process = await machine.start("exec", "backup", "--", "cat")
        await machine.until_kept(1)
        process.kill()
        await process.communicate()
        await server.start()
        assert (await machine.cronitor("spool", "flush")).code == 0
        (start,) = pinged(server, "backup")
        assert start.kind == "start"


async def test_a_server_that_comes_back_during_the_run(tmp_path: Path) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        await server.stop()
        process = await machine.start("exec", "backup", "--", "cat")
        await machine.until_kept(1)
        await server.start()
        # the start is tried again while the command runs
        await until_pinged(server, "backup", 1)
        await machine.until_kept(0)
        _, err = await process.communicate(b"")
        assert (process.returncode, err) == (0, b"")
        start, end = pinged(server, "backup")
        assert (start.kind, end.kind) == ("start", "success")
        assert start.at < end.at
        assert machine.spool.names() == []


async def test_a_job_that_is_made_later_gets_its_reports(tmp_path: Path) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        done = await machine.exec("later", "true")
        assert done.code == 0
        assert b"knows no job later" in done.err
        assert PING_KEY.encode() not in done.err
        assert (await machine.exec("backup", "true")).code == 0
        done = await machine.cronitor("spool", "flush")
        assert (done.code, done.out) == (1, b"sent 0, dropped 0, left 2\n")
        await server.add("later", "--every", "1h")
        assert (await machine.cronitor("spool", "flush")).code == 0
        assert [each.kind for each in pinged(server, "later")] == ["start", "success"]


async def test_a_full_disk_for_the_spool_fails_nothing(tmp_path: Path) -> None:
    with disks.tmpfs(tmp_path / "small", 1) as small:
        machine = Machine(tmp_path, "http://127.0.0.1:9", CRONITOR_SPOOL=f"{small}/s")
        filler = disks.fill(small)
        done = await machine.exec("backup", "sh", "-c", "echo out; exit 6")
        assert (done.code, done.out) == (6, b"out\n")
        (line,) = done.err.splitlines()
        assert b"No space left on device" in line
        filler.unlink()
        await machine.exec("backup", "true")
        listed = await machine.cronitor("spool", "list")
        assert listed.out.endswith(f"2 reports wait in {small}/s\n".encode())


async def test_a_clock_that_is_wrong_moves_no_report(tmp_path: Path) -> None:
    if shutil.which("faketime") is None:
        pytest.skip("needs faketime")
    async with server_and_machine(tmp_path) as (server, machine):
        await server.add("plain", "--every", "1h")
        assert (await machine.exec("plain", "true")).code == 0
        ahead = ["faketime", "-f", "+1h", sys.executable, "-m", "bot", "exec"]
        process = await asyncio.create_subprocess_exec(
            *ahead, "backup", "--", "true", env=machine.environ
        )
        assert await process.wait() == 0
        start, end = pinged(server, "backup")
        (_, before) = pinged(server, "plain")
        assert before.at <= start.at <= end.at < before.at + 60_000_000


async def test_a_stop_of_the_unit_reaches_the_command_and_is_told(
    tmp_path: Path,
) -> None:
    async with server_and_machine(tmp_path) as (server, machine):
        script = (
            "trap 'echo stopping; exit 0' TERM; echo up; while :; do sleep 0.05; done"
        )
        process = await machine.start("exec", "backup", "--", "sh", "-c", script)
        assert process.stdout is not None
        assert await process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGTERM)
        out, err = await process.communicate()
        assert (process.returncode, out, err) == (0, b"stopping\n", b"")
        _, end = pinged(server, "backup")
        assert (end.kind, end.body) == ("success", b"up\nstopping\n")


async def test_two_flushes_do_not_meet(tmp_path: Path) -> None:
    async with listening(hang) as url:
        machine = Machine(tmp_path, "http://127.0.0.1:9")
        await machine.exec("backup", "true")
        machine.environ["CRONITOR_URL"] = url
        first = await machine.start("spool", "flush")
        while (ours := machine.spool.lock()) is not None:
            os.close(ours)
            await asyncio.sleep(POLL_S)
        done = await machine.cronitor("spool", "flush")
        assert done.code == 1
        assert b"another flush" in done.err
        first.kill()
        await first.communicate()
