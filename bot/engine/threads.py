"""Keeps the story of each incident in a thread on its card, after all that is urgent.

A thread never stands in the way of a card: what goes wrong with it is tried again later
and changes nothing about the channel.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

import storage.cards
import storage.incidents
import storage.jobs
import storage.threads
from bot.core import threads, views
from bot.core.cards import Posted
from bot.core.models import Incident
from bot.core.threads import Close, Line, Make, Step, Tell, Thread, Wait
from bot.engine.card_sends import RECOGNISED_FOR, SKEW, wait_after
from bot.engine.context import Context
from bot.errors import ChannelLost, NotifyError
from bot.notifiers.base import CardPlace
from storage.queries import Queries, Transaction

logger = logging.getLogger(__name__)

#: what the bot may not do there, it may in some minutes, if anybody reads the log
REFUSED_FOR = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Stale:
    """A thread with all that it may have to tell."""

    thread: Thread
    posted: Posted | None
    lines: list[Line]
    incident: Incident
    #: what the thread is called
    title: str


class ThreadSender:
    """Does one step for one thread; what follows is found at the next look."""

    def __init__(self, context: Context, place: CardPlace, instance: str) -> None:
        self._context = context
        self._place = place
        self._instance = instance
        #: that there can be no threads has been said
        self._is_told = False

    async def due(
        self, q: Queries, now: datetime, *, busy: Iterable[int], limit: int
    ) -> list[Stale]:
        """What must be looked at now; nothing in a place without threads."""
        if not self._place.threads or limit < 1:
            return []
        place = self._place.name
        found = await storage.threads.due(q, place, now, busy=busy, limit=limit)
        ids = [thread.incident_id for thread in found]
        shown = await storage.cards.load(q, place, ids)
        incidents = await storage.incidents.many(q, ids)
        jobs = await storage.jobs.by_ids(q, {i.job_id for i in incidents.values()})
        made: list[Stale] = []
        for thread in found:
            incident, card = incidents[thread.incident_id], shown[thread.incident_id]
            said = views.summary(incident, jobs[incident.job_id])
            made.append(
                Stale(
                    thread,
                    card.posted,
                    await storage.threads.lines(q, thread),
                    incident,
                    f"#{incident.id} {said}",
                )
            )
        return made

    async def next_at(self, q: Queries) -> datetime | None:
        """When the first must be looked at."""
        if not self._place.threads:
            return None
        return await storage.threads.next_try(q, self._place.name)

    async def carry_out(self, stale: Stale) -> NotifyError | bool:
        """Do what comes next; whether the place took something, or why it did not."""
        step = threads.next_step(
            stale.thread,
            stale.posted,
            stale.lines,
            is_over=stale.incident.resolved_at is not None,
            now=self._context.clock.now(),
        )
        try:
            await self._do(stale, step)
        except ChannelLost as exc:
            return await self._lost(stale, step, exc)
        except NotifyError as exc:
            await self.refused(stale, exc)
            return exc
        self._is_told = self._is_told and isinstance(step, Wait)
        return not isinstance(step, Wait)

    async def _do(self, stale: Stale, step: Step) -> None:
        place, incident_id = self._place.name, stale.incident.id
        match step:
            case Make(posted=posted):
                await self._place.open_thread(posted, stale.title)
                thread_id = posted.message_id
                await self._context.db.write(
                    lambda tx: storage.threads.made(tx, place, incident_id, thread_id)
                )
            case Tell():
                await self._tell(stale, step)
            case Close():
                assert stale.thread.thread_id is not None
                await self._place.close_thread(stale.thread.thread_id)
                await self._context.db.write(
                    lambda tx: storage.threads.closed(tx, place, incident_id)
                )
            case Wait(until=until):
                await self._context.db.write(
                    lambda tx: storage.threads.wait(tx, place, stale.thread, until)
                )
            case _:
                assert_never(step)

    async def _tell(self, stale: Stale, step: Tell) -> None:
        place, incident_id = self._place.name, stale.incident.id
        thread_id, now = stale.thread.thread_id, self._context.clock.now()
        assert thread_id is not None
        mark = threads.mark(self._instance, incident_id, step.upto)
        began = stale.thread.begun_at
        is_there = False
        if began is not None and now - began >= RECOGNISED_FOR:
            since = began - SKEW
            there = await self._place.find(mark, thread_id, since=since)
            is_there = there is not None
        if step.parts and not is_there:
            if began is None or now - began >= RECOGNISED_FOR:
                await self._context.db.write(
                    lambda tx: storage.threads.begin(
                        tx, place, incident_id, now, step.upto
                    )
                )
            await self._place.tell_story(step.parts, thread_id, mark=mark)
        await self._context.db.write(
            lambda tx: storage.threads.told(tx, place, incident_id, step.upto)
        )

    async def _lost(
        self, stale: Stale, step: Step, error: ChannelLost
    ) -> NotifyError | bool:
        """There is no such thread any more, or there can be none."""
        place, incident_id = self._place.name, stale.incident.id
        if error.deleted and not isinstance(step, Make):
            await self._context.db.write(
                lambda tx: storage.threads.gone(tx, place, incident_id)
            )
            return False
        if not self._is_told:
            logger.warning(
                "no threads in %s: %s; cards go on without",
                place,
                error,
                extra={"action": "notification_failed"},
            )
        self._is_told = True
        await self.refused(stale, error)
        return False

    async def refused(self, stale: Stale, error: NotifyError) -> None:
        """Try again later; a send that certainly failed has not begun."""
        place, incident_id = self._place.name, stale.incident.id
        wait = wait_after(stale.thread.attempts + 1, error.retry_after_s)
        if isinstance(error, ChannelLost):
            wait = REFUSED_FOR
        try_at = self._context.clock.now() + wait
        certain = not error.unsure and stale.thread.begun_at is None

        async def unit(tx: Transaction) -> None:
            if certain:
                await storage.threads.unbegin(tx, place, incident_id)
            await storage.threads.refused(
                tx, place, incident_id, error=str(error), try_at=try_at
            )

        await self._context.db.write(unit)
