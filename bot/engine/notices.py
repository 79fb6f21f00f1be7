"""Tells a place with cards what is about no incident: hints, and what is lost."""

from datetime import datetime

import storage.notifications
import storage.orphans
from bot.core import cards
from bot.core.kinds import NotificationKind
from bot.core.models import Outgoing
from bot.engine.card_sends import RECOGNISED_FOR, SKEW, wait_after
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.errors import ChannelLost, NotifyError
from bot.notifiers.base import CardPlace
from storage.orphans import Orphan
from storage.queries import Transaction


class NoticeSender:
    """Sends one notification that has no card, under the same promises."""

    def __init__(
        self, context: Context, place: CardPlace, channels: Channels, instance: str
    ) -> None:
        self._context = context
        self._place = place
        self._channels = channels
        self._instance = instance

    async def carry_out(self, outgoing: Outgoing) -> NotifyError | bool:
        """Send it; whether the place took something, or why it did not."""
        now = self._context.clock.now()
        channel_id = outgoing.begun_in or self._pick(outgoing, now)
        if channel_id is None:
            left_s = (self._channels.next_probe(now) - now).total_seconds()
            error = NotifyError("no channel can be used", retry_after_s=max(left_s, 1))
            await self.refused(outgoing, error)
            return ChannelLost(str(error))
        try:
            await self._send(outgoing, channel_id, now)
        except ChannelLost as exc:
            await self._channels.lose(channel_id, str(exc), deleted=exc.deleted)
            await self.refused(outgoing, exc, forget=True)
            return exc
        except NotifyError as exc:
            await self.refused(outgoing, exc)
            return exc
        await self._channels.found(channel_id)
        return True

    def _pick(self, outgoing: Outgoing, now: datetime) -> int | None:
        is_summary = outgoing.kind is NotificationKind.SUMMARY
        return self._channels.pick(now, summary=is_summary)

    async def _send(self, outgoing: Outgoing, channel_id: int, now: datetime) -> None:
        mark = cards.message_mark(self._instance, outgoing.notification_id)
        began = outgoing.begun_at
        if began is None:
            await self._begin(outgoing, now, channel_id)
        elif now - began >= RECOGNISED_FOR:
            since = began - SKEW
            if await self._place.find(mark, channel_id, since=since) is not None:
                await self._delivered(outgoing)
                return
            await self._begin(outgoing, now, channel_id)
        await self._place.tell(outgoing, channel_id, mark=mark)
        await self._delivered(outgoing)

    async def _begin(self, outgoing: Outgoing, now: datetime, channel_id: int) -> None:
        async def unit(tx: Transaction) -> None:
            await storage.notifications.begin(
                tx,
                outgoing.notification_id,
                self._place.name,
                at=now,
                channel_id=channel_id,
            )

        await self._context.db.write(unit)

    async def _delivered(self, outgoing: Outgoing) -> None:
        async def unit(tx: Transaction) -> None:
            ids, name = [outgoing.notification_id], self._place.name
            now = self._context.clock.now()
            await storage.notifications.delivered(tx, ids, name, now)

        await self._context.db.write(unit)

    async def refused(
        self, outgoing: Outgoing, error: NotifyError, *, forget: bool = False
    ) -> None:
        """Try again later; `forget`: a send that was begun has certainly failed."""
        name, notification_id = self._place.name, outgoing.notification_id
        forget = forget or (not error.unsure and outgoing.begun_at is None)
        wait = wait_after(outgoing.attempts + 1, error.retry_after_s)
        orphan = self._orphan(outgoing) if isinstance(error, ChannelLost) else None

        async def unit(tx: Transaction) -> None:
            if orphan is not None:
                now = self._context.clock.now()
                await storage.orphans.add(tx, name, orphan, now)
            if forget:
                await storage.notifications.begin(
                    tx, notification_id, name, at=None, channel_id=None
                )
            await storage.notifications.refused(
                tx,
                notification_id,
                name,
                error=str(error),
                try_at=self._context.clock.now() + wait,
            )

        await self._context.db.write(unit)

    def _orphan(self, outgoing: Outgoing) -> Orphan | None:
        """What an earlier try may have sent."""
        if outgoing.begun_at is None or outgoing.begun_in is None:
            return None
        return Orphan(
            channel_id=outgoing.begun_in,
            mark=cards.message_mark(self._instance, outgoing.notification_id),
            begun_at=outgoing.begun_at,
        )
