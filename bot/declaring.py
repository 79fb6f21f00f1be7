"""The files of jobs: applied at the start, and again whenever somebody says so."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot import job_files
from bot.config_files import Guard
from bot.core.kinds import ActorKind
from bot.core.models import Actor
from bot.core.views import View
from bot.engine.services import Services
from bot.errors import CronitorError, Invalid

logger = logging.getLogger(__name__)

PART = "job_files"
#: problems that are named; an editor that has eaten half a file makes many
_SHOWN = 5


class Declaring:
    """Makes jobs what the files say; a bad file changes nothing and is reported."""

    def __init__(
        self, files: Sequence[Path], data_dir: Path, environ: Mapping[str, str]
    ) -> None:
        self._files = files
        self._data_dir = data_dir
        self._environ = environ
        #: set by whoever wants them applied again
        self.wanted = asyncio.Event()

    async def run(self, engine: Services) -> None:
        """For ever: apply the files when somebody wants it."""
        while True:
            await self.wanted.wait()
            self.wanted.clear()
            await self.apply(engine, is_told=True)

    async def apply(self, engine: Services, *, is_told: bool = False) -> None:
        """All of it or nothing; `is_told` says so in the log, also without changes."""
        try:
            plan = await self._apply(engine)
        except (CronitorError, OSError) as exc:
            why = _shortened(exc)
            engine.health.report(PART, f"the job files change nothing: {why}")
            logger.error(
                "the job files change nothing: %s; the jobs stay as they were",
                why,
                extra={"action": "settings_ignored"},
            )
            return
        engine.health.clear(PART)
        if is_told:
            said = {"action": "job_files_applied"}
            logger.info("the job files are applied: %s", _counted(plan), extra=said)

    async def _apply(self, engine: Services) -> View:
        files = self._files
        actor = Actor(kind=ActorKind.FILE, name=", ".join(path.name for path in files))
        guard = Guard(self._data_dir, self._environ)
        found = await asyncio.to_thread(job_files.read_all, files, guard.read)
        jobs, windows = (
            [each.table for each in tables] for tables in (found.jobs, found.windows)
        )
        try:
            # first, so that what is wrong with them leaves the jobs alone as well
            await engine.maintenance.check(windows, actor)
            plan: View = {}
            if files:
                plan = await engine.jobs.apply(jobs, prune=False, actor=actor)
        except Invalid as exc:
            raise job_files.located(exc, found.jobs, found.windows) from exc
        # also without files: what was declared is declared no more
        await engine.maintenance.declare(windows, actor)
        return plan


def _shortened(exc: Exception) -> str:
    if not isinstance(exc, Invalid) or len(exc.problems) <= _SHOWN:
        return str(exc)
    more = len(exc.problems) - _SHOWN
    return f"{Invalid(*exc.problems[:_SHOWN])}; and {more} more"


def _counted(plan: View) -> str:
    """`1 added, 0 changed, 5 unchanged`."""
    if not plan:
        return "there are none (jobs.files names none)"
    counts = {
        word: len(slugs) if isinstance(slugs := plan[word], list) else 0
        for word in ("added", "changed", "unchanged")
    }
    return ", ".join(f"{count} {word}" for word, count in counts.items())
