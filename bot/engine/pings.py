"""Takes pings in: a whole batch costs a handful of statements, not a handful each."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

import storage.audit
import storage.former_uuids
import storage.jobs
import storage.pings
import storage.slots
import storage.states
import storage.watched
from bot.core import events, isolation, jobs, pings, slots, status
from bot.core.audits import AuditEntry
from bot.core.kinds import ActorKind, JobId, PingKind, Status
from bot.core.models import Actor, Job, JobState, Ping, Slot
from bot.core.transitions import Transition, Watched
from bot.engine.context import Context
from bot.engine.ledger import Ledger
from bot.engine.wakes import NOTHING, Next
from bot.errors import Invalid, Problem, Unavailable
from storage.queries import Transaction
from storage.watched import Found


class Answer(StrEnum):
    """What the sender is told."""

    OK = "ok"
    CREATED = "created"
    NOT_FOUND = "not_found"
    LIMITED = "limited"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A ping as it was read off the wire; exactly one of `uuid` and `slug` is given."""

    said: PingKind
    uuid: str | None = None
    slug: str | None = None
    #: make the job if there is none of that slug
    create: bool = False
    exit_status: int | None = None
    rid: str | None = None
    method: str = "GET"
    address: str = ""
    agent: str = ""
    #: already cut to the limit
    body: bytes = b""
    body_size: int = 0
    source: str = "http"
    #: what was odd about how it came, kept with it
    remark: str = ""
    #: its sender kept it for later: its id, and when it was about
    event_id: str | None = None
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of a ping."""

    answer: Answer
    kind: PingKind | None = None
    reason: str = ""
    retry_after_s: int = 0


#: an event that comes again is answered as the first time and counts for nothing
KNOWN = Received(answer=Answer.OK, reason="this event was recorded before")
NOT_FOUND = Received(answer=Answer.NOT_FOUND)
#: what `?create=1` makes
CREATED_EVERY = "24h"
CREATED_GRACE = "1h"


#: bodies of pings that wait for the store; a further one is refused
MOST_WAITING_BYTES = 64_000_000


class Pings:
    """The receiver's use-case."""

    def __init__(
        self,
        context: Context,
        *,
        rate_limit: float,
    ) -> None:
        self._ledger = context.ledger
        self._clock = context.clock
        self._wakes = context.wakes
        self._rate = rate_limit
        self._buckets: dict[JobId, pings.Bucket] = {}
        self._submit = context.db.batch(self._record)
        self._waiting_bytes = 0

    async def receive(self, incoming: Incoming) -> Received:
        """Record a ping; returns after its commit, raises Unavailable if there is none.

        It is never pretended: what is answered OK is on the disk. Raises Invalid for an
        event that is too old, or ahead.
        """
        if incoming.sent_at is not None:
            _check_age(incoming.sent_at, self._clock.now())
        pulse = self._ledger.pulse
        try:
            received, following = await self._bounded(incoming)
        except Unavailable:
            pulse.refused()
            raise
        pulse.stored()
        if following is not NOTHING:
            self._wakes.after(following)
        return received

    async def _bounded(self, incoming: Incoming) -> tuple[Received, Next]:
        """Hand it to the writer, unless too many bytes wait for that already."""
        size = len(incoming.body)
        if self._waiting_bytes + size > MOST_WAITING_BYTES:
            raise Unavailable("cannot be stored now: too much is waiting; try again")
        self._waiting_bytes += size
        try:
            return await self._submit(incoming)
        finally:
            self._waiting_bytes -= size

    async def _record(
        self, tx: Transaction, batch: list[Incoming]
    ) -> list[tuple[Received, Next]]:
        now = self._clock.now()
        found = await self._find(tx, batch, now)
        rids = {each.rid for each in batch if each.rid is not None}
        unique = {entry[0]: entry for entry, _ in found.values()}
        before = await self._ledger.load(tx, unique.values(), now, rids)
        fold = Fold(before, self._ledger, now)
        await self._know_events(tx, fold, found, batch)
        received = [self._take(fold, found, each) for each in batch]
        if any(isolation.is_remote(each.address) for each in batch):
            self._ledger.last_remote_at = now
        if fold.kept:
            await storage.pings.insert_many(tx, fold.kept)
        following = await self._ledger.save(tx, fold.decided(), now)
        return [(each, following) for each in received]

    async def _find(
        self, tx: Transaction, batch: list[Incoming], now: datetime
    ) -> dict[str, tuple[Found, bool]]:
        """The jobs of a batch by UUID or /slug, and whether they were made just now."""
        uuids = {each.uuid for each in batch if each.uuid is not None}
        slugs = {each.slug for each in batch if each.slug is not None}
        found: dict[str, tuple[Found, bool]] = {}
        if uuids:
            by_uuid = await storage.watched.by_uuid(tx, uuids)
            unknown = uuids - by_uuid.keys()
            if unknown:
                by_uuid |= await storage.former_uuids.watched(tx, unknown, now)
            found.update((key, (entry, False)) for key, entry in by_uuid.items())
        if not slugs:
            return found
        by_slug = await storage.watched.by_slug(tx, slugs)
        found.update((f"/{key}", (entry, False)) for key, entry in by_slug.items())
        wanted = {each.slug for each in batch if each.create and each.slug}
        for slug in sorted(wanted - by_slug.keys()):
            entry = await _create(tx, slug, now, address_of(batch, slug))
            if entry is not None:
                found[f"/{slug}"] = (entry, True)
        return found

    async def _know_events(
        self,
        tx: Transaction,
        fold: "Fold",
        found: dict[str, tuple[Found, bool]],
        batch: list[Incoming],
    ) -> None:
        """Which events came before, and the slots that new ones may decide again."""
        named = {each.event_id for each in batch if each.event_id is not None}
        if not named:
            return
        ids = {entry[0] for entry, _ in found.values()}
        fold.events = await storage.pings.known_events(tx, ids, named)
        for each in batch:
            entry = found.get(each.uuid or f"/{each.slug}")
            if entry is None or each.sent_at is None:
                continue
            job_id, until = entry[0][0], each.sent_at + slots.EARLIEST
            fold.slots[job_id, each.sent_at] = await storage.slots.due_by(
                tx, job_id, until, events.LOOKED_AT
            )

    def _take(
        self,
        fold: "Fold",
        found: dict[str, tuple[Found, bool]],
        incoming: Incoming,
    ) -> Received:
        entry = found.get(incoming.uuid or f"/{incoming.slug}")
        if entry is None:
            return NOT_FOUND
        (job_id, _, _), created = entry
        watched = fold.now_of(job_id)
        if incoming.event_id is not None:
            event = (job_id, incoming.event_id)
            if event in fold.events:
                return KNOWN
        ping = _classified(watched, incoming, fold.now)
        wait_s = self._wait(watched, ping)
        if wait_s > 0:
            after = max(1, round(wait_s + 0.5))
            return Received(answer=Answer.LIMITED, retry_after_s=after)
        fold.take(watched, ping, incoming.sent_at)
        answer = Answer.CREATED if created and incoming.create else Answer.OK
        return Received(answer=answer, kind=ping.kind, reason=ping.reason)

    def _wait(self, watched: Watched, ping: Ping) -> float:
        """Seconds to wait; 0 for what matters: another kind, or the end of a run."""
        if self._rate <= 0:
            return 0.0
        state = watched.state
        bucket, wait_s = pings.admit(
            self._buckets.get(state.job_id), self._clock.monotonic(), self._rate
        )
        if wait_s <= 0:
            self._buckets[state.job_id] = bucket
            return 0.0
        if ping.kind in status.SILENT:
            return wait_s
        ends = state.open_runs > 0 and ping.kind is not PingKind.START
        return 0.0 if ends or ping.kind is not state.last_ping_kind else wait_s


