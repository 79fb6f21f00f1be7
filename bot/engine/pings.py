"""Takes pings in: a whole batch costs a handful of statements, not a handful each."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import storage.audit
import storage.former_uuids
import storage.jobs
import storage.pings
import storage.slots
import storage.states
from bot.core import events, incidents, isolation, jobs, pings, slots
from bot.core.audits import AuditEntry
from bot.core.kinds import ActorKind, JobId, PingKind
from bot.core.models import Actor, Job, JobState, Ping
from bot.core.records import record
from bot.engine import followers
from bot.engine.context import Context
from bot.engine.folds import Fold, Incoming, Located, Plain, plain_jobs
from bot.engine.repeats import Repeats
from bot.engine.wakes import NOTHING, merged
from bot.errors import Invalid, Problem, Unavailable
from storage.queries import Transaction
from storage.states import UNSTAMPED
from storage.watched import Found, by_slug, by_uuid

__all__ = ["Answer", "Incoming", "Pings", "Received", "new_state"]


class Answer(StrEnum):
    """What the sender is told."""

    OK = "ok"
    CREATED = "created"
    NOT_FOUND = "not_found"
    LIMITED = "limited"


@record
class Received:
    """What became of a ping."""

    answer: Answer
    kind: PingKind | None = None
    reason: str = ""
    retry_after_s: int = 0


#: an event that comes again is answered as the first time and counts for nothing
KNOWN = Received(answer=Answer.OK, reason="this event was recorded before")
NOT_FOUND = Received(answer=Answer.NOT_FOUND)
#: what nearly every ping is answered
TAKEN = {kind: Received(answer=Answer.OK, kind=kind) for kind in PingKind}
#: what `?create=1` makes
CREATED_EVERY = "24h"
CREATED_GRACE = "1h"


#: a ping and when it came in
Arrival = tuple[datetime, Incoming]
#: pings that have come in within this time are judged together
TOGETHER_WITHIN = incidents.REOPEN_WITHIN / 2
#: bodies of pings that wait for the store; a further one is refused
MOST_WAITING_BYTES = 64_000_000


class Pings:
    """The receiver's use-case."""

    def __init__(
        self,
        context: Context,
        *,
        rate_limit: float,
        runs: bool,
    ) -> None:
        self._context = context
        #: whether jobs can follow on what is reported
        self._runs = runs
        self._ledger = context.ledger
        self._arrivals = context.ledger.arrivals
        self._surroundings = context.surroundings
        self._clock = context.clock
        self._wakes = context.wakes
        self._rate = rate_limit
        self._repeats = Repeats()
        self._buckets: dict[JobId, pings.Bucket] = {}
        self._hand_in = context.db.batch(self._record, self._settled)
        self._waiting_bytes = 0
        #: what follows from pings that are about to be committed
        self._following = NOTHING

    async def receive(self, incoming: Incoming) -> Received:
        """Record a ping; returns after its commit, raises Unavailable if there is none.

        It is never pretended: what is answered OK is on the disk. Raises Invalid for an
        event that is too old, or ahead.
        """
        return await self.submit(incoming)

    def submit(self, incoming: Incoming) -> asyncio.Future[Received]:
        """As `receive`: what is refused outright is raised, all else is in the future.

        A task for each ping would cost as much as the rules.
        """
        came_at = self._clock.now()
        if incoming.sent_at is not None:
            _check_age(incoming.sent_at, came_at)
        size = len(incoming.body)
        try:
            if self._waiting_bytes + size > MOST_WAITING_BYTES:
                raise Unavailable(
                    "cannot be stored now: too much is waiting; try again"
                )
            received = self._hand_in((came_at, incoming))
        except Unavailable:
            self._ledger.pulse.refused(came_at)
            raise
        self._arrivals.came(came_at)
        self._waiting_bytes += size
        return received

    @property
    def are_waiting(self) -> bool:
        """Whether pings wait for their commit."""
        return self._arrivals.oldest is not None

    def turned_away(self) -> None:
        """A ping may have come that could not be read: a time to be blind in."""
        self._ledger.pulse.refused(self._clock.now())

    def _settled(self, batch: Sequence[Arrival], stored: bool) -> None:
        """A commit is done, or could not be."""
        self._waiting_bytes -= sum(len(each.body) for _, each in batch)
        first_at = self._arrivals.settled(len(batch))
        if not stored:
            self._ledger.pulse.refused(first_at)
            return
        self._ledger.pulse.stored()
        following, self._following = self._following, NOTHING
        if following is not NOTHING:
            self._wakes.after(following)

    async def _record(self, tx: Transaction, arrived: list[Arrival]) -> list[Received]:
        received = []
        for part in parts(arrived):
            received += await self._record_part(tx, part)
        return received

    async def _record_part(
        self, tx: Transaction, arrived: list[Arrival]
    ) -> list[Received]:
        now = self._clock.now()
        batch = [each for _, each in arrived]
        found = await self._find(tx, arrived, now)
        plain = await self._plain(tx, batch, found, now)
        others = [each for each in found.jobs.values() if each.job_id not in plain]
        rids = {each.rid for each in batch if each.rid is not None}
        before = await self._ledger.load(tx, others, now, rids, found.common)
        fold = Fold(before, plain, self._ledger.ids, self._arrivals.looked_at)
        await self._know_events(tx, fold, found.jobs, batch)
        received = [self._take(fold, found, each, at) for at, each in arrived]
        newest = {each.address: at for at, each in arrived}
        remote = [at for each, at in newest.items() if isolation.is_remote(each)]
        if remote:
            self._ledger.last_remote_at = max(remote)
        following = await self._ledger.save(
            tx, fold.decided(), now, fold.kept, plain.values()
        )
        if fold.ends:
            below = await followers.wish(tx, self._context, fold.ends, now)
            following = merged(following, below)
        self._following = merged(self._following, following)
        return received

    async def _plain(
        self, tx: Transaction, batch: list[Incoming], found: Located, now: datetime
    ) -> dict[JobId, Plain]:
        """The jobs about which the rules need not be asked."""
        seen = await self._ledger.glance(tx, found.jobs.values())
        over = self._ledger.memory.over
        return plain_jobs(batch, found.jobs, seen, over=over, now=now)

    async def _find(
        self, tx: Transaction, arrived: list[Arrival], now: datetime
    ) -> Located:
        """The jobs of a batch, and what may silence any of them, in one trip."""
        first_at = arrived[0][0]
        uuids = {each.uuid for _, each in arrived if each.uuid is not None}
        slugs = {each.slug for _, each in arrived if each.slug is not None}
        if not slugs:
            known = self._ledger.memory.recall(tx, uuids)
            if known is not None:
                return Located(known, set(), self._surroundings.common((), ()))
        first = by_uuid(uuids) if uuids else by_slug(slugs)
        jobs, mutes, windows = await tx.ask_three(
            first, *self._surroundings.questions(now, first_at)
        )
        common = self._surroundings.common(mutes, windows)
        found = Located(jobs if uuids else {}, set(), common)
        if uuids and not mutes and not windows:
            self._ledger.memory.remember(tx, jobs)
        unknown = uuids - jobs.keys()
        if unknown:
            former = await storage.former_uuids.watched(tx, unknown, first_at)
            found.jobs.update(former)
        if slugs:
            named = await tx.ask(by_slug(slugs)) if uuids else jobs
            await self._by_slug(tx, found, named, arrived)
        return found

    async def _by_slug(
        self,
        tx: Transaction,
        found: Located,
        named: dict[str, Found],
        arrived: list[Arrival],
    ) -> None:
        """Add the jobs of these slugs, and make those that are asked for."""
        found.jobs.update((f"/{key}", entry) for key, entry in named.items())
        wanted = {each.slug for _, each in arrived if each.create and each.slug}
        for slug in sorted(wanted - named.keys()):
            entry = await _create(tx, slug, *asked_for(arrived, slug))
            if entry is not None:
                found.jobs[f"/{slug}"] = entry
                found.made.add(entry.job_id)

    async def _know_events(
        self,
        tx: Transaction,
        fold: Fold,
        found: dict[str, Found],
        batch: list[Incoming],
    ) -> None:
        """Which events came before, and the slots that new ones may decide again."""
        named = {each.event_id for each in batch if each.event_id is not None}
        if not named:
            return
        ids = {entry.job_id for entry in found.values()}
        fold.events = await storage.pings.known_events(tx, ids, named)
        for each in batch:
            entry = found.get(each.uuid or f"/{each.slug}")
            if entry is None or each.sent_at is None:
                continue
            job_id, until = entry.job_id, each.sent_at + slots.EARLIEST
            fold.slots[job_id, each.sent_at] = await storage.slots.due_by(
                tx, job_id, until, events.LOOKED_AT
            )

    def _take(
        self, fold: Fold, found: Located, incoming: Incoming, came_at: datetime
    ) -> Received:
        entry = found.jobs.get(incoming.uuid or f"/{incoming.slug}")
        if entry is None:
            return NOT_FOUND
        job_id = entry.job_id
        if incoming.event_id is not None and (job_id, incoming.event_id) in fold.events:
            return KNOWN
        fold.turn_to(job_id, came_at)
        ping = fold.classified(job_id, incoming)
        wait_s = self._wait(fold, ping) if self._rate > 0 else 0.0
        if wait_s > 0:
            self._repeats.refused(job_id, fold.now)
            after = max(1, round(wait_s + 0.5))
            return Received(answer=Answer.LIMITED, retry_after_s=after)
        repeats = self._repeats.told(job_id)
        if repeats:
            ping = replace(ping, reason=ping.reason or repeats)
        if entry.is_followed and self._runs:
            fold.follow(ping, incoming.sent_at)
        fold.take(ping, incoming.sent_at)
        if incoming.create and job_id in found.made:
            return Received(answer=Answer.CREATED, kind=ping.kind, reason=ping.reason)
        if not ping.reason:
            return TAKEN[ping.kind]
        return Received(answer=Answer.OK, kind=ping.kind, reason=ping.reason)

    def _wait(self, fold: Fold, ping: Ping) -> float:
        """Seconds to wait; 0 for what matters: another kind, or the end of a run."""
        job_id = ping.job_id
        bucket, wait_s = pings.admit(
            self._buckets.get(job_id), self._clock.monotonic(), self._rate
        )
        if wait_s <= 0:
            self._buckets[job_id] = bucket
            return 0.0
        return 0.0 if fold.matters(ping) else wait_s


