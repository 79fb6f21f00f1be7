"""Shows a blind time in a place: one message, edited as evidence comes.

The promises are those of cards: once, the newest state, and posted anew (silently)
where somebody has deleted it. Only the first message makes a sound.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import storage.blind_times
import storage.bulletins
import storage.orphans
from bot.core import cards
from bot.core.blind_reports import BlindCard
from bot.core.cards import Posted
from bot.engine import blind_times
from bot.engine.card_sends import RECOGNISED_FOR, SKEW, wait_after
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.errors import ChannelLost, Gone, NotifyError
from bot.notifiers.base import CardPlace
from storage.bulletins import Bulletin
from storage.orphans import Orphan
from storage.queries import Queries, Transaction


@dataclass(frozen=True, slots=True)
class Stale:
    """One blind time as it must be shown, and what the place knows of it."""

    shown: Bulletin
    card: BlindCard


class BulletinSender:
    """Does one step for one message; what follows is found at the next look."""

    def __init__(
        self, context: Context, place: CardPlace, channels: Channels, instance: str
    ) -> None:
        self._context = context
        self._place = place
        self._channels = channels
        self._instance = instance

    async def due(
        self, q: Queries, now: datetime, *, busy: Iterable[int], limit: int
    ) -> list[Stale]:
        """What must be looked at now."""
        name = self._place.name
        found = await storage.bulletins.due(q, name, now, busy=busy, limit=limit)
        times = await storage.blind_times.by_ids(q, [each.blind_id for each in found])
        return [
            Stale(
                shown,
                BlindCard(
                    report=await blind_times.load(q, times[shown.blind_id]),
                    mark=cards.blind_mark(
                        self._instance, shown.blind_id, shown.generation
                    ),
                ),
            )
            for shown in found
        ]

    async def carry_out(self, stale: Stale) -> NotifyError | bool:
        """Do what comes next; whether the place took something, or why it did not."""
        now, posted = self._context.clock.now(), stale.shown.posted
        digest = self._place.digest(stale.card)
        if posted is not None and digest == stale.shown.digest:
            await self._settle(stale.shown, rests=True)
            return False
        channel_id = stale.shown.begun_in or self._channels.pick(now)
        if posted is not None:
            channel_id = posted.channel_id
        if channel_id is None or not self._channels.may_try(channel_id, now):
            return await self._wait_for_channel(stale, now)
        try:
            if posted is None:
                await self._post(stale, channel_id, digest, now)
            else:
                await self._place.edit(stale.card, posted)
                await self._settle(replace(stale.shown, digest=digest), rests=True)
        except Gone as exc:
            await self._lose(stale.shown)
            return exc
        except ChannelLost as exc:
            await self._channels.lose(channel_id, str(exc), deleted=exc.deleted)
            await self._homeless(stale, exc)
            return exc
        except NotifyError as exc:
            await self.refused(stale, exc)
            return exc
        await self._channels.found(channel_id)
        return True

    async def _post(
        self, stale: Stale, channel_id: int, digest: str, now: datetime
    ) -> None:
        """Send it, unless an earlier try with no answer has done so."""
        began, posted = stale.shown.begun_at, None
        if began is not None and now - began >= RECOGNISED_FOR:
            posted = await self._place.find(
                stale.card.mark, channel_id, since=began - SKEW
            )
        if began is None or (posted is None and now - began >= RECOGNISED_FOR):
            await self._begin(stale, now, channel_id)
        if posted is None:
            silent = stale.shown.generation > 0
            posted = await self._place.post(stale.card, channel_id, silent=silent)
        await self._posted(stale, posted, digest if began is None else "")

    async def _posted(self, stale: Stale, posted: Posted, digest: str) -> None:
        """It is there; what an earlier try has sent shows what was true then."""
        shown = replace(stale.shown, posted=posted, digest=digest)
        await self._settle(shown, rests=bool(digest))

    async def _begin(self, stale: Stale, now: datetime, channel_id: int) -> None:
        async def unit(tx: Transaction) -> None:
            await storage.bulletins.begin(
                tx,
                self._place.name,
                stale.shown.blind_id,
                at=now,
                channel_id=channel_id,
            )

        await self._context.db.write(unit)

    async def _settle(self, shown: Bulletin, *, rests: bool) -> None:
        async def unit(tx: Transaction) -> None:
            now, name = self._context.clock.now(), self._place.name
            await storage.bulletins.settle(tx, name, shown, rests=rests, now=now)

        await self._context.db.write(unit)

    async def _lose(self, shown: Bulletin) -> None:
        """The message is not there any more: the next one is another."""
        lost = replace(shown, posted=None, digest="", generation=shown.generation + 1)
        await self._settle(lost, rests=False)

    async def _homeless(self, stale: Stale, error: ChannelLost) -> None:
        """Its channel is lost: what went with it is posted elsewhere."""
        shown = stale.shown
        if shown.posted is not None and not error.deleted:
            await self.refused(stale, error)
            return
        if shown.posted is not None:
            await self._lose(shown)
            return
        begun_at, begun_in = shown.begun_at, shown.begun_in

        async def unit(tx: Transaction) -> None:
            now, name = self._context.clock.now(), self._place.name
            if begun_at is not None and begun_in is not None:
                orphan = Orphan(
                    channel_id=begun_in, mark=stale.card.mark, begun_at=begun_at
                )
                await storage.orphans.add(tx, name, orphan, now)
            # under another mark, so that the two are never taken for each other, and
            # still with its sound
            await storage.bulletins.settle(tx, name, shown, rests=False, now=now)

        await self._context.db.write(unit)

    async def _wait_for_channel(self, stale: Stale, now: datetime) -> NotifyError:
        left_s = (self._channels.next_probe(now) - now).total_seconds()
        error = NotifyError("no channel can be used", retry_after_s=max(left_s, 1))
        posted = stale.shown.posted
        if posted is not None and self._channels.is_deleted(posted.channel_id):
            await self._lose(stale.shown)
        else:
            await self.refused(stale, error)
        return ChannelLost(str(error))

    async def refused(self, stale: Stale, error: NotifyError) -> None:
        """Try again later; a send that certainly failed has not begun."""
        name, shown = self._place.name, stale.shown
        known_to_fail = not error.unsure and shown.begun_at is None
        wait = wait_after(shown.attempts + 1, error.retry_after_s)

        async def unit(tx: Transaction) -> None:
            if known_to_fail:
                await storage.bulletins.begin(
                    tx, name, shown.blind_id, at=None, channel_id=None
                )
            await storage.bulletins.refused(
                tx,
                name,
                shown.blind_id,
                error=str(error),
                try_at=self._context.clock.now() + wait,
            )

        await self._context.db.write(unit)
