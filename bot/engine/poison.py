"""Rows that cannot be read: left alone and reported, so that the others go on."""

import logging
from datetime import datetime

import storage.cards
import storage.notifications
from bot.core.kinds import IncidentId
from bot.engine import stale_cards
from bot.engine.context import Context
from bot.errors import Unavailable
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: cards that are looked at one by one when one of them cannot be read
_AT_ONCE = 100
_ERROR = "the row cannot be read"


async def park_notifications(context: Context, channel: str) -> bool:
    """Give up those that a place waits for and nobody can read; whether any were."""

    async def unit(tx: Transaction) -> list[int]:
        return await storage.notifications.park_unreadable(tx, channel, _ERROR)

    parked = await context.db.write(unit)
    for number in parked:
        _report(f"notification {number} to {channel}")
    return bool(parked)


async def park_cards(
    context: Context, place: str, instance: str, now: datetime
) -> bool:
    """Give up cards that are due and whose incident nobody can read; whether any."""

    async def due(q: Queries) -> list[IncidentId]:
        return await storage.cards.due(q, place, now, limit=_AT_ONCE)

    parked = False
    for incident_id in await context.db.read(due):
        if await _is_readable(context, place, incident_id, instance, now):
            continue

        async def unit(tx: Transaction, each: IncidentId = incident_id) -> None:
            await storage.cards.refused(tx, place, each, error=_ERROR, try_at=None)

        await context.db.write(unit)
        _report(f"the card of incident {incident_id} in {place}")
        parked = True
    return parked


async def _is_readable(
    context: Context, place: str, incident_id: IncidentId, instance: str, now: datetime
) -> bool:
    async def load(q: Queries) -> object:
        return await stale_cards.load(
            q,
            place,
            [incident_id],
            surroundings=context.surroundings,
            instance=instance,
            now=now,
        )

    try:
        await context.db.read(load)
    except Unavailable:
        raise
    except Exception:
        logger.debug("incident %s breaks a rule", incident_id, exc_info=True)
        return False
    return True


def _report(what: str) -> None:
    logger.error(
        "%s cannot be read and is left alone", what, extra={"action": "row_parked"}
    )
