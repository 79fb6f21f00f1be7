"""Which channels of a place can be used; a loss and a return are said once each."""

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import storage.bulletins
import storage.cards
import storage.meta
from bot.core.kinds import NotificationKind
from bot.core.views import moment
from bot.engine.context import Context
from bot.engine.wakes import Next
from storage.queries import Queries, Transaction

Unit = Callable[[Transaction], Awaitable[None]]

#: how often a channel that was lost is tried again, unless somebody says it is back
PROBE_EVERY = timedelta(minutes=5)


class Channels:
    """The channels of one place, the best first; what is lost is kept in the store."""

    def __init__(
        self,
        context: Context,
        place: str,
        ids: Sequence[int],
        summaries: int | None = None,
    ) -> None:
        self._context = context
        self._place = place
        self._ids = tuple(ids)
        #: where summaries go, as long as it can be used
        self._summaries = None if summaries in self._ids else summaries
        #: when to try a lost channel again
        self._probe_at: dict[int, datetime] = {}
        #: those among them that are gone for good, and their messages with them
        self._deleted: set[int] = set()

    async def open(self, q: Queries) -> None:
        """Know again what was lost before the start; each is tried once soon."""
        now = self._context.clock.now()
        for channel_id in self._all():
            kept = await storage.meta.get(q, self._key(channel_id))
            if kept is not None:
                self._probe_at[channel_id] = now
                if json.loads(kept)["deleted"]:
                    self._deleted.add(channel_id)

    async def change(self, ids: Sequence[int], summaries: int | None) -> None:
        """Use these from now on; others go on being used for what is there."""
        self._ids = tuple(ids)
        self._summaries = None if summaries in self._ids else summaries
        await self._context.db.read(self.open)

    @property
    def are_none(self) -> bool:
        """Whether nothing can be said anywhere, since no channel is known."""
        return not self._all()

    @property
    def are_for_cards(self) -> bool:
        """Whether incidents are shown; else reports alone are."""
        return bool(self._ids)

    def is_used(self, channel_id: int) -> bool:
        """Whether incidents are told there now, or would be without the others."""
        return channel_id in self._ids

    @property
    def fallbacks(self) -> tuple[int, ...]:
        """Those that take the place of the first one."""
        return self._ids[1:]

    def _all(self) -> list[int]:
        """All that are set; the one for summaries first."""
        own = [] if self._summaries is None else [self._summaries]
        return [*own, *self._ids]

    def pick(self, now: datetime, *, summary: bool = False) -> int | None:
        """The best channel that may be tried now; None: all are lost."""
        for channel_id in self._all() if summary else self._ids:
            if self.may_try(channel_id, now):
                return channel_id
        return None

    def may_try(self, channel_id: int, now: datetime) -> bool:
        """Whether it is worth a try."""
        return self._probe_at.get(channel_id, now) <= now

    def lost(self, now: datetime) -> list[int]:
        """Those that are not worth a try now, also such as are used no more."""
        return [each for each in self._probe_at if not self.may_try(each, now)]

    def is_deleted(self, channel_id: int) -> bool:
        """Whether the channel is gone for good."""
        return channel_id in self._deleted

    def next_probe(self, now: datetime) -> datetime:
        """When the first of those that are lost is tried again."""
        return min(self._probe_at.values(), default=now)

    def probe_now(self) -> None:
        """Something has changed there: try what is lost at once."""
        now = self._context.clock.now()
        self._probe_at = dict.fromkeys(self._probe_at, now)

    async def lose(self, channel_id: int, why: str, *, deleted: bool) -> None:
        """Nothing can be said there: use the others, and say so once.

        With a deleted channel its cards are gone: those of open incidents are touched.
        """
        now = self._context.clock.now()
        known = channel_id in self._probe_at
        self._probe_at[channel_id] = now + PROBE_EVERY
        if deleted:
            self._deleted.add(channel_id)
        if known:
            return
        others = [c for c in self._ids if c != channel_id and c not in self._probe_at]
        then = "alerts wait until it can be used, or until another one is set"
        if channel_id == self._summaries and not self._ids:
            then = "reports wait until it can be used, or until another one is set"
        elif channel_id == self._summaries and others:
            then = "summaries go to the channel of incidents"
        elif others:
            then = "alerts go to the fallback channel"
        text = f"Discord channel {channel_id} cannot be used: {why}; {then}"
        kept = json.dumps({"since": moment(now), "why": why, "deleted": deleted})

        async def unit(tx: Transaction) -> None:
            await storage.meta.put(tx, self._key(channel_id), kept)
            if deleted:
                await storage.cards.touch_open_in(tx, self._place, channel_id, now)
                await storage.bulletins.touch_open_in(tx, self._place, channel_id, now)
            if channel_id not in self._all():
                # it was used before the settings were changed
                return
            await self._context.ledger.announce(
                tx,
                NotificationKind.CHANNEL_LOST,
                text,
                now,
                without=() if others else (self._place,),
            )

        await self._tell(unit, channel_id)

    async def found(self, channel_id: int) -> None:
        """Something was said there: if it was lost, it is back."""
        if channel_id not in self._probe_at:
            return
        now = self._context.clock.now()
        probe_at = self._probe_at.pop(channel_id)
        self._deleted.discard(channel_id)
        text = f"Discord channel {channel_id} can be used again"

        async def unit(tx: Transaction) -> None:
            await storage.meta.remove(tx, self._key(channel_id))
            kind = NotificationKind.CHANNEL_BACK
            without = (self._place,)
            await self._context.ledger.announce(tx, kind, text, now, without=without)

        try:
            await self._context.db.write(unit)
        except BaseException:
            self._probe_at[channel_id] = probe_at
            raise
        self._context.wakes.after(Next(tells=True))

    async def _tell(self, unit: Unit, channel_id: int) -> None:
        try:
            await self._context.db.write(unit)
        except BaseException:
            del self._probe_at[channel_id]
            raise
        self._context.wakes.after(Next(tells=True))

    def _key(self, channel_id: int) -> str:
        return f"{self._place}_channel_lost.{channel_id}"
