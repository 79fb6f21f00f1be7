"""Brings the card of each incident up to date in a place, sounds before edits.

What differs is looked up anew at each try, so an outage of the place leaves one thing
to do for each incident. A send is written down before it is made: after a lost answer
or a kill it is repeated under the same mark, or found in the channel.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import storage.bulletins
import storage.cards
import storage.notifications
import storage.orphans
import storage.threads
from bot.core.kinds import BulletinKind, IncidentId
from bot.core.models import Outgoing
from bot.engine import bulletins, poison, stale_cards, threads
from bot.engine.bulletins import BulletinSender
from bot.engine.card_sends import CardSender, wait_after
from bot.engine.channels import Channels
from bot.engine.context import Context
from bot.engine.notices import NoticeSender
from bot.engine.orphans import OrphanRemover
from bot.engine.stale_cards import Stale
from bot.engine.threads import ThreadSender
from bot.engine.wakes import Alarm
from bot.errors import ChannelLost, Gone, NotifyError, Unavailable
from bot.notifiers.base import CardPlace
from storage.bulletins import Subject
from storage.orphans import Orphan
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: a place that never answers must not hold a card for ever
HARD_TIMEOUT_S = 60.0
#: while sends are under way, what has become due meanwhile is looked for this often
LOOK_AGAIN_S = 1.0

#: what is being sent: a card, a notice, a message about a blind time or a storm
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What may begin now, the most urgent first."""

    #: they have a sound, and are critical
    urgent: Sequence[Stale] = ()
    #: they have a sound
    loud: Sequence[Stale] = ()
    quiet: Sequence[Stale] = ()
    notices: Sequence[Outgoing] = ()
    #: messages about blind times and storms
    shown: Sequence[bulletins.Stale] = ()
    stories: Sequence[threads.Stale] = ()
    orphans: Sequence[Orphan] = ()


def _key(stale: Stale) -> Key:
    return "card", int(stale.incident.id)


