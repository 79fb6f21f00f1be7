"""Shows a blind time or a storm in a place: one message, edited as it develops.

The promises are those of cards: once, the newest state, and posted anew (silently)
where somebody has deleted it. Only the first message makes a sound.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import storage.blind_times
import storage.bulletins
import storage.orphans
import storage.storms
from bot.core import cards, storm_cards
from bot.core.blind_reports import BlindCard
from bot.core.cards import Posted
from bot.core.kinds import BlindId, BulletinKind, StormId
from bot.core.storm_cards import StormCard
from bot.engine import blind_times, storms
from bot.engine.card_sends import RECOGNISED_FOR, SKEW, wait_after
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.errors import ChannelLost, Gone, NotifyError
from bot.notifiers.base import CardPlace
from storage.bulletins import Bulletin, Subject
from storage.orphans import Orphan
from storage.queries import Queries, Transaction


@dataclass(frozen=True, slots=True)
class Stale:
    """One subject as it must be shown, and what the place knows of it."""

    shown: Bulletin
    card: BlindCard | StormCard


def _is_quiet(card: BlindCard | StormCard) -> bool:
    """Whether its first message needs no sound any more."""
    return isinstance(card, StormCard) and card.is_quiet


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
        self,
        q: Queries,
        now: datetime,
        *,
        busy: Iterable[Subject],
        loud_only: bool = False,
        limit: int,
    ) -> list[Stale]:
        """What must be looked at now."""
        found = await storage.bulletins.due(
            q, self._place.name, now, busy=busy, loud_only=loud_only, limit=limit
        )
        blind = await self._blind(q, found)
        storming = await self._storms(q, found, now)
        made = blind | storming
        return [Stale(shown, made[shown.subject]) for shown in found]

    async def _blind(
        self, q: Queries, found: Sequence[Bulletin]
    ) -> dict[Subject, BlindCard | StormCard]:
        marks = self._marks(found, BulletinKind.BLIND)
        ids = [BlindId(subject.id) for subject in marks]
        times = await storage.blind_times.by_ids(q, ids)
        return {
            subject: BlindCard(
                report=await blind_times.load(q, times[BlindId(subject.id)]), mark=mark
            )
            for subject, mark in marks.items()
        }

    async def _storms(
        self, q: Queries, found: Sequence[Bulletin], now: datetime
    ) -> dict[Subject, BlindCard | StormCard]:
        marks = self._marks(found, BulletinKind.STORM)
        ids = [StormId(subject.id) for subject in marks]
        stored = await storage.storms.by_ids(q, ids)
        around = self._context.surroundings
        return {
            subject: await storms.card(
                q, stored[StormId(subject.id)], around, now, mark
            )
            for subject, mark in marks.items()
        }

    def _marks(
        self, found: Sequence[Bulletin], kind: BulletinKind
    ) -> dict[Subject, str]:
        """The subjects of a kind, each with the mark of its message."""
        return {
            each.subject: cards.bulletin_mark(
                self._instance, kind, each.subject.id, each.generation
            )
            for each in found
            if each.subject.kind is kind
        }

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
                shown = replace(stale.shown, digest=digest)
                await self._settle(shown, rests=True, is_new=True)
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
        since = began if began is not None else await self._left(stale, channel_id)
        if since is not None and (began is None or now - began >= RECOGNISED_FOR):
            posted = await self._place.find(
                stale.card.mark, channel_id, since=since - SKEW
            )
        if began is None or (posted is None and now - began >= RECOGNISED_FOR):
            await self._begin(stale, now, channel_id)
        if posted is None:
            silent = stale.shown.generation > 0 or _is_quiet(stale.card)
            posted = await self._place.post(stale.card, channel_id, silent=silent)
        await self._posted(stale, posted, digest if since is None else "")

    async def _left(self, stale: Stale, channel_id: int) -> datetime | None:
        """When a try began there of which nothing was heard before the channel went.

        It bears the same mark: what it has sent is this very message.
        """
        name, mark = self._place.name, stale.card.mark

        async def find(q: Queries) -> datetime | None:
            return await storage.orphans.begun_at(q, name, channel_id, mark)

        return await self._context.db.read(find)

    async def _posted(self, stale: Stale, posted: Posted, digest: str) -> None:
        """It is there; what an earlier try has sent shows what was true then."""
        shown = replace(stale.shown, posted=posted, digest=digest)
        said = (posted.channel_id, stale.card.mark)
        await self._settle(shown, rests=bool(digest), is_new=True, said=said)

    async def _begin(self, stale: Stale, now: datetime, channel_id: int) -> None:
        async def unit(tx: Transaction) -> None:
            await storage.bulletins.begin(
                tx,
                self._place.name,
                stale.shown.subject,
                at=now,
                channel_id=channel_id,
            )

        await self._context.db.write(unit)

    async def _settle(
        self,
        shown: Bulletin,
        *,
        rests: bool,
        is_new: bool = False,
        said: tuple[int, str] | None = None,
    ) -> None:
        """Write down what the message shows; `is_new`: since this moment.

        `said`: channel and mark of what was posted, which is no orphan any more.
        """
        paced = is_new and shown.subject.kind is BulletinKind.STORM

        async def unit(tx: Transaction) -> None:
            now, name = self._context.clock.now(), self._place.name
            if said is not None:
                await storage.orphans.remove_mark(tx, name, *said)
            await storage.bulletins.settle(
                tx,
                name,
                shown,
                rests=rests,
                now=now,
                rests_until=now + storm_cards.EVERY if paced else None,
            )

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
            # under the same mark and with its sound: if it is this channel again, it
            # is looked for there
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
                    tx, name, shown.subject, at=None, channel_id=None
                )
            await storage.bulletins.refused(
                tx,
                name,
                shown.subject,
                error=str(error),
                try_at=self._context.clock.now() + wait,
            )

        await self._context.db.write(unit)
