"""Carries out what one card needs: posts, sounds, edits; writes down the answer."""

from dataclasses import replace
from datetime import timedelta
from typing import assert_never

import storage.cards
import storage.notifications
import storage.orphans
import storage.threads
from bot.core import cards
from bot.core.cards import Begun, Edit, Post, Posted, Rest, Shown, Sound, Step
from bot.core.kinds import NotificationId
from bot.engine.calls import Caller
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.engine.stale_cards import Stale
from bot.errors import ChannelLost, Gone, NotifyError
from bot.notifiers.base import CardPlace
from storage.orphans import Orphan
from storage.queries import Transaction

FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=1)
#: a place knows a mark again for minutes only: later, the channel is searched first
RECOGNISED_FOR = timedelta(minutes=1)
#: how far our clock may be from that of the place
SKEW = timedelta(minutes=5)


def wait_after(attempts: int, retry_after_s: float | None) -> timedelta:
    """How long to wait after this many attempts, the last one included."""
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 20))
    asked = timedelta(seconds=min(retry_after_s or 0, 3600))
    return max(min(doubled, LONGEST_WAIT), asked)


class CardSender:
    """Does one step for one card; what follows is found at the next look."""

    def __init__(
        self, context: Context, place: CardPlace, channels: Channels, instance: str
    ) -> None:
        self._context = context
        self._place = place
        self._channels = channels
        self._instance = instance
        self._calls = Caller(context, place, channels, instance)

    async def carry_out(self, stale: Stale) -> NotifyError | bool:
        """Do what comes next; whether the place took something, or why it did not."""
        digest = self._place.digest(stale.card)
        step = cards.next_step(stale.shown, stale.card, stale.owed, digest)
        channel_id = self._channel(stale.shown, step)
        if channel_id is None:
            posted = stale.shown.posted
            is_gone = posted and self._channels.is_deleted(posted.channel_id)
            if is_gone and isinstance(step, Edit):
                await self._homeless(stale, step, deleted=True)
                return False
            calling = cards.calling(stale.shown, stale.card, stale.owed)
            if calling is not None:
                # people can be written to all the same
                await self._calls.beside(stale.card, calling, None)
            return await self._wait_for_channel(stale)
        try:
            await self._do(stale, step, channel_id, digest)
        except Gone as exc:
            await self._gone(stale)
            return exc
        except ChannelLost as exc:
            await self._channels.lose(channel_id, str(exc), deleted=exc.deleted)
            await self._homeless(stale, step, deleted=exc.deleted)
            return exc
        except NotifyError as exc:
            await self.refused(stale, exc)
            return exc
        await self._channels.found(channel_id)
        return not isinstance(step, Rest)

    def _channel(self, shown: Shown, step: Step) -> int | None:
        """Where to do it; 0: nowhere, since there is nothing to send."""
        now = self._context.clock.now()
        if isinstance(step, Rest):
            return 0
        if shown.begun is not None and not isinstance(step, Edit):
            return shown.begun.channel_id
        if shown.posted is not None:
            there = shown.posted.channel_id
            is_edit = isinstance(step, Edit)
            # a card stays where it is; what sounds is for those who listen now
            heard = is_edit or self._channels.is_used(there)
            if heard and self._channels.may_try(there, now):
                return there
            return None if is_edit else self._channels.pick(now)
        return self._channels.pick(now)

    async def _do(self, stale: Stale, step: Step, channel_id: int, digest: str) -> None:
        match step:
            case Rest():
                await self._settle(stale, stale.shown, step.covers, rests=True)
            case Edit():
                await self._edit(stale, step, digest)
            case Post():
                await self._post(stale, step, channel_id, digest)
            case Sound():
                await self._sound(stale, step, channel_id)
            case _:
                assert_never(step)

    async def _edit(self, stale: Stale, step: Edit, digest: str) -> None:
        posted = stale.shown.posted
        assert posted is not None
        await self._place.edit(stale.card, posted)
        shown = replace(stale.shown, digest=digest)
        await self._settle(stale, shown, step.covers, rests=True)

    async def _post(
        self, stale: Stale, step: Post, channel_id: int, digest: str
    ) -> None:
        begun = await self._begin(stale.shown, step, channel_id)
        posted = await self._look(stale.shown, begun, stale.card.mark)
        if posted is None:
            silent = step.covers is None or cards.is_quiet(stale.card)
            posted = await self._place.post(stale.card, channel_id, silent=silent)
        # a message that an earlier try has sent shows what was true then
        digest = digest if stale.shown.begun is None else ""
        shown = replace(stale.shown, posted=posted, digest=digest, begun=None)
        await self._settle(stale, shown, step.covers, rests=bool(digest))

    async def _sound(self, stale: Stale, step: Sound, channel_id: int) -> None:
        begun = await self._begin(stale.shown, step, channel_id)
        mark = cards.message_mark(self._instance, step.covers)
        posted = stale.shown.posted
        assert posted is not None
        reply_to = posted if posted.channel_id == channel_id else None
        if await self._look(stale.shown, begun, mark) is None:
            call = await self._calls.beside(stale.card, step, channel_id)
            await self._place.sound(
                stale.card,
                step.kind,
                call=call,
                channel_id=channel_id,
                reply_to=reply_to,
                mark=mark,
            )
        said = (channel_id, mark)
        await self._settle(stale, stale.shown, step.covers, rests=False, said=said)

    async def _begin(self, shown: Shown, step: Post | Sound, channel_id: int) -> Begun:
        """Write down that a send begins, unless one with no answer has begun before."""
        if shown.begun is not None:
            return shown.begun
        begun = Begun(
            at=self._context.clock.now(),
            channel_id=channel_id,
            covers=step.covers,
            is_sound=isinstance(step, Sound),
        )
        await self._write_begun(shown, begun)
        return begun

    async def _write_begun(self, shown: Shown, begun: Begun) -> None:
        async def unit(tx: Transaction) -> None:
            sends = [(shown.incident_id, begun)]
            await storage.cards.begin(tx, self._place.name, sends)

        await self._context.db.write(unit)

    async def _look(self, shown: Shown, begun: Begun, mark: str) -> Posted | None:
        """What an earlier try has sent, once the place would not recognise a resend."""
        now = self._context.clock.now()
        if shown.begun is None or now - begun.at < RECOGNISED_FOR:
            return None
        found = await self._place.find(mark, begun.channel_id, since=begun.at - SKEW)
        if found is None:
            await self._write_begun(shown, replace(begun, at=now))
        return found

    async def _settle(
        self,
        stale: Stale,
        shown: Shown,
        covers: NotificationId | None,
        *,
        rests: bool,
        said: tuple[int, str] | None = None,
    ) -> None:
        """It is done: write down what the place shows and what it has told.

        `said`: channel and mark of a sound, which may be one that was lost before.
        """
        place, incident = self._place.name, stale.incident

        async def unit(tx: Transaction) -> None:
            now = self._context.clock.now()
            if shown.posted is not None:
                await storage.cards.posted(tx, place, shown, incident.revision, now)
                if self._place.threads:
                    await storage.threads.touch(tx, place, incident.id, now)
            if covers is not None:
                await storage.notifications.said(tx, incident.id, place, covers, now)
            if said is not None:
                await storage.orphans.remove_mark(tx, place, *said)
            await storage.cards.settle(tx, place, shown, rests=rests, now=now)

        await self._context.db.write(unit)

    async def _gone(self, stale: Stale) -> None:
        """Somebody has deleted the message: another one takes its place, silently."""
        await self._lose(stale)

    async def _homeless(self, stale: Stale, step: Step, *, deleted: bool) -> None:
        """Its channel is lost: the card, if it went with it, is posted elsewhere."""
        if not isinstance(step, Edit):
            await self._forget_begun(stale)
        elif deleted and stale.incident.resolved_at is None:
            await self._lose(stale)
        elif deleted:
            await self._settle(stale, stale.shown, step.covers, rests=True)
        else:
            await self._wait_for_channel(stale)

    async def _lose(self, stale: Stale) -> None:
        async def unit(tx: Transaction) -> None:
            now, place = self._context.clock.now(), self._place.name
            await storage.cards.lose(tx, place, stale.incident.id)
            await storage.cards.settle(tx, place, stale.shown, rests=False, now=now)

        await self._context.db.write(unit)

    async def _forget_begun(self, stale: Stale) -> None:
        """It is repeated elsewhere; what an earlier try may have sent is an orphan."""
        orphan = self._orphan(stale)
        begun = stale.shown.begun

        async def unit(tx: Transaction) -> None:
            now, place = self._context.clock.now(), self._place.name
            if orphan is not None:
                await storage.orphans.add(tx, place, orphan, now)
            if begun is not None and not begun.is_sound:
                # under another mark, so that the two are never taken for each other
                await storage.cards.lose(tx, place, stale.incident.id)
            await storage.cards.unbegin(tx, place, stale.incident.id)
            await storage.cards.settle(tx, place, stale.shown, rests=False, now=now)

        await self._context.db.write(unit)

    def _orphan(self, stale: Stale) -> Orphan | None:
        begun = stale.shown.begun
        if begun is None:
            return None
        mark = stale.card.mark
        if begun.is_sound and begun.covers is not None:
            mark = cards.message_mark(self._instance, begun.covers)
        return Orphan(channel_id=begun.channel_id, mark=mark, begun_at=begun.at)

    async def _wait_for_channel(self, stale: Stale) -> NotifyError:
        """No channel can be used: nothing is tried until that may have changed."""
        now = self._context.clock.now()
        left_s = (self._channels.next_probe(now) - now).total_seconds()
        error = NotifyError("no channel can be used", retry_after_s=max(left_s, 1))
        await self.refused(stale, error)
        return ChannelLost(str(error))

    async def refused(self, stale: Stale, error: NotifyError) -> None:
        """Try again later; a send that certainly failed has not begun."""
        place, incident_id = self._place.name, stale.incident.id
        known_to_fail = not error.unsure and stale.shown.begun is None

        async def unit(tx: Transaction) -> None:
            wait = wait_after(stale.shown.attempts + 1, error.retry_after_s)
            if known_to_fail:
                await storage.cards.unbegin(tx, place, incident_id)
            await storage.cards.refused(
                tx,
                place,
                incident_id,
                error=str(error),
                try_at=self._context.clock.now() + wait,
            )

        await self._context.db.write(unit)
