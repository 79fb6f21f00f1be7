"""Takes away a message that was repeated elsewhere while its channel was lost."""

from datetime import timedelta

import storage.orphans
from bot.engine.card_sends import SKEW
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.errors import ChannelLost, Gone, NotifyError
from bot.notifiers.base import CardPlace
from storage.orphans import Orphan
from storage.queries import Transaction

RETRY_AFTER = timedelta(minutes=1)


class OrphanRemover:
    """Looks for one such message, so that an incident never has two cards for long."""

    def __init__(self, context: Context, place: CardPlace, channels: Channels) -> None:
        self._context = context
        self._place = place
        self._channels = channels

    async def carry_out(self, orphan: Orphan) -> NotifyError | bool:
        """Delete it if it is there; whether the place answered, or why it did not."""
        try:
            await self._delete(orphan)
        except ChannelLost as exc:
            await self._channels.lose(orphan.channel_id, str(exc), deleted=exc.deleted)
            await self.refused(orphan, exc)
            return exc
        except NotifyError as exc:
            await self.refused(orphan, exc)
            return exc

        async def unit(tx: Transaction) -> None:
            await storage.orphans.remove(tx, self._place.name, orphan)

        await self._context.db.write(unit)
        return True

    async def _delete(self, orphan: Orphan) -> None:
        since = orphan.begun_at - SKEW
        posted = await self._place.find(orphan.mark, orphan.channel_id, since=since)
        if posted is None:
            return
        try:
            await self._place.delete(posted)
        except Gone:
            return

    async def refused(self, orphan: Orphan, error: NotifyError) -> None:
        """Look again later; in a deleted channel there is nothing to look for."""
        deleted = isinstance(error, ChannelLost) and error.deleted

        async def unit(tx: Transaction) -> None:
            name = self._place.name
            if deleted:
                await storage.orphans.remove(tx, name, orphan)
            else:
                try_at = self._context.clock.now() + RETRY_AFTER
                await storage.orphans.retry(tx, name, orphan, try_at)

        await self._context.db.write(unit)
