"""Loads what rules need of many jobs at once, and writes what they decided.

Every change of a job goes load -> decide -> save through here, in one transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count

import storage.bulletins
import storage.cards
import storage.families
import storage.incidents
import storage.meta
import storage.notifications
import storage.pings
import storage.runs
import storage.slots
import storage.states
import storage.storms
import storage.watched
from bot.core import incidents
from bot.core.effects import CloseSlot
from bot.core.kinds import (
    LOUD_NOTICES,
    BulletinKind,
    IncidentId,
    JobId,
    NotificationId,
    NotificationKind,
)
from bot.core.models import Incident, Job, JobState, Notification, Ping, Run
from bot.core.silencers import Silencers
from bot.core.transitions import Ids, Transition, Watched
from bot.engine import pauses, storms
from bot.engine.arrivals import Arrivals
from bot.engine.effects import Places, apply, closed_slots, loudness
from bot.engine.folds import Glance, Plain
from bot.engine.memory import Memory
from bot.engine.postponements import Postponements
from bot.engine.pulse import Pulse
from bot.engine.silencers import (
    Known,
    Surroundings,
    changed_bearings,
    changed_inhibitors,
)
from bot.engine.storms import Gathered
from bot.engine.wakes import Next
from bot.errors import NotFound
from storage.bulletins import Subject
from storage.queries import Queries, Transaction
from storage.watched import Found

_SILENT: Mapping[IncidentId | None, int] = {}


class Ledger:
    """The one way from stored jobs to rules and back."""

    def __init__(
        self, places: Places, pulse: Pulse, surroundings: Surroundings
    ) -> None:
        self._places = places
        self.pulse = pulse
        self._surroundings = surroundings
        self.memory = Memory()
        #: pings that wait to be committed
        self.arrivals = Arrivals()
        self.postponements = Postponements()
        self.ids = Ids(count(1), count(1))
        self._notification_ids = count(1)
        #: when a ping came in from another machine last, since the start
        self.last_remote_at: datetime | None = None

    async def open(self, q: Queries) -> None:
        """Go on counting where the tables stopped."""
        runs = await storage.meta.last_id(q, "runs")
        last = await storage.meta.last_id(q, "incidents")
        self.ids = Ids(count(runs + 1), count(last + 1))
        told = await storage.meta.last_id(q, "notifications")
        self._notification_ids = count(told + 1)
        await self.memory.open(q)

    async def glance(self, q: Queries, found: Iterable[Found]) -> Glance:
        """Definitions and states alone, for those who can do with that."""
        entries = {each.job_id: each for each in found}
        if not entries:
            return Glance({}, ())
        blind = self.pulse.look()
        jobs = await self.memory.definitions(q, entries)
        states = await self.memory.states(q, entries)
        known = {job_id: (jobs[job_id], state) for job_id, state in states.items()}
        return Glance(known, blind)

    async def load(
        self,
        q: Queries,
        found: Iterable[Found],
        now: datetime,
        rids: Iterable[str] = (),
        common: Silencers | None = None,
    ) -> dict[JobId, Watched]:
        """Everything that a rule may ask about these jobs.

        `rids` name ended runs; `common`: what may silence any job from now on, if that
        is known already.
        """
        entries = {each.job_id: each for each in found}
        if not entries:
            return {}
        blind = self.pulse.look()
        jobs = await self.memory.definitions(q, entries)
        states = await self.memory.states(q, entries)
        runs = await self._runs(q, states, list(rids))
        since = self.arrivals.until(now)
        open_or_recent = await self._incidents(q, states.values(), since)
        known = [
            Known(
                jobs[job_id],
                state,
                open_or_recent.get(job_id),
                runs.get(job_id, ()),
            )
            for job_id, state in states.items()
        ]
        silencers = await self._surroundings.of(q, known, now, common, since)
        cut_off = await self.postponements.of(q, jobs, states, now)
        return {
            job_id: Watched(
                job=jobs[job_id],
                state=state,
                runs=tuple(runs.get(job_id, ())),
                incident=open_or_recent.get(job_id),
                silencers=silencers[job_id],
                blind=blind,
                heard_until=self.arrivals.oldest,
                is_cut_off=job_id in cut_off,
            )
            for job_id, state in states.items()
        }

    async def _incidents(
        self, q: Queries, states: Iterable[JobState], now: datetime
    ) -> dict[JobId, Incident]:
        """The incidents that are open, or may be opened again by what is judged now."""
        over, after = self.memory.over, {}
        late, shown = set[IncidentId](), set[IncidentId]()
        for state in states:
            incident_id = state.incident_id
            if incident_id is None:
                continue
            first = _first_judged(state, now)
            if first < now:
                late.add(incident_id)
            elif incident_id in over:
                continue
            shown.add(incident_id)
            after[state.job_id] = first - incidents.REOPEN_WITHIN
        if not shown:
            return {}
        oldest = min(after.values())
        found = await storage.incidents.by_ids(q, shown, resolved_after=oldest)
        kept = {
            job_id: each
            for job_id, each in found.items()
            if each.resolved_at is None or each.resolved_at >= after[job_id]
        }
        over |= shown - late - {each.id for each in kept.values()}
        return kept

    async def _runs(
        self, q: Queries, states: Mapping[JobId, JobState], rids: list[str]
    ) -> dict[JobId, list[Run]]:
        busy = [job_id for job_id, state in states.items() if state.open_runs]
        if not busy and not rids:
            return {}
        by_job: dict[JobId, list[Run]] = {}
        for run in await storage.runs.relevant(q, states if rids else busy, rids):
            by_job.setdefault(run.job_id, []).append(run)
        return by_job

    async def load_ids(
        self,
        q: Queries,
        ids: Iterable[JobId],
        now: datetime,
        rids: Iterable[str] = (),
    ) -> dict[JobId, Watched]:
        """As `load`, by job ids; archived jobs are left out."""
        found = await storage.watched.by_id(q, ids)
        self.arrivals.look((each.job_id for each in found), now)
        return await self.load(q, found, now, rids)

    async def jobs(self, q: Queries, ids: Iterable[JobId]) -> dict[JobId, Job]:
        """What these jobs are, without what became of them; archived ones are none."""
        found = await storage.watched.by_id(q, ids)
        return await self.memory.definitions(q, {each.job_id: each for each in found})

    async def load_slug(self, q: Queries, slug: str, now: datetime) -> Watched:
        """One job by its slug; raises NotFound."""
        found = await q.ask(storage.watched.by_slug([slug]))
        if not found:
            raise NotFound(f"there is no job {slug!r}; see `cronitor job list`")
        (watched,) = (await self.load(q, found.values(), now)).values()
        self.arrivals.look([watched.job.id], now)
        return watched

    async def save(
        self,
        tx: Transaction,
        decided: Sequence[tuple[Watched, Transition]],
        now: datetime,
        pings: Sequence[Ping] = (),
        plain: Collection[Plain] = (),
    ) -> Next:
        """Write what changed, and the pings that did it; `plain`: of well jobs.

        Returns what follows, to be told after the commit.
        """
        decided, due_at = await pauses.resume(tx, decided, now, self.ids)
        gathered = await storms.gather(tx, decided, now)
        decided = gathered.decided
        runs: list[Run] = []
        changed: list[Incident] = []
        for before, transition in decided:
            after = transition.watched
            if after.runs is not before.runs:
                known = set(map(id, before.runs))
                runs.extend(run for run in after.runs if id(run) not in known)
            if after.incident is not None and after.incident != before.incident:
                changed.append(after.incident)
        await self.pulse.save(tx)
        states = await self._write(tx, decided, runs, pings, plain)
        if changed:
            await storage.incidents.save_many(tx, changed)
        await self._save_storms(tx, gathered, changed, now)
        told = await apply(
            tx,
            [transition for _, transition in decided],
            ids=self._notification_ids,
            places=self._places,
            now=now,
        )
        closed = closed_slots(decided, plain)
        touched_blind = await self._touch_blind(tx, closed, runs, now)
        asked = await self._ask_below(tx, decided, now)
        ids = {incident.id for incident in changed} | changed_inhibitors(decided)
        touched = await self.touch(tx, ids, now, loud=loudness(told, changed))
        return Next(
            wake_at=min((s.wake_at for s in states if s.wake_at), default=None),
            review_at=now
            if asked
            else min((i.review_at for i in changed if i.review_at), default=None),
            tells=bool(told) or touched or touched_blind or bool(gathered.told),
            due_at=due_at,
        )

    async def _write(
        self,
        tx: Transaction,
        decided: Sequence[tuple[Watched, Transition]],
        runs: Sequence[Run],
        pings: Sequence[Ping],
        plain: Collection[Plain],
    ) -> list[JobState]:
        """Write pings, states and runs in one trip; the states that differ."""
        stamp = next(self.memory.stamps)
        pairs = [(before.state, after.watched.state) for before, after in decided]
        states, changes = storage.states.changes(pairs, stamp)
        pairs = [(p.before, p.state) for p in plain if p.state is not p.before]
        if pairs:
            states += [state for _, state in pairs]
            changes += storage.states.plain_changes(pairs, stamp)
            closed = [effect for each in plain for effect in each.closed]
            if closed:
                changes.append(storage.slots.closings(closed))
        if pings:
            changes += storage.pings.additions(pings)
        if runs:
            changes.append(storage.runs.changes(runs))
        if changes:
            await tx.change(changes)
        self.memory.wrote(states, stamp)
        return states

    async def _save_storms(
        self,
        tx: Transaction,
        gathered: Gathered,
        changed: Sequence[Incident],
        now: datetime,
    ) -> None:
        """Who joined a storm, which storms are over, and what is told of new ones."""
        for storm_id, ids in gathered.joined:
            await storage.storms.add_members(tx, storm_id, ids, now)
        ended = {i.storm_id for i in changed if i.storm_id and i.resolved_at}
        if ended:
            await storage.storms.end_where_over(tx, ended, now)
        for told in gathered.told:
            await self.show(tx, Subject(BulletinKind.STORM, told.storm_id), now)
            await self.announce(
                tx,
                NotificationKind.STORM,
                told.text,
                now,
                without=self._places.cards,
                more={"storm": told.view},
            )

    async def _ask_below(
        self,
        tx: Transaction,
        decided: Sequence[tuple[Watched, Transition]],
        now: datetime,
    ) -> bool:
        """Whether incidents below must be looked at, as one above is another now."""
        ids = changed_bearings(decided)
        return bool(ids) and await storage.families.ask_below(tx, ids, now)

    async def _touch_blind(
        self,
        tx: Transaction,
        closed: Sequence[CloseSlot],
        runs: Sequence[Run],
        now: datetime,
    ) -> bool:
        """What shows a blind time is looked at when a slot in doubt is decided."""
        if not self._places.cards or not self.pulse.times:
            return False
        ids = {run.blind_id for run in runs} | {slot.blind_id for slot in closed}
        known = [each for each in ids if each is not None]
        if known:
            await storage.bulletins.touch(tx, BulletinKind.BLIND, known, now)
        return bool(known)

    async def show(self, tx: Transaction, subject: Subject, now: datetime) -> None:
        """It is told in every place with cards, by a message of its own."""
        for place in self._places.cards:
            await storage.bulletins.add(tx, place, subject, now)

    def show_in(self, place: str, *, shows: bool, reports: bool) -> None:
        """Whether the place has cards from now on; it is reconciled after that."""
        self._places = self._places.showing(place, shows=shows, reports=reports)

    @property
    def card_places(self) -> tuple[str, ...]:
        """The places that show blind times and storms in messages of their own."""
        return self._places.cards

    async def touch(
        self,
        tx: Transaction,
        ids: Collection[IncidentId],
        now: datetime,
        *,
        loud: Mapping[IncidentId | None, int] = _SILENT,
    ) -> bool:
        """Let the cards of these incidents be looked at; whether there are any.

        So are the messages of the storms that they are in.
        """
        if not ids or not self._places.cards:
            return False
        for place in self._places.cards:
            await storage.cards.touch_many(tx, place, ids, loud=loud, now=now)
        await storage.bulletins.touch_storms_of(tx, ids, now)
        return True

    async def announce(
        self,
        tx: Transaction,
        kind: NotificationKind,
        text: str,
        now: datetime,
        *,
        without: Collection[str] = (),
        more: Mapping[str, object] | None = None,
    ) -> None:
        """Tell every place what is about no single incident."""
        notification = Notification(
            id=NotificationId(next(self._notification_ids)),
            job_id=None,
            kind=kind,
            at=now,
            sounds=kind in LOUD_NOTICES,
        )
        about: dict[str, object] = {"job": None, "incident": None, "text": text}
        snapshot = about | dict(more or {})
        hear = [name for name in self._places.hearing(kind) if name not in without]
        await storage.notifications.insert_many(tx, [(notification, snapshot, hear)])


def _first_judged(state: JobState, now: datetime) -> datetime:
    """The first moment of which something is judged now: a deadline may be past."""
    looks = (now, state.deadline_at, state.maintained_until)
    return min(at for at in looks if at is not None)
