"""Whether a run has done what is expected of it, beside ending well.

A pattern may take for ever on an output that nobody has foreseen, and would hold up all
that the server does. So it is tried by a process of its own that is ended in time; only
a job with a pattern pays for that.
"""

import asyncio
import json
import signal
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.core import results
from bot.core.commands import Command, Expect
from bot.core.executions import End
from bot.engine.results import Result

#: seconds of processor time that the patterns of a run may take
CPU_S = 5
#: and seconds in all: a busy machine is no fault of a pattern
ALL_S = 60.0
#: processes at the same time
AT_ONCE = 2

#: without the environment and without site-packages
_PYTHON = (sys.executable, "-I", "-S")
_CHILD = str(Path(__file__).with_name("matching.py"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Expectations:
    """Looks whether runs have done what is expected."""

    def __init__(self) -> None:
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def judge(self, command: Command, result: Result, unread: str) -> Result:
        """A run that ended well counts as failed if it has not done it.

        `unread`: why its output cannot be read; empty: it was.
        """
        since, expect = result.execution.started_at, command.expect
        if result.end is not End.OK or since is None or not expect:
            return result
        written_at = await asyncio.to_thread(_written_at, expect.file)
        why = results.unwritten(expect.file, written_at, since)
        if not why and (expect.pattern or expect.count):
            why = f"its output: {unread}" if unread else ""
            why = why or await self._missing(expect, result.output)
        return replace(result, end=End.UNMET, reason=why) if why else result

    async def _missing(self, expect: Expect, output: bytes) -> str:
        async with self._turn:
            return await missing(expect, output.decode("utf-8", "replace"))


async def missing(expect: Expect, output: str) -> str:
    """What the patterns miss in an output, in words; empty: nothing."""
    asked = {
        "pattern": expect.pattern,
        "count": expect.count,
        "at_least": expect.at_least,
        "output": output,
    }
    try:
        process = await asyncio.create_subprocess_exec(
            *(*_PYTHON, _CHILD, str(CPU_S)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={},
            cwd="/",
        )
    except OSError as exc:
        return _untried(exc.strerror or str(exc))
    try:
        async with asyncio.timeout(ALL_S):
            said, _ = await process.communicate(json.dumps(asked).encode())
    except TimeoutError:
        return _too_slow(ALL_S)
    finally:
        await _end(process)
    if process.returncode == -signal.SIGXCPU:
        return _too_slow(CPU_S)
    if process.returncode != 0:
        return _untried(f"exit status {process.returncode}")
    return str(json.loads(said))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind, also when the server is being stopped."""
    if process.returncode is None:
        process.kill()
        await asyncio.shield(process.wait())


def _too_slow(limit_s: float) -> str:
    return f"the patterns of expect were given up after {limit_s:g} s: too slow"


def _untried(why: str) -> str:
    return f"the patterns of expect could not be tried: {why}"


def _written_at(path: str) -> datetime | None:
    """When a file was written last; None: there is none."""
    if not path:
        return None
    try:
        return _EPOCH + timedelta(microseconds=Path(path).stat().st_mtime_ns // 1000)
    except OSError:
        return None
