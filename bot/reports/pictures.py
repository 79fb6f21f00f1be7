"""Has pictures drawn by a process of their own that ends with each."""

import asyncio
import json
import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from weakref import WeakKeyDictionary

import platformdirs

from bot.core import drawings
from bot.core.drawings import Drawing
from bot.errors import Unavailable

logger = logging.getLogger(__name__)

#: from the start of the process to its picture; a second is usual, but it gives way
TIMEOUT_S = 60.0
#: what is run, after the interpreter
COMMAND: tuple[str, ...] = ("-P", "-m", "bot.reports.draw")
#: pictures that are kept: the same one is sent again after a lost answer
KEPT = 4
#: that are drawn or wait for it
MOST_WAITING = 10

#: settings of ours hold secrets, so that nothing but this is handed on
_HANDED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "LD_LIBRARY_PATH")
_ROOT = Path(__file__).resolve().parents[2]
_PNG = b"\x89PNG\r\n\x1a\n"
#: of what a process that failed has said
_SAID = 200


class _Queue:
    """One is drawn after the other: each takes a processor and a hundred megabytes."""

    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0


_kept: OrderedDict[bytes, bytes] = OrderedDict()
_queues: WeakKeyDictionary[asyncio.AbstractEventLoop, _Queue] = WeakKeyDictionary()


async def draw(drawing: Drawing) -> bytes:
    """The PNG of a drawing; Unavailable says why there is none."""
    written = json.dumps(drawings.view(drawing)).encode()
    queue = _queues.setdefault(asyncio.get_running_loop(), _Queue())
    if queue.waiting >= MOST_WAITING:
        raise _refused("too many pictures are wanted at once")
    queue.waiting += 1
    try:
        async with queue.turn:
            if written not in _kept:
                _keep(written, await _drawn(written))
            _kept.move_to_end(written)
            return _kept[written]
    finally:
        queue.waiting -= 1


async def draw_or_say_why(drawing: Drawing) -> bytes | None:
    """The same; without a picture the words must do, and the log says why."""
    try:
        return await draw(drawing)
    except Unavailable as exc:
        logger.warning(
            "a report is told without its picture: %s",
            exc,
            extra={"action": "picture_failed"},
        )
        return None


def forget() -> None:
    """Draw everything anew."""
    _kept.clear()


def _keep(written: bytes, png: bytes) -> None:
    _kept[written] = png
    while len(_kept) > KEPT:
        _kept.popitem(last=False)


async def _drawn(written: bytes) -> bytes:
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *COMMAND),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=environ(os.environ),
            cwd="/",
        )
    except OSError as exc:
        raise _refused(f"its process cannot be started: {exc}") from exc
    try:
        async with asyncio.timeout(TIMEOUT_S):
            png, said = await process.communicate(written)
    except TimeoutError as exc:
        raise _refused(f"it took longer than {TIMEOUT_S:g} s") from exc
    finally:
        await _end(process)
    if process.returncode != 0 or not png.startswith(_PNG):
        raise _refused(_last_line(said) or f"exit status {process.returncode}")
    return png


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind, also when whoever asked has gone."""
    if process.returncode is None:
        process.kill()
        await asyncio.shield(process.wait())


def environ(ours: Mapping[str, str]) -> dict[str, str]:
    """What the process is told: where it finds us, and where matplotlib keeps fonts."""
    found = {name: ours[name] for name in _HANDED_ON if name in ours}
    cache = platformdirs.user_cache_path("cronitor") / "matplotlib"
    return {
        **found,
        "PYTHONPATH": str(_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "agg",
        "MPLCONFIGDIR": str(cache),
        # its own fonts are all that is used
        "MPL_IGNORE_SYSTEM_FONTS": "1",
        # one thread draws; more only take memory
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }


def _refused(why: str) -> Unavailable:
    return Unavailable(f"the picture cannot be drawn: {why}", retry_after_s=60)


def _last_line(said: bytes) -> str:
    """Of a traceback: what went wrong."""
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1][:_SAID] if lines else ""
