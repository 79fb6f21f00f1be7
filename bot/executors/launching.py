"""Starts the supervisor's process so that it outlives whoever starts it."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.errors import Unavailable
from bot.executors import wire

#: without the environment and without site-packages
PYTHON = (sys.executable, "-I", "-S")
#: how long it lives with nothing to keep and nobody connected
IDLE_S = 60.0
#: how long it may take until it listens
_LAUNCH_S = 30.0

_HERE = str(Path(__file__).resolve().parent)
#: the shell ends at once, so the supervisor is nobody's child
_DETACHED = ("/bin/sh", "-c", '"$@" &', "sh")


def prepare(folder: Path) -> None:
    """Make the folder of the runs; for nobody else."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)


async def launch(
    folder: Path,
    *,
    release: str,
    python: Sequence[str] = PYTHON,
    environ: Mapping[str, str] | None = None,
    idle_s: float = IDLE_S,
) -> None:
    """Start one unless one is there; return when it listens, or raise Unavailable."""
    try:
        prepare(folder)
    except OSError as exc:
        raise Unavailable(f"there is no place for runs: {exc}") from exc
    command = (*_DETACHED, *python, _HERE, str(folder), wire.name(), release)
    said = await asyncio.to_thread(_run, (*command, str(idle_s)), environ or {})
    if said not in ("ready", "taken"):
        last = said.splitlines()[-1] if said else "it says nothing"
        raise Unavailable(f"the supervisor of runs cannot be started: {last}")


def _run(command: Sequence[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=dict(environ),
            start_new_session=True,
            timeout=_LAUNCH_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return str(exc)
    return done.stdout.decode(errors="replace").strip()
