"""Knows when Cronitor could not see: signs of life, and clocks that are compared.

`look` is cheap and asks nobody, so that it comes before every decision: a process that
was held up must know it before it judges what passed meanwhile.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import storage.alive
import storage.blind_times
import storage.bulletins
import storage.meta
from bot.clock import SteadyClock
from bot.core import blind_times, pulses
from bot.core.blind_times import BlindTime
from bot.core.kinds import BlindId, BlindReason, BulletinKind
from bot.core.pulses import Alive, Gap, Reading
from bot.engine.health import Health
from bot.errors import Unavailable
from storage.database import Database
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: how often a sign of life is written
EVERY = timedelta(seconds=10)
#: blind times that rules are told of; older ones matter to no open slot
REMEMBERED = 1000
#: a clock that is behind for so long is told while it still is
PATIENCE_S = 30.0
PART = "clock"


class Pulse:
    """The blind times, the newest end first, and the signs of life."""

    def __init__(self, db: Database, clock: SteadyClock, health: Health) -> None:
        self._db = db
        self._clock = clock
        self._health = health
        self._times: tuple[BlindTime, ...] = ()
        self._last = self._read()
        self._written: Reading | None = None
        self._next_id = 1
        #: what is not stored yet, and when to tell it
        self._unsaved: dict[BlindId, tuple[BlindTime, datetime | None]] = {}
        #: the clock must pass the beginning of this one before anything is decided
        self._behind: BlindTime | None = None
        self._behind_s = 0.0
        #: pings are refused at the moment
        self._refusing: BlindTime | None = None
        self._closed_at: datetime | None = None
        #: called after something new was stored
        self.noticed: Callable[[], None] = lambda: None

    @property
    def times(self) -> tuple[BlindTime, ...]:
        """The blind times as of the last look."""
        return self._times

    @property
    def is_behind(self) -> bool:
        """The clock shows a moment that has been: nothing may be decided."""
        return self._behind is not None

    async def open(self) -> None:
        """Find out what the time since the last sign of life was."""

        async def find(q: Queries) -> Alive | None:
            self._next_id = 1 + await storage.meta.last_id(q, "blind_times")
            self._times = tuple(await storage.blind_times.newest(q, REMEMBERED))
            return await storage.alive.get(q)

        last = await self._db.read(find)
        if last is not None:
            self._clock.not_before(last.reading.wall)
        self._last = self._read()
        gap = pulses.since(last, self._last)
        unfinished = [each for each in self._times if each.ended_at is None]
        for each in unfinished:
            self._resume(each, gap)
        if gap is not None and not unfinished:
            self._add(gap)
        try:
            await self.step()
        except Unavailable as exc:
            # pings are refused, and the loop goes on trying
            logger.warning("no sign of life could be left: %s", exc)

    def _resume(self, blind: BlindTime, gap: Gap | None) -> None:
        """An earlier process did not see its end: it lasted until now at least."""
        if gap is not None and gap.ended_at is None:
            self._hold(blind)
        else:
            self._put(replace(blind, ended_at=self._clock.now()))

    def look(self) -> tuple[BlindTime, ...]:
        """Compare the clocks with the last look; the blind times, the new one too."""
        now = self._read()
        if self._behind is not None:
            if now.wall >= self._behind.began_at:
                self._caught_up(self._behind)
        else:
            gap = pulses.between(self._last, now)
            if gap is not None:
                self._add(gap)
        self._last = now
        return self._times

    def refused(self, came_at: datetime) -> None:
        """A ping that came in then could not be stored."""
        if self._closed_at is not None:
            self._closed_at = min(self._closed_at, came_at)
            return
        blind = self._refusing
        if blind is None:
            gap = Gap(began_at=came_at, ended_at=None, reason=BlindReason.REFUSED)
            self._refusing = self._add(gap)
        elif came_at < blind.began_at:
            # it has waited in vain since before the first one was refused
            self._refusing = replace(blind, began_at=came_at)
            self._put(self._refusing)

    def stored(self) -> None:
        """Something could be stored (again)."""
        if self._refusing is None:
            return
        self._put(replace(self._refusing, ended_at=self._clock.now()))
        self._refusing = None

    async def save(self, tx: Transaction) -> None:
        """Write what is not stored yet, in the transaction that was told of it."""
        if self._unsaved:
            await storage.blind_times.save_many(tx, self._unsaved.values())

    async def step(self) -> bool:
        """Look, and leave a sign of life when it is time."""
        self.look()
        self._tell_if_behind()
        if not self._unsaved and not pulses.is_due(self._written, self._last, EVERY):
            return False
        await self._write(clean=False)
        self.stored()
        return False

    def close(self) -> None:
        """Pings are accepted no longer: remember when that was."""
        self._closed_at = self._clock.now()

    async def stop(self) -> None:
        """The last sign of life, of the moment at which it was closed."""
        await self._write(clean=True)

    async def _write(self, *, clean: bool) -> None:
        unsaved = dict(self._unsaved)
        # a clock that is behind does not take back what has been
        reading = replace(self._last, wall=self._closed_at or self._clock.now())

        async def unit(tx: Transaction) -> None:
            await storage.blind_times.save_many(tx, unsaved.values())
            if unsaved:
                kind, now = BulletinKind.BLIND, self._clock.now()
                await storage.bulletins.touch(tx, kind, unsaved, now)
            await storage.alive.put(tx, Alive(reading=reading, clean=clean))

        await self._db.write(unit)
        self._written = self._last
        for blind_id, saved in unsaved.items():
            if self._unsaved.get(blind_id) is saved:
                del self._unsaved[blind_id]
        if unsaved:
            self.noticed()

    def _read(self) -> Reading:
        """All clocks, the real wall clock among them."""
        return Reading(
            wall=self._clock.real.now(),
            monotonic_s=self._clock.monotonic(),
            boot_s=self._clock.since_boot(),
            boot_id=self._clock.boot_id(),
        )

    def _add(self, gap: Gap) -> BlindTime:
        """A blind time, or some more of the newest one."""
        blind = self._joined(gap)
        if blind is None:
            blind = BlindTime(
                id=BlindId(self._next_id),
                began_at=gap.began_at,
                ended_at=gap.ended_at,
                reason=gap.reason,
            )
            self._next_id += 1
        if gap.ended_at is None and gap.reason is BlindReason.CLOCK_BACK:
            self._hold(blind)
        self._put(blind)
        logger.warning(
            "%s: %s",
            blind_times.words(blind),
            blind_times.WORDS[blind.reason],
            extra={"action": "blind_time"},
        )
        return blind

    def _joined(self, gap: Gap) -> BlindTime | None:
        """The newest one with this gap, if that is more of the same."""
        newest = self._times[0] if self._times else None
        if newest is None or newest.ended_at is None or newest.reason != gap.reason:
            return None
        if gap.began_at - newest.ended_at > blind_times.JOINED_WITHIN:
            return None
        began_at = min(newest.began_at, gap.began_at)
        return replace(newest, began_at=began_at, ended_at=gap.ended_at)

    def _put(self, blind: BlindTime) -> None:
        others = [each for each in self._times if each.id != blind.id]
        times = sorted([blind, *others], key=blind_times.newest_end, reverse=True)
        self._times = tuple(times[:REMEMBERED])
        self._unsaved[blind.id] = (blind, blind_times.tell_at(blind))

    def _hold(self, blind: BlindTime) -> None:
        """Nothing is decided until the clock has passed its beginning."""
        self._behind, self._behind_s = blind, self._clock.since_boot()
        self._health.report(
            PART,
            f"the clock shows {self._last.wall:%Y-%m-%d %H:%M:%S} UTC, but "
            f"{blind.began_at:%Y-%m-%d %H:%M:%S} has been already: deadlines are judged"
            " once it has passed that; set the clock, or, if it is right now and ran"
            " ahead before, restore a backup from before that",
        )

    def _tell_if_behind(self) -> None:
        """A clock that stays behind is told of before it has caught up."""
        behind = self._behind
        if behind is None or behind.told_at is not None:
            return
        if self._clock.since_boot() - self._behind_s < PATIENCE_S:
            return
        now = self._clock.now()
        self._behind = replace(behind, told_at=now)
        self._unsaved[behind.id] = (behind, now)

    def _caught_up(self, behind: BlindTime) -> None:
        self._behind = None
        self._health.clear(PART)
        self._put(replace(behind, ended_at=self._clock.now()))