class CardDeliverer:
    """Keeps the cards of one place; several sends at once, one for each incident."""

    def __init__(self, context: Context, place: CardPlace, instance: str) -> None:
        self._context = context
        self._place = place
        self._instance = instance
        self.channels = Channels(context, place.name, place.channels, place.summaries)
        self._sender = CardSender(context, place, self.channels, instance)
        self._notices = NoticeSender(context, place, self.channels, instance)
        self._bulletins = BulletinSender(context, place, self.channels, instance)
        self._threads = ThreadSender(context, place, instance)
        self._orphans = OrphanRemover(context, place, self.channels)
        self.alarm = Alarm()
        self._tasks: dict[Key, asyncio.Task[NotifyError | bool]] = {}
        #: those among them that make no sound, and those that are critical
        self._quiet: set[Key] = set()
        self._urgent: set[Key] = set()
        #: tries that failed since the last one that did not
        self._failures = 0
        #: when the place is tried again after one of them
        self._again_at = context.clock.now()

    async def open(self) -> None:
        """Find out what has changed while the place was not in use."""
        await self._context.db.read(self.channels.open)
        if self.channels.are_for_cards:
            await self._reconcile()

    async def use(self, channels: tuple[int, ...], summaries: int | None) -> None:
        """Post new cards in these channels from now on; without any: reports alone.

        As after a restart with other settings: what is posted is edited where it is,
        and open incidents without a card get one.
        """
        self._place.channels, self._place.summaries = channels, summaries
        await self.channels.change(channels, summaries)
        # first, so that whatever opens from now on has a card, and then all before
        self._context.ledger.show_in(
            self._place.name, shows=bool(channels), reports=summaries is not None
        )
        if channels:
            await self._reconcile()
        if not self.channels.are_none:
            await self.hurry()

    async def _reconcile(self) -> None:
        async def unit(tx: Transaction) -> None:
            now = self._context.clock.now()
            await storage.cards.reconcile(tx, self._place.name, now)
            await storage.bulletins.reconcile(tx, self._place.name, now)
            if self._place.threads:
                await storage.threads.reconcile(tx, self._place.name, now)

        await self._context.db.write(unit)

    async def hurry(self) -> None:
        """The place is back: try at once whatever waits for a later try."""
        self.channels.probe_now()

        async def unit(tx: Transaction) -> None:
            now, name = self._context.clock.now(), self._place.name
            await storage.cards.hurry(tx, name, now)
            await storage.notifications.hurry(tx, name, now)
            await storage.bulletins.hurry(tx, name, now)
            await storage.threads.hurry(tx, name, now)

        await self._context.db.write(unit)
        self._again_at = self._context.clock.now()
        self.alarm.event.set()

    async def step(self) -> bool:
        """Begin what is due, and see the first send end; True: there may be more."""
        self.alarm.event.clear()
        if not self.channels.are_none:
            await self._begin()
        if not self._tasks:
            return False
        woken = asyncio.create_task(
            self._context.clock.wait(self.alarm.event, LOOK_AGAIN_S), name="wait"
        )
        try:
            await asyncio.wait(
                {*self._tasks.values(), woken}, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            woken.cancel()
        self._collect()
        return True

    async def next_at(self) -> datetime | None:
        """When to look next."""
        name = self._place.name
        if self.channels.are_none:
            return None

        async def find(q: Queries) -> datetime | None:
            if not self.channels.are_for_cards:
                return await storage.notifications.next_notice(q, name, reports=True)
            card = await storage.cards.next_try(q, name)
            notice = await storage.notifications.next_notice(q, name)
            bulletin = await storage.bulletins.next_try(q, name)
            thread = await self._threads.next_at(q)
            return min(filter(None, (card, notice, bulletin, thread)), default=None)

        at = await self._context.db.read(find)
        return max(at, self._again_at) if at and self._failures else at

    async def close(self) -> None:
        """Let go of what is under way; it is repeated after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks.clear()
        self._quiet.clear()
        self._urgent.clear()

    def _room(self) -> int:
        """How many sends may begin: one at a time while the place refuses."""
        if self._failures and self._context.clock.now() < self._again_at:
            return 0
        most = 1 if self._failures else self._place.at_once
        return max(0, most - len(self._tasks))

    async def _begin(self) -> None:
        room = self._room()
        if not room:
            return
        now = self._context.clock.now()
        quiet_room = max(1, self._place.at_once // 2) - len(self._quiet)

        async def find(q: Queries) -> Found:
            return await self._find(q, now, room=room, quiet_room=quiet_room)

        try:
            found = await self._context.db.read(find)
        except Unavailable:
            raise
        except Exception:
            if not await self._park(now):
                raise
            self.alarm.event.set()
            return
        self._start_all(found)

    async def _find(
        self, q: Queries, now: datetime, *, room: int, quiet_room: int
    ) -> Found:
        """What goes first: what is critical, new storms, other sounds; then edits.

        Nothing begins beside what is critical: a place that makes us wait need not
        keep the order in which it was asked.
        """
        name = self._place.name
        if not self.channels.are_for_cards:
            reports = await storage.notifications.notices(
                q, name, now, busy=self._busy("notice"), limit=room, reports=True
            )
            return Found(notices=reports)
        busy = [IncidentId(number) for number in self._busy("card")]
        urgent = await storage.cards.due(
            q, name, now, busy=busy, loud=storage.cards.CRITICAL, limit=room
        )
        if urgent or self._urgent:
            return Found(urgent=await self._load(q, urgent, now))
        subjects = [Subject(kind, n) for kind in BulletinKind for n in self._busy(kind)]
        shown = await self._bulletins.due(
            q, now, busy=subjects, loud_only=True, limit=room
        )
        left = room - len(shown)
        loud = await storage.cards.due(
            q, name, now, busy=busy, loud=storage.cards.LOUD, limit=left
        )
        left -= len(loud)
        notices = await storage.notifications.notices(
            q, name, now, busy=self._busy("notice"), limit=left
        )
        left -= len(notices)
        subjects += [each.shown.subject for each in shown]
        others = await self._bulletins.due(q, now, busy=subjects, limit=left)
        left = max(0, min(left - len(others), quiet_room))
        rest = await storage.cards.due(q, name, now, busy=[*busy, *loud], limit=left)
        found = Found(
            loud=await self._load(q, loud, now),
            quiet=await self._load(q, rest, now),
            notices=notices,
            shown=[*shown, *others],
        )
        if self._tasks or loud or rest or notices or shown or others:
            return found
        return await self._find_rest(q, now)

    async def _find_rest(self, q: Queries, now: datetime) -> Found:
        """What waits until there is nothing else to do: stories, then orphans."""
        stories = await self._threads.due(q, now, busy=(), limit=1)
        if stories:
            return Found(stories=stories)
        return Found(orphans=await self._orphaned(q, now))

    async def _orphaned(self, q: Queries, now: datetime) -> Sequence[Orphan]:
        """What may be taken away."""
        lost = self.channels.lost(now)
        name = self._place.name
        return await storage.orphans.due(q, name, now, lost=lost, limit=1)

    async def _park(self, now: datetime) -> bool:
        """Leave rows alone that cannot be read; whether there were any."""
        context, name = self._context, self._place.name
        cards = await poison.park_cards(context, name, self._instance, now)
        return await poison.park_notifications(context, name) or cards

    def _busy(self, kind: str) -> list[int]:
        """Of which of this kind something is under way."""
        return [number for each, number in self._tasks if each == kind]

    async def _load(
        self, q: Queries, ids: list[IncidentId], now: datetime
    ) -> list[Stale]:
        return await stale_cards.load(
            q,
            self._place.name,
            ids,
            surroundings=self._context.surroundings,
            instance=self._instance,
            now=now,
        )

    def _start_all(self, found: Found) -> None:
        self._urgent |= {_key(stale) for stale in found.urgent}
        self._quiet |= {_key(stale) for stale in found.quiet}
        for stale in (*found.urgent, *found.loud, *found.quiet):
            refused = partial(self._sender.refused, stale)
            self._start(_key(stale), self._sender.carry_out(stale), refused)
        for notice in found.notices:
            key = ("notice", int(notice.notification_id))
            refused = partial(self._notices.refused, notice)
            self._start(key, self._notices.carry_out(notice), refused)
        for bulletin in found.shown:
            subject = bulletin.shown.subject
            refused = partial(self._bulletins.refused, bulletin)
            work = self._bulletins.carry_out(bulletin)
            self._start((subject.kind, subject.id), work, refused)
        for story in found.stories:
            refused = partial(self._threads.refused, story)
            key = ("thread", int(story.incident.id))
            self._start(key, self._threads.carry_out(story), refused)
        for orphan in found.orphans:
            refused = partial(self._orphans.refused, orphan)
            self._start(("orphan", 0), self._orphans.carry_out(orphan), refused)

    def _start(
        self,
        key: Key,
        work: Coroutine[None, None, NotifyError | bool],
        refused: Callable[[NotifyError], Awaitable[None]],
    ) -> None:
        name = f"{self._place.name} {key[0]} {key[1]}"
        guarded = self._guarded(name, work, refused)
        self._tasks[key] = asyncio.create_task(guarded, name=name)

    async def _guarded(
        self,
        name: str,
        work: Coroutine[None, None, NotifyError | bool],
        refused: Callable[[NotifyError], Awaitable[None]],
    ) -> NotifyError | bool:
        """The work, which neither hangs for ever nor ends without a word."""
        try:
            async with asyncio.timeout(HARD_TIMEOUT_S):
                return await work
        except Unavailable:
            raise
        except TimeoutError:
            error = NotifyError(f"no answer within {HARD_TIMEOUT_S:g} s", unsure=True)
        except Exception as exc:
            logger.exception(
                "%s is broken", name, extra={"action": "notification_failed"}
            )
            error = NotifyError(type(exc).__name__, unsure=True)
        await refused(error)
        return error

    def _collect(self) -> None:
        """Take the results of the sends that have ended; raises Unavailable."""
        unavailable: Unavailable | None = None
        for key, task in list(self._tasks.items()):
            if not task.done():
                continue
            del self._tasks[key]
            self._quiet.discard(key)
            self._urgent.discard(key)
            try:
                self._judge(task.result())
            except Unavailable as exc:
                unavailable = exc
        if unavailable is not None:
            raise unavailable

    def _judge(self, result: NotifyError | bool) -> None:
        """Notice when the place begins to refuse, and when it takes things again."""
        if isinstance(result, NotifyError):
            if not isinstance(result, ChannelLost | Gone):
                self._failed(result)
            return
        if result and self._failures:
            logger.info(
                "%s takes messages again after %s failed tries",
                self._place.name,
                self._failures,
                extra={"action": "notification_delivered"},
            )
            self._failures = 0

    def _failed(self, error: NotifyError) -> None:
        self._failures += 1
        wait = wait_after(self._failures, error.retry_after_s)
        self._again_at = self._context.clock.now() + wait
        level = logging.WARNING if self._failures == 1 else logging.DEBUG
        logger.log(
            level,
            "%s did not take a message: %s; it is tried again until it does",
            self._place.name,
            error,
            extra={"action": "notification_failed"},
        )
