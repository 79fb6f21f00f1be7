"""The daily backup: made once a day, checked, and the older ones removed."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

from bot.clock import real
from bot.engine.context import Context
from bot.engine.health import Health
from bot.engine.wakes import Alarm
from bot.errors import CronitorError, StorageError, Unavailable
from storage.backup_folder import BackupFolder

logger = logging.getLogger(__name__)

RETRY_AFTER = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPlan:
    """What the settings say."""

    folder: Path
    #: local time of day
    at: time
    keep: int
    #: None: the zone of the machine
    zone: tzinfo | None = None


class Backups:
    """One backup for each day, however often the server or the clock starts anew."""

    def __init__(self, context: Context, health: Health, plan: BackupPlan) -> None:
        self._context = context
        self._clock = real(context.clock)
        self._health = health
        self._plan = plan
        self._folder = BackupFolder(plan.folder, context.db.path)
        self._again_at: datetime | None = None
        #: of the newest one; None: the folder has not been looked at
        self._newest: datetime | None = None
        self.alarm = Alarm()

    async def step(self) -> bool:
        """Make today's backup if there is none yet."""
        now = self._clock.now()
        if not await self._is_owed(now):
            return False
        try:
            await self._make(now)
        except Unavailable:
            raise
        except (CronitorError, OSError) as exc:
            self._failed(exc, now)
        return False

    async def next_at(self) -> datetime | None:
        """The loop's longest sleep is short enough, also for a clock that jumps."""
        return None

    async def _is_owed(self, now: datetime) -> bool:
        due = last_due(now, self._plan.at, self._plan.zone)
        if self._newest is not None and due <= self._newest <= now + _DAY:
            return False
        if self._again_at is not None and now < self._again_at <= now + RETRY_AFTER:
            return False
        self._newest = await asyncio.to_thread(self._folder.newest, now + _DAY)
        return self._newest is None or self._newest < due

    async def _make(self, now: datetime) -> None:
        db = self._context.db
        await asyncio.to_thread(self._folder.make, db.ballast.needed)
        target = self._folder.path_at(now)
        await db.backup(target)
        self._newest = now
        self._again_at = None
        self._health.clear("backup")
        logger.info(
            "the daily backup was written to %s",
            target,
            extra={"action": "backup_written"},
        )
        await asyncio.to_thread(self._folder.keep_newest, self._plan.keep, now + _DAY)

    def _failed(self, exc: Exception, now: datetime) -> None:
        self._again_at = now + RETRY_AFTER
        self._health.report("backup", f"the daily backup failed: {exc}")
        logger.error(
            "the daily backup failed: %s; it is tried again in an hour",
            exc,
            extra={"action": "backup_failed"},
        )
        if isinstance(exc, StorageError):
            logger.debug("because of", exc_info=exc)


def last_due(now: datetime, at: time, zone: tzinfo | None = None) -> datetime:
    """The newest moment up to now at which it was that time of day, in UTC."""
    today = now.astimezone(zone).date()
    due = _moment(today, at, zone)
    return due if due <= now else _moment(today - _DAY, at, zone)


def _moment(day: date, at: time, zone: tzinfo | None) -> datetime:
    """A naive time is taken as that of the machine's zone."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
