"""Children that behave badly, under the whole server: each has its outcome."""

import asyncio
from pathlib import Path

import pytest

from tests.acceptance import works
from tests.acceptance.server import Json, Server

#: a child of its own session, which hides from the process group of its run
DAEMON = "setsid sh -c 'echo $$ > {pids}; exec sleep 600'"
#: how much more memory five gigabytes of output may take
MORE_KB = 60_000


def badly(folder: Path) -> dict[str, str]:
    """Jobs, each with one bad habit, by what they are called."""
    (folder / "locked").write_text("#!/bin/sh\n", "utf-8")
    daemon = DAEMON.format(pids=folder / "daemon")
    swept = DAEMON.format(pids=folder / "swept")
    return {
        "closes": works.table("closes", "exec >&- 2>&-; sleep 1; exit 4"),
        "no-newline": works.table("no-newline", "printf word"),
        "signal": works.table("signal", "echo dying; kill -SEGV $$"),
        "leaves-daemon": works.table("leaves-daemon", f"{daemon} & sleep 0.5"),
        "swept": works.table("swept", f"{swept} & sleep 600", timeout="2s"),
        "missing": plain("missing", folder / "missing"),
        "not-allowed": plain("not-allowed", folder / "locked"),
        "bad-folder": works.table("bad-folder", "true", cwd=str(folder / "none")),
        "bad-user": works.table("bad-user", "true", user="nobody-of-this-name"),
        "after": works.table("after", "echo all is well"),
    }


def plain(slug: str, program: Path) -> str:
    """A job without a shell."""
    return f'[[job]]\nslug = "{slug}"\nkind = "command"\ncommand = ["{program}"]\n'


async def outcomes(server: Server, slugs: list[str]) -> dict[str, Json]:
    """Run all of them at once, and wait for each."""
    for slug in slugs:
        await server.json("run", slug)
    return {slug: await works.newest(server, slug) for slug in slugs}


async def test_each_bad_habit_has_its_outcome(tmp_path: Path) -> None:
    async with works.at_work(tmp_path) as server:
        tables = badly(tmp_path)
        await works.apply(tmp_path, server, *tables.values())
        found = await outcomes(server, list(tables))
        ends = {slug: run["end"] for slug, run in found.items()}
        assert ends == {
            "closes": "failed",
            "no-newline": "ok",
            "signal": "failed",
            "leaves-daemon": "ok",
            "swept": "timeout",
            "missing": "not_started",
            "not-allowed": "not_started",
            "bad-folder": "not_started",
            "bad-user": "not_started",
            "after": "ok",
        }
        assert found["closes"]["exit_status"] == 4
        assert found["signal"]["signal"] == 11
        assert "No such file" in found["missing"]["reason"]
        assert "Permission denied" in found["not-allowed"]["reason"]
        assert "none" in found["bad-folder"]["reason"]
        assert "nobody-of-this-name" in found["bad-user"]["reason"]
        assert await works.output(server, found["no-newline"]) == "word"
        assert await works.output(server, found["signal"]) == "dying\n"
        # a run that ends by itself may leave something; one that is ended may not
        daemon = int((tmp_path / "daemon").read_text())
        assert works.is_alive(daemon)
        assert not works.is_alive(int((tmp_path / "swept").read_text()))
        works.end(daemon)
        jobs = {each["job"] for each in await server.incidents()}
        assert jobs == {slug for slug, end in ends.items() if end != "ok"}
        assert "Traceback" not in server.output()


@pytest.mark.slow
async def test_who_ignores_term_is_killed_after_the_grace(tmp_path: Path) -> None:
    async with works.at_work(tmp_path) as server:
        text = "trap 'echo no' TERM; echo $$; while :; do sleep 0.2; done"
        await works.apply(tmp_path, server, works.table("stubborn", text, timeout="1s"))
        await server.json("run", "stubborn")
        run = await works.newest(server, "stubborn")
        assert (run["end"], run["signal"]) == ("timeout", 9)
        assert run["duration"] >= 11
        pid, *words = (await works.output(server, run)).split()
        assert "no" in words
        assert not works.is_alive(int(pid))


@pytest.mark.slow
async def test_five_gigabytes_take_no_more_memory_than_five_bytes(
    tmp_path: Path,
) -> None:
    async with works.at_work(tmp_path) as server:
        text = "echo first; head -c 5000000000 /dev/zero | tr '\\0' x; echo last"
        await works.apply(
            tmp_path, server, works.table("writes", text), works.table("a", "echo a")
        )
        await outcomes(server, ["a"])
        assert server.process is not None
        pids = server.process.pid, await works.supervisor(server)
        before = [works.resident_kb(pid) for pid in pids]
        run = (await outcomes(server, ["writes"]))["writes"]
        after = [works.resident_kb(pid) for pid in pids]
        assert run["end"] == "ok"
        assert run["output_size"] == 5_000_000_000 + len("first\nlast\n")
        kept = await works.output(server, run)
        assert kept.startswith("first\nxxx")
        assert kept.endswith("xxxlast\n")
        assert "bytes left out" in kept
        assert len(kept) < 1_100_000
        for was, is_now in zip(before, after, strict=True):
            assert is_now - was < MORE_KB
        # whoever looks meanwhile is answered
        async with asyncio.timeout(10):
            assert await server.faults() == []
