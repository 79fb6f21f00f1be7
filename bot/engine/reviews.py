"""Asks again what may sound after something that silences has come or gone."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import storage.incidents
from bot.core import status
from bot.core.kinds import JobId
from bot.engine.context import Context
from bot.engine.wakes import Next
from storage.queries import Transaction


async def review(
    context: Context, tx: Transaction, now: datetime, also: Iterable[JobId] = ()
) -> Next:
    """Ask every open incident, and the jobs in `also`; their cards are looked at."""
    ids = {*await storage.incidents.unresolved_jobs(tx), *also}
    watched = await context.ledger.load_ids(tx, sorted(ids), now)
    decided = [
        (each, status.on_review(each, now, context.ledger.ids))
        for each in watched.values()
    ]
    following = await context.ledger.save(tx, decided, now)
    shown = [each.incident.id for each in watched.values() if each.incident]
    touched = await context.ledger.touch(tx, shown, now)
    return replace(following, tells=following.tells or touched)
