"""Tells of every blind time once, and of what turns unknown because of it later."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import storage.blind_times
import storage.executions
import storage.states
from bot.core import blind_reports
from bot.core.blind_reports import BlindReport
from bot.core.blind_times import BlindTime
from bot.core.kinds import BlindId, BulletinKind, NotificationKind
from bot.core.views import View
from bot.engine.context import Context
from bot.engine.wakes import Next
from storage.bulletins import Subject
from storage.queries import Queries, Transaction

#: jobs and outcomes of one blind time that are read at the most
MOST_DOUBTS = 1000
AT_ONCE = 20
#: how long the first telling waits for what has passed to be judged, and to be run
PATIENCE = timedelta(seconds=5)
LOOK_AGAIN = timedelta(milliseconds=200)


class BlindTimes:
    """The loop that tells of blind times, and the questions about them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        #: since when something waits to be told
        self._waits_since: datetime | None = None

    async def step(self) -> bool:
        """Tell what is due, once all that has passed is judged."""
        now = self._context.clock.now()

        async def find(q: Queries) -> tuple[list[BlindTime], bool]:
            found = await storage.blind_times.to_tell(q, now, AT_ONCE)
            overdue = found and (
                await storage.states.overdue(q, now, 1)
                or await storage.executions.due(q, now, 1)
            )
            return found, bool(overdue)

        found, overdue = await self._context.db.read(find)
        if not found:
            self._waits_since = None
            return False
        if overdue and not self._context.ledger.pulse.is_behind:
            self._waits_since = self._waits_since or now
            if now - self._waits_since < PATIENCE:
                return False
        self._waits_since = None
        for blind in found:
            await self._tell(blind)
        return True

    async def next_at(self) -> datetime | None:
        """When to look next."""
        at = await self._context.db.read(storage.blind_times.next_telling)
        if at is None or self._waits_since is None:
            return at
        return max(at, self._context.clock.now() + LOOK_AGAIN)

    async def _tell(self, blind: BlindTime) -> None:
        """Say it to everybody, in the transaction that remembers that it was said."""

        async def unit(tx: Transaction) -> None:
            now = self._context.clock.now()
            if blind.told_at is None:
                await self._tell_first(tx, blind, now)
            else:
                await self._tell_more(tx, blind, blind.told_at, now)
            await storage.blind_times.told(tx, blind.id, now)

        await self._context.db.write(unit)
        self._context.wakes.after(Next(tells=True))

    async def _tell_first(
        self, tx: Transaction, blind: BlindTime, now: datetime
    ) -> None:
        """Places with cards have one message of it, which is edited from now on."""
        ledger = self._context.ledger
        text = blind_reports.line(await load(tx, blind))
        kind, without = NotificationKind.BLIND, ledger.card_places
        await ledger.announce(tx, kind, text, now, without=without)
        await ledger.show(tx, Subject(BulletinKind.BLIND, blind.id), now)

    async def _tell_more(
        self, tx: Transaction, blind: BlindTime, told_at: datetime, now: datetime
    ) -> None:
        """What has turned unknown since then; nothing if that is known by now."""
        doubts = await storage.blind_times.doubts(
            tx, blind.id, since=told_at, limit=MOST_DOUBTS
        )
        unknown = blind_reports.unknown(doubts)
        if unknown:
            kind, text = (
                NotificationKind.BLIND_UNKNOWN,
                blind_reports.more(blind, unknown),
            )
            await self._context.ledger.announce(tx, kind, text, now)

    async def list(self, limit: int) -> list[View]:
        """The newest blind times with all that they put in doubt."""

        async def query(q: Queries) -> list[View]:
            found = await storage.blind_times.newest(q, limit)
            return [blind_reports.view(await load(q, each)) for each in found]

        return await self._context.db.read(query)


async def load(q: Queries, blind: BlindTime) -> BlindReport:
    """A blind time with what it put in doubt."""
    doubts = await storage.blind_times.doubts(q, blind.id, limit=MOST_DOUBTS)
    return BlindReport(blind=blind, doubts=tuple(doubts))


async def words(q: Queries, ids: Iterable[BlindId | None]) -> dict[BlindId | None, str]:
    """What is said of the blind times that slots and runs name."""
    wanted = {each for each in ids if each is not None}
    if not wanted:
        return {}
    found = await storage.blind_times.by_ids(q, wanted)
    return {each: blind_reports.headline(blind) for each, blind in found.items()}
