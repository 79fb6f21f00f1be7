"""What came with a request to a webhook: a file for the run, and gone after it."""

import asyncio
import logging
import os
import pwd
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import storage.executions
from bot.core.executions import Execution
from bot.engine.context import Context
from bot.engine.wakes import Alarm
from bot.errors import Unavailable

logger = logging.getLogger(__name__)

#: all of them together
MOST_BYTES = 100_000_000
#: how often those are removed whose runs are over
EVERY = timedelta(minutes=10)

_FILE_MODE = 0o600
#: a run of another user finds its own file, whose name nobody else can guess
_FOLDER_MODE = 0o711


class Payloads:
    """The files, by the ids of their runs."""

    def __init__(self, context: Context, folder: Path) -> None:
        self._context = context
        self._folder = folder
        #: written for runs that are not stored yet
        self._coming: set[str] = set()
        self._looked_at: datetime | None = None
        self.alarm = Alarm()

    def path(self, rid: str) -> Path:
        """Where it is, or would be."""
        return self._folder / rid

    async def keep(self, rid: str, body: bytes) -> None:
        """Write it down, until `kept`; raises Unavailable where there is no room."""
        self._coming.add(rid)
        try:
            await asyncio.to_thread(self._write, rid, body)
        except OSError as exc:
            await self.drop(rid)
            raise Unavailable(f"a payload cannot be stored: {exc.strerror}") from exc
        except Unavailable:
            self._coming.discard(rid)
            raise

    def kept(self, rid: str) -> None:
        """Its run is stored: it goes when that has ended."""
        self._coming.discard(rid)

    async def drop(self, rid: str) -> None:
        """No run needs it."""
        self._coming.discard(rid)
        await asyncio.to_thread(self._remove, [rid])

    async def step(self) -> bool:
        """Remove those whose runs are over."""
        now = self._context.clock.now()
        if self._looked_at is not None and now < self._looked_at + EVERY:
            return False
        self._looked_at = now
        found = set(await asyncio.to_thread(self._names))
        if not found:
            return False
        unended = await self._context.db.read(storage.executions.unended)
        needed = {each.rid for each in unended} | self._coming
        await asyncio.to_thread(self._remove, found - needed)
        return False

    async def next_at(self) -> datetime | None:
        """When it looks again."""
        return None if self._looked_at is None else self._looked_at + EVERY

    def _write(self, rid: str, body: bytes) -> None:
        self._folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        self._folder.chmod(_FOLDER_MODE)
        held = sum(each.stat().st_size for each in self._folder.iterdir())
        if held + len(body) > MOST_BYTES:
            raise Unavailable(
                f"payloads of runs that wait hold {held} bytes already; try again"
            )
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(self.path(rid), flags, _FILE_MODE), "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._folder)
        except OSError:
            return []

    def _remove(self, rids: Iterable[str]) -> None:
        for rid in rids:
            # what cannot be removed now is tried again
            with suppress(OSError):
                self.path(rid).unlink()


def give(execution: Execution, user: str) -> None:
    """Let the user that a run has read what it is handed; only root can."""
    path = execution.handed.get("payload")
    if not path or not user:
        return
    # an unknown user, and a file that has gone, are for the run to fail of
    with suppress(KeyError, OSError):
        os.chown(path, pwd.getpwnam(user).pw_uid, -1)
