"""A stop of the server, and what becomes of the runs that go on."""

import signal
from pathlib import Path

from tests.acceptance import works
from tests.acceptance.server import Server

#: goes on until the file is there
WAITS = "echo begun; while [ ! -e {go} ]; do sleep 0.1; done; echo done"
STUBBORN = "trap 'echo no' TERM; " + WAITS


async def begun(folder: Path, server: Server, text: str) -> None:
    """One run goes on, and another one waits for its turn."""
    queued = works.table("job", text.format(go=folder / "go"), overlap="queue")
    await works.apply(folder, server, queued)
    await works.run(server, "job")
    await works.said(server, "job", "begun")
    await works.run(server, "job")


async def runs(server: Server) -> list[tuple[str, str | None, str | None]]:
    """Stage, end and who ended it, the oldest first."""
    found = (await server.get("/v1/jobs/job/runs"))["runs"]
    return [(x["stage"], x["end"], x["cancelled_by"]) for x in reversed(found)]


async def test_a_stop_waits_for_runs_and_begins_none(tmp_path: Path) -> None:
    settings = {"CRONITOR_RUNS__DRAIN": "1m", "CRONITOR_RUNS__AT_STOP": "end"}
    async with works.at_work(tmp_path, **settings) as server:
        await begun(tmp_path, server, WAITS)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await works.until(lambda: "stopping" in server.output())
        (tmp_path / "go").touch()
        assert await server.stop(signal.SIGCONT) == 0
        sql = "SELECT stage, ending FROM executions ORDER BY id"
        assert server.rows(sql) == [("ended", "ok"), ("waiting", None)]
        # what waited begins after the next start
        await server.start()
        await works.until(lambda: server.rows(sql)[1] == ("ended", "ok"))


async def test_a_stop_ends_what_is_left_if_it_is_told_to(tmp_path: Path) -> None:
    settings = {"CRONITOR_RUNS__DRAIN": "1s", "CRONITOR_RUNS__AT_STOP": "end"}
    async with works.at_work(tmp_path, **settings) as server:
        await begun(tmp_path, server, WAITS)
        assert await server.stop() == 0
        assert "runs_left" not in server.output()
        sql = "SELECT stage, ending, cancelled_by FROM executions ORDER BY id"
        assert server.rows(sql) == [
            ("ended", "cancelled", "stop of Cronitor"),
            ("waiting", None, ""),
        ]
        (tmp_path / "go").touch()
        await server.start()
        await works.until(lambda: server.rows(sql)[1][1] == "ok")
        assert await server.incidents() == []
        assert "Traceback" not in server.output()


async def test_a_stop_leaves_runs_to_the_supervisor(tmp_path: Path) -> None:
    async with works.at_work(tmp_path) as server:
        await begun(tmp_path, server, WAITS)
        assert await server.stop() == 0
        assert "runs_left" in server.output()
        (tmp_path / "go").touch()
        await server.start()
        sql = "SELECT ending FROM executions ORDER BY id"
        await works.until(lambda: server.rows(sql) == [("ok",), ("ok",)])


async def test_a_second_signal_does_not_wait_for_runs(tmp_path: Path) -> None:
    settings = {"CRONITOR_RUNS__DRAIN": "1m", "CRONITOR_RUNS__AT_STOP": "end"}
    async with works.at_work(tmp_path, **settings) as server:
        await begun(tmp_path, server, STUBBORN)
        assert server.process is not None
        server.process.send_signal(signal.SIGTERM)
        await works.until(lambda: "stopping" in server.output())
        assert await server.stop(signal.SIGINT) == 1
        (tmp_path / "go").touch()
        await server.start()
        await works.until(
            lambda: server.rows("SELECT ending FROM executions")[0] == ("ok",)
        )
