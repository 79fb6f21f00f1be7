"""Jobs, pings and whole lives for the tests of the rules; plain functions, no magic."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from bot.core import deadlines, plans, slots, status
from bot.core.blind_times import BlindTime
from bot.core.effects import CloseSlot, EndMute, Notify, Record, Unseen
from bot.core.kinds import (
    BlindId,
    JobId,
    NotificationKind,
    Outcome,
    PingKind,
    Status,
)
from bot.core.models import (
    Definition,
    Incident,
    Job,
    JobState,
    Ping,
    Run,
    Schedule,
)
from bot.core.silencers import (
    Escalation,
    Inhibitor,
    Mute,
    QuietHours,
    Silencers,
    Storm,
    Window,
)
from bot.core.transitions import Ids, Transition, Watched
from tests.core.moments import (
    ANN as ANN,
)
from tests.core.moments import (
    BOB as BOB,
)
from tests.core.moments import (
    DAY as DAY,
)
from tests.core.moments import (
    HOUR as HOUR,
)
from tests.core.moments import (
    HOURLY as HOURLY,
)
from tests.core.moments import (
    MINUTE as MINUTE,
)
from tests.core.moments import (
    SECOND as SECOND,
)
from tests.core.moments import (
    T0 as T0,
)
from tests.core.moments import (
    TICK as TICK,
)
from tests.core.moments import (
    UNSCHEDULED as UNSCHEDULED,
)
from tests.core.moments import (
    blind as blind,
)
from tests.core.moments import (
    calendar as calendar,
)
from tests.core.moments import (
    cron as cron,
)
from tests.core.moments import (
    every as every,
)
from tests.core.moments import (
    mute as mute,
)
from tests.core.moments import (
    window as window,
)

RID = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"
THIRD = "33333333-3333-4333-8333-333333333333"

#: words that never replace another one: nothing came of the slot itself
NEUTRAL = (Outcome.SKIPPED, Outcome.MERGED)


def job(schedule: Schedule = HOURLY, *, at: datetime = T0, **fields: Any) -> Job:
    """A job that was made at `at`; grace is five minutes unless said."""
    wanted = {"slug": "nightly", "schedule": schedule, "grace": 5 * MINUTE, **fields}
    definition = Definition(**wanted)
    return Job(id=JobId(1), uuid="u", definition=definition, created_at=at)


def fresh(job: Job) -> Watched:
    """The job as it is right after it was made."""
    state = slots.arm_new(job, JobState(job_id=job.id), job.created_at)
    return Watched(job=job, state=state)


def ping(
    kind: PingKind = PingKind.SUCCESS, at: datetime = T0, rid: str | None = None
) -> Ping:
    """A ping as the receiver classifies it."""
    return Ping(job_id=JobId(1), kind=kind, said=kind, at=at, rid=rid)


def numbers(start: int = 1) -> Ids:
    """Ids that nobody has."""
    return Ids(count(start), count(start))


class Life:
    """A job and what the engine around it does: a store, a watchdog and a clock.

    Before each event the watchdog has looked at every deadline just after it passed,
    and at every review at its moment; not so with `watched=False`, where the events
    themselves find what has passed.
    """

    def __init__(
        self,
        schedule: Schedule = HOURLY,
        *,
        at: datetime = T0,
        watched: bool = True,
        **fields: Any,
    ) -> None:
        self.now = at
        self.is_watched = watched
        self.ids = numbers()
        self.job = job(schedule, at=at, **fields)
        self.state = fresh(self.job).state
        self.runs: list[Run] = []
        self.incident: Incident | None = None
        self.incidents: dict[int, Incident] = {}
        self.mutes: list[Mute] = []
        self.windows: list[Window] = []
        self.quiet_hours: QuietHours | None = None
        self.inhibitors: tuple[Inhibitor, ...] = ()
        self.storm: Storm | None = None
        self.group_wait = timedelta()
        self.escalation: Escalation | None = None
        #: every word that was said about a slot, in order
        self.words: list[CloseSlot] = []
        self.slots: dict[datetime, Outcome] = {}
        self.told: list[Notify] = []
        self.story: list[Record] = []
        #: when nothing was seen, the newest end first
        self.blind: tuple[BlindTime, ...] = ()
        #: what somebody is to be told of
        self.unseen: list[BlindId] = []

    def copy(self) -> "Life":
        """The same life, which may go another way."""
        twin = Life(at=self.now)
        twin.__dict__.update(self.__dict__)
        twin.ids = numbers(1_000_000)
        twin.runs, twin.mutes = list(self.runs), list(self.mutes)
        twin.incidents, twin.slots = dict(self.incidents), dict(self.slots)
        twin.windows = list(self.windows)
        twin.words, twin.told = list(self.words), list(self.told)
        twin.story = list(self.story)
        return twin

    def load(self, rid: str | None = None) -> Watched:
        """What the store hands to the rules: ended runs only where a rid names them."""
        runs = [r for r in self.runs if r.ended_at is None or (rid and r.rid == rid)]
        return Watched(
            job=self.job,
            state=self.state,
            runs=tuple(sorted(runs, key=lambda run: (run.started_at, run.id))),
            incident=self.incident,
            silencers=self.silencers,
            blind=self.blind,
        )

    @property
    def silencers(self) -> Silencers:
        """What is around the job."""
        return Silencers(
            mutes=tuple(self.mutes),
            windows=tuple(self.windows),
            quiet_hours=self.quiet_hours,
            inhibitors=self.inhibitors,
            storm=self.storm,
            group_wait=self.group_wait,
            escalation=self.escalation,
        )

    def save(self, transition: Transition) -> Transition:
        """Store what a rule decided."""
        after = transition.watched
        self.job, self.state, self.incident = after.job, after.state, after.incident
        stored = {run.id: run for run in self.runs}
        stored.update({run.id: run for run in after.runs})
        self.runs = list(stored.values())
        if after.incident is not None:
            self.incidents[after.incident.id] = after.incident
        for effect in transition.effects:
            match effect:
                case CloseSlot():
                    self._close(effect)
                case Notify():
                    self.told.append(effect)
                case Record():
                    self.story.append(effect)
                case Unseen():
                    self.unseen.append(effect.blind_id)
                case EndMute():
                    self.mutes = [m for m in self.mutes if m.id != effect.mute_id]
        return transition

    def _close(self, word: CloseSlot) -> None:
        assert isinstance(word.due_at, datetime)
        self.words.append(word)
        if word.due_at not in self.slots or word.outcome not in NEUTRAL:
            self.slots[word.due_at] = word.outcome

    def advance(self, by: timedelta) -> None:
        """Let time pass."""
        self.until(self.now + by)

    def until(self, moment: datetime) -> None:
        """Let time pass until `moment`; deadlines at `moment` have not passed."""
        assert moment >= self.now
        while self.is_watched and self._watch(moment):
            pass
        self.now = max(self.now, moment)

    def _watch(self, moment: datetime) -> bool:
        """The next thing that the watchdog does until then, if there is one."""
        wake_at = self.state.wake_at
        review_at = None if self.incident is None else self.incident.review_at
        looks = [] if wake_at is None else [wake_at + TICK]
        looks += [] if review_at is None else [review_at]
        look_at = min(looks, default=None)
        if look_at is None or look_at > moment:
            return False
        self.now = max(self.now, look_at)
        before = (self.state, self.incident)
        if look_at == review_at:
            self.save(status.on_review(self.load(), self.now, self.ids))
        else:
            self.save(deadlines.on_time(self.load(), self.now, self.ids))
        assert (self.state, self.incident) != before, "the watchdog would spin"
        return True

    def blink(self, length: timedelta) -> BlindTime:
        """Nothing is seen for a while, and no watchdog looks."""
        began_at = self.now
        self.now += length
        added = blind(began_at, self.now, number=len(self.blind) + 1)
        self.blind = (added, *self.blind)
        return added

    def settle(self) -> None:
        """Let the watchdog look now."""
        self.save(deadlines.on_time(self.load(), self.now, self.ids))

    def ping(
        self, kind: PingKind = PingKind.SUCCESS, rid: str | None = None
    ) -> Transition:
        """A ping comes in."""
        came = ping(kind, self.now, rid)
        return self.save(status.on_ping(self.load(rid), came, self.now, self.ids))

    def start(self, rid: str | None = None) -> Transition:
        """A run starts."""
        return self.ping(PingKind.START, rid)

    def success(self, rid: str | None = None) -> Transition:
        """A run ends well."""
        return self.ping(PingKind.SUCCESS, rid)

    def fail(self, rid: str | None = None) -> Transition:
        """A run fails."""
        return self.ping(PingKind.FAIL, rid)

    def log(self) -> Transition:
        """Something is only recorded."""
        return self.ping(PingKind.LOG)

    def pause(self) -> Transition:
        """Ann pauses the job."""
        return self.save(status.on_pause(self.load(), ANN, self.now, self.ids))

    def resume(self) -> Transition:
        """Ann resumes it."""
        return self.save(status.on_resume(self.load(), ANN, self.now, self.ids))

    def remove(self) -> Transition:
        """Ann removes it."""
        return self.save(status.on_remove(self.load(), ANN, self.now, self.ids))

    def change(self, around: Silencers | None = None, **fields: Any) -> Transition:
        """Ann changes the definition, and with it what is around the job."""
        old = self.job.definition
        new = replace(old, **fields)
        changed = replace(self.job, definition=new, revision=self.job.revision + 1)
        return self.save(
            status.on_change(
                self.load(),
                changed,
                self.now,
                self.ids,
                around=around or self.silencers,
                rearms=plans.rearms(old, new),
                note=f"changed: {', '.join(fields)}",
            )
        )

    def acknowledge(self, until: timedelta | None = None) -> Transition:
        """Ann takes care of the open incident."""
        until_at = None if until is None else self.now + until
        return self.save(
            status.on_acknowledge(self.load(), ANN, self.now, self.ids, until_at)
        )

    def resolve(self, reason: str = "") -> Transition:
        """Ann says that it is over."""
        ids, now = self.ids, self.now
        return self.save(status.on_resolve(self.load(), ANN, now, ids, reason))

    def review(self) -> Transition:
        """Ask what may sound, as after every change of a mute."""
        return self.save(status.on_review(self.load(), self.now, self.ids))

    def mute(self, length: timedelta, *, until_recovery: bool = False) -> Mute:
        """Ann mutes the job."""
        number = len(self.mutes) + 1
        until_at = self.now + length
        added = mute(until_at, number=number, until_recovery=until_recovery)
        self.mutes.append(added)
        self.review()
        return added

    def plan(self, duration: timedelta, *, after: timedelta = timedelta()) -> Window:
        """Ann announces work at everything."""
        self.windows.append(window(self.now + after, duration))
        self.review()
        return self.windows[-1]

    def end_work(self) -> None:
        """All planned work ends now."""
        self.windows = [replace(w, ended_at=self.now) for w in self.windows]
        self.review()

    def unmute(self) -> None:
        """Every mute ends now."""
        self.mutes = []
        self.review()

    @property
    def open_incident(self) -> Incident | None:
        """The incident, if it is not resolved."""
        found = self.incident
        return None if found is None or found.resolved_at is not None else found

    @property
    def kinds(self) -> list[NotificationKind]:
        """What was told, with and without a sound."""
        return [notify.kind for notify in self.told]

    @property
    def sounds(self) -> list[NotificationKind]:
        """What made a sound."""
        return [notify.kind for notify in self.told if notify.sounds]

    @property
    def open_runs(self) -> list[Run]:
        """Runs that have not ended."""
        return [run for run in self.runs if run.ended_at is None]

    def is_down(self) -> bool:
        """Whether the stored status is down."""
        return self.state.status is Status.DOWN


def up(schedule: Schedule = HOURLY, **fields: Any) -> Life:
    """A life whose job has reported once, at T0."""
    life = Life(schedule, **fields)
    life.success()
    return life


Act = Callable[[Life], object]
