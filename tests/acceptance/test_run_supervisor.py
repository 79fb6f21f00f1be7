"""The supervisor of runs is killed, and the server is not."""

import os
import signal
from pathlib import Path

import pytest

from tests.acceptance import works

STUBBORN = "trap 'echo heard' TERM; echo begun; while :; do sleep 0.1; done"


@pytest.mark.slow
async def test_runs_of_a_killed_supervisor_are_lost_and_named(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    async with works.at_work(tmp_path) as server:
        text = f"echo $$ > {pids}; echo begun; exec sleep 600"
        book = tmp_path / "book"
        book.touch()
        often = works.MARKED.format(file=book)
        await works.apply(
            tmp_path,
            server,
            works.table("goes-on", text),
            works.table("often", often, every="1s", grace="30s"),
        )
        await server.json("run", "goes-on")
        await works.said(server, "goes-on", "begun")
        pid = int(pids.read_text())
        await works.kill_supervisor(server)
        before = len(book.read_text().splitlines())
        # others begin, with a new supervisor
        await works.until(lambda: len(book.read_text().splitlines()) >= before + 2)
        run = await works.newest(server, "goes-on", "running")
        assert works.is_alive(pid)
        await works.until(lambda: f"process {pid}" in server.output())
        os.kill(pid, signal.SIGKILL)
        run = await works.newest(server, "goes-on")
        assert run["end"] == "lost"
        assert f"process {pid}" in run["reason"]
        (incident,) = await server.incidents()
        assert (incident["job"], incident["kind"]) == ("goes-on", "lost")
        assert await server.stop() == 0
        assert "Traceback" not in server.output()


@pytest.mark.slow
async def test_a_wish_that_a_killed_supervisor_had_heard_is_fulfilled(
    tmp_path: Path,
) -> None:
    async with works.at_work(tmp_path) as server:
        await works.apply(
            tmp_path,
            server,
            works.table("cancelled", STUBBORN),
            works.table("late", STUBBORN, timeout="1s"),
        )
        for slug in ("cancelled", "late"):
            await server.json("run", slug)
            await works.said(server, slug, "begun")
        await server.json("cancel", "cancelled")
        for slug in ("cancelled", "late"):
            await works.said(server, slug, "heard")
        await works.kill_supervisor(server)
        ends = {x: await works.newest(server, x) for x in ("cancelled", "late")}
        assert ends["cancelled"]["end"] == "cancelled"
        assert "(cli)" in ends["cancelled"]["cancelled_by"]
        assert ends["late"]["end"] == "timeout"
        (incident,) = await server.incidents()
        assert incident["job"] == "late"


@pytest.mark.slow
async def test_runs_of_a_supervisor_that_is_told_to_stop_are_lost_and_others_wait(
    tmp_path: Path,
) -> None:
    go = tmp_path / "go"
    book = tmp_path / "book"
    book.touch()
    stubborn = f"trap 'while [ ! -e {go} ]; do sleep 0.1; done; exit 0' TERM"
    async with works.at_work(tmp_path) as server:
        often = works.MARKED.format(file=book)
        await works.apply(
            tmp_path,
            server,
            works.table("ends", f"{stubborn}; echo begun; while :; do sleep 0.1; done"),
            works.table("often", often, every="1s", grace="1m"),
        )
        await server.json("run", "ends")
        await works.said(server, "ends", "begun")
        os.kill(await works.supervisor(server), signal.SIGTERM)
        # what is due meanwhile is handed over again until somebody takes it
        await works.until(lambda: "is being stopped" in server.output())
        before = len(book.read_text().splitlines())
        go.touch()
        await works.until(lambda: len(book.read_text().splitlines()) >= before + 2)
        run = await works.newest(server, "ends")
        assert (run["end"], run["cancelled_by"]) == ("lost", None)
        assert run["reason"] == "the supervisor of runs was told to stop"
        (incident,) = await server.incidents()
        assert (incident["job"], incident["kind"]) == ("ends", "lost")
        assert await server.stop() == 0
        assert "Traceback" not in server.output()