def _check_age(sent_at: datetime, now: datetime) -> None:
    """Raise Invalid for what cannot be placed."""
    why = events.refusal(sent_at, now)
    if why is not None:
        hint = "send it within 7 days, by a clock that is right"
        raise Invalid(Problem("at", why, hint))


def parts(arrived: list[Arrival]) -> Iterator[list[Arrival]]:
    """What can be judged together: a job has one incident in so short a time."""
    if arrived[-1][0] - arrived[0][0] <= TOGETHER_WITHIN:
        yield arrived
        return
    first = 0
    for number, (at, _) in enumerate(arrived):
        if at - arrived[first][0] > TOGETHER_WITHIN:
            yield arrived[first:number]
            first = number
    yield arrived[first:]


def asked_for(arrived: list[Arrival], slug: str) -> tuple[datetime, str]:
    """When and from where a job was asked for."""
    return next(
        (at, each.address) for at, each in arrived if each.slug == slug and each.create
    )


async def _create(
    tx: Transaction, slug: str, now: datetime, address: str
) -> Found | None:
    """Make the job that `?create=1` asks for; None if the slug may not be one."""
    table = {"slug": slug, "every": CREATED_EVERY, "grace": CREATED_GRACE}
    try:
        definition = jobs.parse(table)
    except Invalid:
        return None
    job = await storage.jobs.insert(
        tx, definition, uuid=str(uuid4()), declared=False, now=now
    )
    state = new_state(job, now)
    await storage.states.insert(tx, state)
    actor = Actor(kind=ActorKind.PING, name=address or "unknown address")
    entry = AuditEntry(
        at=now, actor=actor, action="job_added", subject=slug, after=dict(table)
    )
    await storage.audit.append(tx, entry)
    # another job may have had its slug, and followers
    return Found(job.id, job.revision, UNSTAMPED, is_followed=True)


def new_state(job: Job, now: datetime) -> JobState:
    """The state of a job that was just made."""
    return slots.arm_new(job, JobState(job_id=job.id), now)
