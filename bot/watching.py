"""Watches the files that jobs want to be started by, and says what has changed.

The system tells of changes at once (inotify, FSEvents, by the package watchfiles, which
is loaded once there is something to watch). Beside that each named path is looked at
every two seconds: that finds what the system does not tell, such as a change on a
network drive or behind a link, and a path that was not there before.
"""

import asyncio
import logging
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import PurePosixPath
from typing import NamedTuple

from bot.clock import Clock
from bot.engine.health import Health
from bot.engine.watches import Paths, Watches
from bot.errors import Unavailable
from bot.stopping import end

logger = logging.getLogger(__name__)

PART = "watched_files"
#: how often the named paths are looked at
LOOK_S = 2.0
#: how soon it is tried again where the system refuses to watch
AGAIN_S = 60.0
#: changes are told together that come within so many milliseconds
_TOGETHER_MS = 200


class Print(NamedTuple):
    """What shows that a path is another one, or has changed."""

    is_folder: bool
    device: int
    inode: int
    modified_ns: int
    size: int

    @property
    def identity(self) -> tuple[int, int]:
        """Which file it is, whatever is in it."""
        return self.device, self.inode


Prints = Mapping[str, Print | None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What the system is asked to watch."""

    #: folders with all that is in them
    deep: frozenset[str]
    #: folders with what lies directly in them
    flat: frozenset[str]
    #: which folders those are: one that is made anew is watched anew
    identities: frozenset[tuple[int, int]]


class Watching:
    """Keeps the system watching what jobs want watched."""

    def __init__(self, watches: Watches, health: Health, clock: Clock) -> None:
        self._watches = watches
        self._health = health
        self._clock = clock
        self._wanted: Sequence[Paths] = ()
        self._prints: dict[str, Print | None] = {}
        self._looked_at = clock.now()
        #: paths of which the system has told since they were looked at
        self._told: set[str] = set()
        self._plan: Plan | None = None
        self._tasks: list[asyncio.Task[None]] = []
        #: it knows what is there
        self.has_looked = False
        #: monotonic; the system refuses, and is asked again then
        self._again_s = 0.0

    async def run(self) -> None:
        """For ever, whatever the system says."""
        try:
            while True:
                self._watches.changed.clear()
                try:
                    self._wanted = await self._watches.wanted()
                except Unavailable as exc:
                    logger.debug("what is watched is not known: %s", exc)
                await self._look()
                await self._pause()
        finally:
            await end(self._tasks)

    async def _pause(self) -> None:
        """Until there is something else to watch, or it is time to look again."""
        if self._wanted:
            await self._clock.wait(self._watches.changed, LOOK_S)
        else:
            await self._watches.changed.wait()

    # -- looking ---------------------------------------------------------------------

    async def _look(self) -> None:
        since, self._looked_at = self._looked_at, self._clock.now()
        told = set(self._told)
        paths = sorted({path for each in self._wanted for path in each.paths})
        prints, plan = await asyncio.to_thread(_survey, paths)
        for path, found in prints.items():
            if path not in self._prints:
                self._say_missing(path, found)
            elif found != self._prints[path] and path not in self._told:
                self._notice(path, since)
        self._told -= told
        self._prints = dict(prints)
        if plan != self._plan or self._is_due_again():
            await self._watch(plan)
        self.has_looked = True

    def _say_missing(self, path: str, found: Print | None) -> None:
        if found is None:
            logger.warning(
                "%s is watched and is not there; its job starts once it is",
                path,
                extra={"action": "watched_missing"},
            )

    def _notice(self, path: str, since: datetime) -> None:
        """It has changed at some time since the last look."""
        for each in self._wanted:
            if path in each.paths:
                self._watches.notice(each.job_id, path, (path,), since)

    # -- being told ------------------------------------------------------------------

    def _is_due_again(self) -> bool:
        return bool(self._again_s) and self._clock.monotonic() >= self._again_s

    async def _watch(self, plan: Plan) -> None:
        """Ask the system anew; the new watch begins before the old one ends."""
        if plan.deep or plan.flat:
            # loading it takes a while, and not everybody needs it
            await asyncio.to_thread(import_module, "watchfiles")
        before, self._plan = self._tasks, plan
        self._again_s = 0.0
        self._tasks = [
            asyncio.create_task(self._listen(sorted(paths), deep=deep), name="watch")
            for paths, deep in ((plan.deep, True), (plan.flat, False))
            if paths
        ]
        # each begins with its first step
        await asyncio.sleep(0)
        if not self._again_s:
            self._health.clear(PART)
        await end(before)

    async def _listen(self, paths: list[str], *, deep: bool) -> None:
        from watchfiles import awatch

        try:
            changes = awatch(
                *paths,
                watch_filter=None,
                debounce=_TOGETHER_MS,
                recursive=deep,
                ignore_permission_denied=True,
            )
            async for found in changes:
                self._take(path for _, path in found)
        except FileNotFoundError:
            # gone meanwhile, which the next look sees
            self._plan = None
        except Exception as exc:
            # a border: what the library and the system refuse with is their choice
            self._fail(exc)

    def _fail(self, exc: Exception) -> None:
        self._again_s = self._clock.monotonic() + AGAIN_S
        why = (
            f"the system refuses to watch files: {exc} (fs.inotify.max_user_watches or"
            " max_user_instances may be too low)"
        )
        level = logging.DEBUG if PART in self._health.faults() else logging.ERROR
        self._health.report(PART, why)
        logger.log(
            level,
            "%s; named paths are looked at every %g s, folders not into their depth",
            why,
            LOOK_S,
            extra={"action": "watch_failed"},
        )

    def _take(self, paths: Iterable[str]) -> None:
        """Tell each job what has changed below its paths."""
        now = self._clock.now()
        changed = sorted(set(paths))
        for each in self._wanted:
            for root in each.paths:
                below = tuple(p for p in changed if _is_within(p, root))
                if below:
                    self._told.add(root)
                    self._watches.notice(each.job_id, root, below, now)
                if any(self._may_be_another(p, root) for p in changed):
                    # look at once what has to be watched now
                    self._watches.changed.set()

    def _may_be_another(self, changed: str, root: str) -> bool:
        """Whether a path that jobs watch may have come, gone or be made anew."""
        if not _is_within(root, changed):
            return False
        found = self._prints.get(root)
        return found is None or found.is_folder


def _is_within(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}/")


def _survey(paths: Iterable[str]) -> tuple[Prints, Plan]:
    """What the paths are now, and what has to be watched for them."""
    prints = {path: _print(path) for path in paths}
    deep = {path for path, found in prints.items() if found and found.is_folder}
    # an editor puts another file in a file's place, and a folder may be made anew
    flat = {_nearest_folder(path) for path in prints}
    flat.discard("/")
    folders = {path: _print(path) for path in deep | flat}
    return prints, Plan(
        frozenset(deep),
        frozenset(flat),
        frozenset(found.identity for found in folders.values() if found),
    )


def _print(path: str) -> Print | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return Print(
        stat.S_ISDIR(found.st_mode),
        found.st_dev,
        found.st_ino,
        found.st_mtime_ns,
        found.st_size,
    )


def _nearest_folder(path: str) -> str:
    """The folder that it lies in, or would lie in as far as there is one."""
    for parent in PurePosixPath(path).parents:
        if os.path.isdir(parent):
            return str(parent)
    return "/"
