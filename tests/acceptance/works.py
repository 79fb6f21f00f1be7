"""Jobs that a real server runs: how they are declared, and what became of them."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from bot.errors import Unavailable
from bot.executors import connections, processes
from tests.acceptance.server import PATIENCE_S, POLL_S, Json, Server

#: runs that have an id, a due and a slug in their environment write it into a file
MARKED = 'echo "$CRONITOR_JOB $CRONITOR_DUE $CRONITOR_RUN_ID" >> {file}'


def table(slug: str, text: str, **fields: Any) -> str:
    """A job that runs a text in a shell, as the file of jobs has it."""
    lines = [f'slug = "{slug}"', 'kind = "command"', "shell = true"]
    lines += [f"command = '''{text}'''"]
    lines += [f"{name} = {_toml(value)}" for name, value in fields.items()]
    return "\n".join(["[[job]]", *lines, ""])


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case int():
            return str(value)
    return f"'{value}'"


async def apply(folder: Path, server: Server, *tables: str) -> None:
    """Declare them."""
    file = folder / "jobs.toml"
    file.write_text("\n".join(tables), "utf-8")
    code, _, err = await server.cli("apply", str(file), "--yes")
    assert code == 0, err


async def until(holds: Callable[[], Any], patience_s: float = PATIENCE_S) -> None:
    """Wait until it is true."""
    async with asyncio.timeout(patience_s):
        while not holds():
            await asyncio.sleep(POLL_S)


async def run(server: Server, slug: str) -> None:
    """Let it run now."""
    await server.post(f"/v1/jobs/{slug}/run")


async def newest(server: Server, slug: str, stage: str = "ended") -> Json:
    """The newest run of a job, once it has come so far."""
    async with asyncio.timeout(2 * PATIENCE_S):
        while True:
            runs = (await server.get(f"/v1/jobs/{slug}/runs"))["runs"]
            if runs and runs[0]["stage"] == stage:
                found: Json = runs[0]
                return found
            await asyncio.sleep(POLL_S)


async def output(server: Server, run: Json) -> str:
    """What a run has printed, as far as it is kept."""
    return str((await server.get(f"/v1/runs/{run['id']}/output"))["output"])


async def said(server: Server, slug: str, word: str) -> None:
    """Wait until the run that goes on has printed that, and it is stored."""
    run = await newest(server, slug, "running")
    async with asyncio.timeout(PATIENCE_S):
        while word not in await output(server, run):
            await asyncio.sleep(POLL_S)


async def supervisor(server: Server) -> int:
    """The process that keeps its runs."""
    connection = await connections.connect(server.data_dir / "runs")
    await connection.close()
    return int(connection.greeting["pid"])


def is_alive(pid: int) -> bool:
    """Whether it lives, and is no zombie."""
    return pid in processes.everything()


async def kill_supervisor(server: Server) -> None:
    """With KILL, and see it gone."""
    pid = await supervisor(server)
    os.kill(pid, signal.SIGKILL)
    await until(lambda: not is_alive(pid))


def resident_kb(pid: int) -> int:
    """The most that a process has had in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    (peak,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(peak)


@asynccontextmanager
async def at_work(folder: Path, **environ: str) -> AsyncIterator[Server]:
    """A server that is ready; at the end no process of its runs is left."""
    server = Server(folder, **environ)
    await server.start()
    try:
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill()
        await clear(server)


async def clear(server: Server) -> None:
    """The supervisor ends its runs, and itself."""
    with suppress(Unavailable):
        pid = await supervisor(server)
        os.kill(pid, signal.SIGTERM)
        await until(lambda: not is_alive(pid))


def end(pid: int) -> None:
    """One that nobody else ends."""
    os.kill(pid, signal.SIGKILL)
