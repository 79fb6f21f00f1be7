"""Applies the pings of a batch to their jobs, one after the other, in memory."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import uuid4

from bot.core import (
    dispatch,
    events,
    pings,
    plain_pings,
    status,
    told_ends,
    transitions,
)
from bot.core.blind_times import BlindTime
from bot.core.effects import CloseSlot
from bot.core.kinds import IncidentId, JobId, PingKind, Status
from bot.core.models import Definition, Job, JobState, Ping, Slot
from bot.core.records import record
from bot.core.silencers import Silencers
from bot.core.told_ends import ToldEnd
from bot.core.transitions import Draft, Ids, Transition, Watched
from storage.watched import Found

#: before any ping
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@record
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


@dataclass(slots=True)
class Located:
    """Where the pings of a batch belong."""

    #: by UUID or /slug
    jobs: dict[str, Found]
    #: those that were made just now
    made: set[JobId]
    #: what may silence any job from now on
    common: Silencers


@dataclass(slots=True)
class Plain:
    """A job that is well, and of which the batch has plain successes alone."""

    job: Job
    before: JobState
    state: JobState
    blind: tuple[BlindTime, ...]
    closed: list[CloseSlot] = field(default_factory=list)


class Glance(NamedTuple):
    """As much of jobs as a plain ping needs to know."""

    jobs: Mapping[JobId, tuple[Job, JobState]]
    #: when Cronitor could not see, the newest end first
    blind: tuple[BlindTime, ...]


def plain_jobs(
    batch: Collection[Incoming],
    found: Mapping[str, Found],
    seen: Glance,
    *,
    over: Collection[IncidentId],
    now: datetime,
) -> dict[JobId, Plain]:
    """The jobs that need no more than `plain_pings`; `over`: incidents of the past."""
    plain: dict[JobId, Plain | None] = {}
    for incoming in batch:
        entry = found.get(incoming.uuid or f"/{incoming.slug}")
        if entry is None:
            continue
        job_id = entry.job_id
        job, state = seen.jobs[job_id]
        if job_id not in plain:
            is_over = state.incident_id is None or state.incident_id in over
            is_well = is_over and plain_pings.is_well(job, state, now)
            plain[job_id] = Plain(job, state, state, seen.blind) if is_well else None
        if not _is_plain(incoming, job.definition):
            plain[job_id] = None
    return {job_id: each for job_id, each in plain.items() if each is not None}


def _is_plain(incoming: Incoming, definition: Definition) -> bool:
    """Whether it is taken as a success, and names neither a run nor a moment."""
    return (
        incoming.said is PingKind.SUCCESS
        and incoming.rid is None
        and incoming.event_id is None
        and incoming.sent_at is None
        and _kind_of(incoming, definition, paused=False)[0] is PingKind.SUCCESS
    )


def _kind_of(
    incoming: Incoming, definition: Definition, *, paused: bool
) -> tuple[PingKind, str]:
    return pings.classify(
        incoming.said,
        exit_status=incoming.exit_status,
        method=incoming.method,
        agent=incoming.agent,
        body=incoming.body,
        definition=definition,
        paused=paused,
    )


class Fold:
    """The jobs of a batch, as the pings so far have left them."""

    def __init__(
        self,
        before: dict[JobId, Watched],
        plain: dict[JobId, Plain],
        ids: Ids,
        looked_at: Mapping[JobId, datetime],
    ) -> None:
        self._before = before
        self._ids = ids
        self._looked_at = looked_at
        #: when the ping at hand came in, and as of when it decides
        self._came_at = self.now = BEGINNING
        self._drafts: dict[JobId, Draft] = {}
        self.plain = plain
        #: pings to store, in order
        self.kept: list[Ping] = []
        #: ends that other jobs may follow on, in order
        self.ends: list[ToldEnd] = []
        #: events that were recorded before
        self.events: set[tuple[JobId, str]] = set()
        #: stored slots that were due by the moment of an event, newest first
        self.slots: dict[tuple[JobId, datetime], list[Slot]] = {}

    def turn_to(self, job_id: JobId, came_at: datetime) -> None:
        """What follows is about a ping of that job, which came in then.

        It decides as of that moment, but of none before others have decided about the
        job; what has passed after it is not judged yet.
        """
        self._came_at = self.now = came_at
        if job_id in self._looked_at:
            self.now = max(came_at, self._looked_at[job_id])

    def draft_of(self, job_id: JobId) -> Draft:
        """The job as the pings before have left it; of one that is not plain."""
        draft = self._drafts.get(job_id)
        if draft is None:
            draft = transitions.start(self._before[job_id], self.now, self._ids)
            self._drafts[job_id] = draft
        draft.now, draft.heard_until = self.now, self._came_at
        return draft

    def classified(self, job_id: JobId, incoming: Incoming) -> Ping:
        """The ping that a request is, as its job stands."""
        if job_id in self.plain:
            return _ping(job_id, incoming, PingKind.SUCCESS, incoming.remark, self.now)
        draft = self.draft_of(job_id)
        paused = draft.state.status is Status.PAUSED
        kind, reason = _kind_of(incoming, draft.job.definition, paused=paused)
        remark, now = incoming.remark, self.now
        if incoming.sent_at is not None and not remark:
            remark = f"kept by its sender; it came in at {now:%Y-%m-%d %H:%M:%S} UTC"
        at = min(incoming.sent_at or now, now)
        return _ping(job_id, incoming, kind, reason or remark, at)

    def matters(self, ping: Ping) -> bool:
        """Whether it says something else than the one before, or ends a run."""
        plain = self.plain.get(ping.job_id)
        if plain is not None:
            return ping.kind is not plain.state.last_ping_kind
        if ping.kind in status.SILENT:
            return False
        draft = self.draft_of(ping.job_id)
        ends = bool(draft.open_runs()) and ping.kind is not PingKind.START
        return ends or ping.kind is not draft.state.last_ping_kind

    def take(self, ping: Ping, sent_at: datetime | None = None) -> None:
        """Apply one ping; `sent_at`: it is about that moment."""
        job_id = ping.job_id
        plain = self.plain.get(job_id)
        if plain is not None:
            self._take_plain(plain)
        elif sent_at is None:
            status.take(self.draft_of(job_id), ping)
        else:
            events.take(self.draft_of(job_id), ping, self.slots[job_id, sent_at])
        if ping.event_id is not None:
            self.events.add((job_id, ping.event_id))
        self.kept.append(ping)

    def follow(self, ping: Ping, sent_at: datetime | None) -> None:
        """Others may follow on what this says; call it before it is taken.

        The runs of a job that is run here say themselves how they end.
        """
        plain = self.plain.get(ping.job_id)
        if plain is not None:
            job = plain.job
            is_new = told_ends.is_new_to(job, plain.state, ping)
        else:
            draft = self.draft_of(ping.job_id)
            job = draft.job
            is_new = told_ends.is_new(draft, ping, sent_at)
        if is_new and job.definition.command is None:
            is_bad, key = ping.kind is PingKind.FAIL, f"p{uuid4().hex}"
            is_late = self.now - (sent_at or self.now) > dispatch.PROMPT
            self.ends.append(ToldEnd(job.slug, is_bad, key, is_late))

    def _take_plain(self, plain: Plain) -> None:
        plain.state, closed = plain_pings.success(
            plain.job, plain.state, self.now, plain.blind
        )
        if closed is not None:
            plain.closed.append(closed)

    def decided(self) -> list[tuple[Watched, Transition]]:
        """What the rules have made of the jobs that are not plain."""
        return [
            (self._before[job_id], transitions.finish(draft))
            for job_id, draft in self._drafts.items()
        ]


def _ping(
    job_id: JobId, incoming: Incoming, kind: PingKind, reason: str, at: datetime
) -> Ping:
    return Ping(
        job_id=job_id,
        kind=kind,
        at=at,
        said=incoming.said,
        exit_status=incoming.exit_status,
        rid=incoming.rid,
        method=incoming.method,
        source=incoming.source,
        address=incoming.address,
        agent=incoming.agent,
        body=incoming.body,
        body_size=incoming.body_size,
        reason=reason,
        event_id=incoming.event_id,
    )
