"""Asks again what may sound after something that silences has come or gone."""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import storage.incidents
import storage.meta
from bot.core import status
from bot.core.kinds import JobId
from bot.core.silencers import SoundRules
from bot.engine.context import Context
from bot.engine.wakes import Next
from bot.errors import Unavailable
from storage.queries import Queries, Transaction

#: a digest of what the settings said about sounds at the last start
_RULES = "sound_rules"


async def note_rules(context: Context, rules: SoundRules) -> None:
    """Where the settings say something else now, open incidents ask again soon.

    They do so where every review is made: a start has first to find out what was missed
    while there was no server.
    """
    digest = hashlib.sha256(repr(rules).encode()).hexdigest()

    async def known(q: Queries) -> bool:
        return await storage.meta.get(q, _RULES) == digest

    async def unit(tx: Transaction) -> None:
        await storage.meta.put(tx, _RULES, digest)
        await storage.incidents.ask_all(tx, context.clock.now())

    if not await context.db.read(known):
        # a full disk keeps no server from its start; the next one asks then
        with suppress(Unavailable):
            await context.db.write(unit)


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