class Fold:
    """Applies the pings of a batch to their jobs, one after the other."""

    def __init__(
        self, before: dict[JobId, Watched], ledger: Ledger, now: datetime
    ) -> None:
        self._before = before
        self._ids = ledger.ids
        self.now = now
        self._after: dict[JobId, Transition] = {}
        #: pings to store, in order
        self.kept: list[Ping] = []
        #: events that were recorded before
        self.events: set[tuple[JobId, str]] = set()
        #: stored slots that were due by the moment of an event, newest first
        self.slots: dict[tuple[JobId, datetime], list[Slot]] = {}

    def now_of(self, job_id: JobId) -> Watched:
        """The job as the pings before have left it."""
        after = self._after.get(job_id)
        return self._before[job_id] if after is None else after.watched

    def take(
        self, watched: Watched, ping: Ping, sent_at: datetime | None = None
    ) -> None:
        """Apply one ping; `sent_at`: it is about that moment."""
        job_id = watched.job.id
        earlier = self._after.get(job_id)
        if sent_at is None:
            transition = status.on_ping(watched, ping, self.now, self._ids)
        else:
            known = self.slots[job_id, sent_at]
            if earlier is not None:
                known = list(events.updated(known, earlier.effects, sent_at))
            transition = events.on_event(watched, ping, known, self.now, self._ids)
        if ping.event_id is not None:
            self.events.add((job_id, ping.event_id))
        if earlier is not None:
            effects = earlier.effects + transition.effects
            transition = replace(transition, effects=effects)
        self._after[job_id] = transition
        self.kept.append(ping)

    def decided(self) -> list[tuple[Watched, Transition]]:
        """What `Ledger.save` takes."""
        return [
            (self._before[job_id], transition)
            for job_id, transition in self._after.items()
        ]


def _classified(watched: Watched, incoming: Incoming, now: datetime) -> Ping:
    kind, reason = pings.classify(
        incoming.said,
        exit_status=incoming.exit_status,
        method=incoming.method,
        agent=incoming.agent,
        body=incoming.body,
        definition=watched.job.definition,
        paused=watched.state.status is Status.PAUSED,
    )
    remark = incoming.remark
    if incoming.sent_at is not None and not remark:
        remark = f"kept by its sender; it came in at {now:%Y-%m-%d %H:%M:%S} UTC"
    return Ping(
        job_id=watched.job.id,
        kind=kind,
        at=min(incoming.sent_at or now, now),
        said=incoming.said,
        exit_status=incoming.exit_status,
        rid=incoming.rid,
        method=incoming.method,
        source=incoming.source,
        address=incoming.address,
        agent=incoming.agent,
        body=incoming.body,
        body_size=incoming.body_size,
        reason=reason or remark,
        event_id=incoming.event_id,
    )


def _check_age(sent_at: datetime, now: datetime) -> None:
    """Raise Invalid for what cannot be placed."""
    why = events.refusal(sent_at, now)
    if why is not None:
        hint = "send it within 7 days, by a clock that is right"
        raise Invalid(Problem("at", why, hint))


def address_of(batch: list[Incoming], slug: str) -> str:
    """From where a job was asked for."""
    return next(each.address for each in batch if each.slug == slug and each.create)


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
    return job.id, job.revision, state


def new_state(job: Job, now: datetime) -> JobState:
    """The state of a job that was just made."""
    return slots.arm_new(job, JobState(job_id=job.id), now)
