"""What is done when nothing can be stored: refuse, tell, make room, go on again."""

import asyncio
import json
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import storage.meta
import storage.space
from bot.core.kinds import NotificationKind
from bot.core.views import moment
from bot.engine.context import Context
from bot.engine.health import Health
from bot.engine.wakes import Alarm, Next
from storage.checkpoints import WAL_BYTES
from storage.faults import Fault
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: a shorter outage that was no full disk is a line in the log, and no notice
TOLD_FROM = timedelta(seconds=30)
#: how often the ballast is looked after, and a disk that gave no room is asked again
LOOK_EVERY = timedelta(seconds=30)
_KEY = "storage_lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """A time in which nothing can be stored."""

    fault: Fault
    reason: str
    since: datetime
    #: every place is told, so that its end must be told too
    told: bool = False


class Faults:
    """Watches the store; while the disk is full only our own writes go on."""

    def __init__(self, context: Context, health: Health) -> None:
        self._context = context
        self._db = context.db
        self._health = health
        self._outage: Outage | None = None
        self._look_at = context.clock.now()
        self.alarm = Alarm()
        self._db.watch(self._notice)

    @property
    def reason(self) -> str | None:
        """Why pings are refused or cannot be stored; None: they are taken."""
        return None if self._outage is None else self._outage.reason

    async def open(self, q: Queries) -> None:
        """Go on with an outage that was told before the start."""
        kept = await storage.meta.get(q, _KEY)
        if kept is not None:
            said = json.loads(kept)
            since = datetime.fromisoformat(said["since"])
            self._begin(Fault.FULL, said["reason"], since, told=True)
        elif self._db.ballast.was_freed:
            now = self._context.clock.now()
            self._begin(Fault.FULL, "the disk is full", now, told=False)

    async def step(self) -> bool:
        """Look after an outage or the ballast; the loop asks every second."""
        outage = self._outage
        if outage is None:
            await self._keep_ballast()
            return False
        if outage.fault is Fault.FULL:
            await asyncio.to_thread(self._db.ballast.free)
            self._context.wakes.full_disk()
        if outage.fault is not Fault.PASSING and not outage.told:
            await self._tell(outage)
        elif await self._may_end(outage):
            await self._end(outage)
        return False

    async def next_at(self) -> datetime | None:
        """The loop's longest sleep is short enough."""
        return None

    def _notice(self, fault: Fault, reason: str) -> None:
        """A commit has just failed; called by the store in the middle of it."""
        is_full = fault is Fault.PASSING and self._room() < WAL_BYTES // 4
        self._begin(
            Fault.FULL if is_full else fault,
            "the disk is full" if is_full else reason,
            self._context.clock.now(),
            told=False,
        )
        self.alarm.event.set()

    def _room(self) -> int:
        """Free bytes: a full disk may look like any error of the disk."""
        try:
            return self._db.ballast.room()
        except OSError:
            return WAL_BYTES

    def _begin(self, fault: Fault, reason: str, since: datetime, *, told: bool) -> None:
        known = self._outage
        if known is None:
            if fault is Fault.FULL and self._room() >= self._db.ballast.needed:
                # a quota: what the system says of room is of no use, so be patient
                self._look_at = since + LOOK_EVERY
            known = Outage(fault=fault, reason=reason, since=since, told=told)
        elif known.fault is Fault.PASSING or fault is Fault.DAMAGED:
            known = replace(known, fault=fault, reason=reason)
        self._outage = known
        self._health.report("storage", f"nothing can be stored: {known.reason}")
        if known.fault is not Fault.PASSING:
            self._db.hold(known.reason)

    async def _tell(self, outage: Outage) -> None:
        """Tell every place, out of what the ballast has given back."""
        now = self._context.clock.now()
        kept = json.dumps({"since": moment(outage.since), "reason": outage.reason})

        async def unit(tx: Transaction) -> None:
            if outage.fault is Fault.FULL:
                await storage.meta.put(tx, _KEY, kept)
            await self._context.ledger.announce(
                tx, NotificationKind.STORAGE_LOST, _loss(outage), now
            )

        await self._db.write(unit)
        if self._outage is outage:
            self._outage = replace(outage, told=True)
        self._context.wakes.after(Next(tells=True))

    async def _may_end(self, outage: Outage) -> bool:
        """Whether it is worth a try to go on."""
        if outage.fault is not Fault.FULL:
            return outage.fault is Fault.PASSING
        now, ballast = self._context.clock.now(), self._db.ballast
        free = await asyncio.to_thread(ballast.room)
        reusable = await self._db.read(storage.space.reusable)
        if free < WAL_BYTES or free + reusable < ballast.needed or now < self._look_at:
            return False
        self._look_at = now + LOOK_EVERY
        return not ballast.size or await asyncio.to_thread(ballast.make)

    async def _end(self, outage: Outage) -> None:
        """Go on, if this much can be stored."""
        now = self._context.clock.now()
        said = _return(outage, now)

        async def unit(tx: Transaction) -> None:
            await storage.meta.put(tx, "storage_works_at", moment(now) or "")
            await storage.meta.remove(tx, _KEY)
            if said is not None:
                await self._context.ledger.announce(tx, *said, now)

        await self._db.write(unit)
        if self._outage is not outage:
            return
        self._outage = None
        self._health.clear("storage")
        self._db.release()
        self._context.wakes.after(Next(tells=said is not None))

    async def _keep_ballast(self) -> None:
        now, ballast = self._context.clock.now(), self._db.ballast
        if now < self._look_at:
            return
        self._look_at = now + LOOK_EVERY
        if not ballast.size or await asyncio.to_thread(ballast.make):
            self._health.clear("ballast")
        else:
            text = f"no room for the {ballast.size // 1_000_000} MB of ballast_mb"
            self._health.report("ballast", text)


def _loss(outage: Outage) -> str:
    since = moment(outage.since)
    if outage.fault is Fault.DAMAGED:
        return (
            f"the database is damaged (found {since}): pings are answered 503; start "
            "Cronitor again, and it goes on with the newest backup"
        )
    return (
        f"nothing can be stored since {since}: {outage.reason}; "
        "pings are answered 503 until there is room"
    )


def _return(outage: Outage, now: datetime) -> tuple[NotificationKind, str] | None:
    """What is said at the end of an outage; None: the log has said enough."""
    span = f"from {moment(outage.since)} to {moment(now)}"
    text = f"nothing could be stored {span}: {outage.reason}; pings were answered 503"
    if outage.told:
        return NotificationKind.STORAGE_BACK, f"storing works again: {text}"
    if now - outage.since >= TOLD_FROM:
        return NotificationKind.STORAGE_LOST, f"{text}, and storing works again"
    return None
