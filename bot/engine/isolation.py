"""Holds the misses of remote jobs while the receiver itself seems cut off."""

from collections.abc import Sequence
from datetime import datetime

import storage.isolations
from bot.core import fact_lines, isolation
from bot.core.effects import CloseSlot
from bot.core.isolation import Isolation
from bot.core.kinds import NotificationKind, Outcome
from bot.core.transitions import Transition, Watched
from bot.engine import outward
from bot.engine.context import Context
from bot.engine.health import Health
from bot.engine.link import Link
from bot.engine.wakes import Next
from storage.queries import Queries, Transaction

Decided = list[tuple[Watched, Transition]]

#: Discord drops connections every day; from then on its silence is evidence
SILENT_S = outward.DISCORD_AWAY_S
#: what says that the network is gone, as the notice names it
DISCORD, HEARTBEAT = "Discord is silent", "the outward heartbeat reaches nobody"


class Receiver:
    """Whether pings can reach us at all, as far as that can be known."""

    def __init__(self, context: Context, health: Health, link: Link) -> None:
        self._context = context
        self._health = health
        self._link = link
        #: as of the last look; what a transaction has begun is read in the next
        self._known = context.ledger.postponements

    async def open(self, q: Queries) -> None:
        """Go on with what an earlier process has found."""
        self._known.newest = await storage.isolations.newest(q)

    @property
    def _evidence(self) -> list[str]:
        """What of ours cannot reach anybody either."""
        found = [DISCORD] if self._link.silent_s() > SILENT_S else []
        if outward.NETWORK_PART in self._health.faults():
            found.append(HEARTBEAT)
        return found

    async def hold(
        self, tx: Transaction, decided: Sequence[tuple[Watched, Transition]]
    ) -> Decided:
        """What was decided, with the misses that must wait taken out."""
        missed = [(w, t) for w, t in decided if _misses(t)]
        if not missed or (self._known.newest is None and not self._evidence):
            return list(decided)
        now = self._context.clock.now()
        newest = await storage.isolations.newest(tx)
        if newest is None or newest.ended_at is not None:
            newest = await self._begin(tx, missed, now) or newest
        if newest is None:
            return list(decided)
        return await self._waiting(tx, decided, newest, now)

    async def _begin(
        self,
        tx: Transaction,
        missed: Sequence[tuple[Watched, Transition]],
        now: datetime,
    ) -> Isolation | None:
        """Judge, and write down and say it if it is so."""
        evidence = self._evidence
        if not evidence:
            return None
        since = min(_due(watched, now) for watched, _ in missed)
        due = await storage.isolations.due_within(tx, since - isolation.WITHIN, now)
        ids = [watched.job.id for watched, _ in missed]
        if await storage.isolations.remote_ping_since(tx, since):
            # before the start of this process, which the ledger does not know
            return None
        if not isolation.is_cut_off(
            due,
            ids,
            since=since,
            last_remote_at=self._context.ledger.last_remote_at,
            evidence=True,
        ):
            return None
        await storage.isolations.begin(tx, since)
        gone = isolation.missing(due, ids)
        named = fact_lines.names(sorted(each.slug for each in gone))
        text = (
            f"the receiver seems cut off: {len(gone)} of {len(due)} jobs that were due "
            f"miss ({named}), no ping came in from another machine, and "
            f"{' and '.join(evidence)}; their misses wait until it is over"
        )
        await self._context.ledger.announce(tx, NotificationKind.CUT_OFF, text, now)
        return Isolation(began_at=since)

    async def _waiting(
        self,
        tx: Transaction,
        decided: Sequence[tuple[Watched, Transition]],
        newest: Isolation,
        now: datetime,
    ) -> Decided:
        missing = [w.job.id for w, t in decided if _misses(t)]
        remote = await storage.isolations.remote_among(tx, missing)
        ids, held = self._context.ledger.ids, []
        for watched, transition in decided:
            due_at, until = watched.state.due_at, None
            if due_at is not None and watched.job.id in remote:
                until = isolation.waits_until(newest, watched.job, due_at, now)
            if until is not None:
                transition = isolation.postponed(watched, until, now, ids)
            held.append((watched, transition))
        return held

    async def step(self) -> bool:
        """Say when it is over: a remote ping came in, or the evidence is gone."""
        newest = await self._context.db.read(storage.isolations.newest)
        self._known.newest = newest
        if newest is None or newest.ended_at is not None:
            return False
        seen = self._context.ledger.last_remote_at
        if self._evidence and (seen is None or seen < newest.began_at):
            return False
        now = self._context.clock.now()
        text = (
            "the receiver is reached again; what missed has one more period to report"
        )

        async def unit(tx: Transaction) -> None:
            await storage.isolations.end(tx, now)
            kind = NotificationKind.CUT_OFF_OVER
            await self._context.ledger.announce(tx, kind, text, now)

        await self._context.db.write(unit)
        self._known.newest = Isolation(began_at=newest.began_at, ended_at=now)
        self._context.wakes.after(Next(tells=True))
        return False


def _misses(transition: Transition) -> bool:
    return any(
        isinstance(effect, CloseSlot) and effect.outcome is Outcome.MISSED
        for effect in transition.effects
    )


def _due(watched: Watched, now: datetime) -> datetime:
    return watched.state.due_at or now
