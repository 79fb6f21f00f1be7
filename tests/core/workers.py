"""Jobs that report in time, as the rules word it, and who reports for them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import strategies as st

from bot.core import schedules
from bot.core.kinds import PingKind, ScheduleKind
from bot.core.models import Schedule
from tests.core.factories import DAY, HOUR, MINUTE, RID, SECOND, Life

#: a client asks again after this long
RETRY = 2 * SECOND
parts = st.sampled_from((0.0, 0.01, 0.3, 0.5, 0.9, 1.0))


@dataclass(frozen=True)
class Turn:
    """How a job that is well reports once."""

    #: where in its window it reports, and how much of the allowed time it runs
    part: float
    length: float
    starts: bool
    asks_again: bool
    rid: str | None
    #: what happens before the next turn
    between: str


turns = st.builds(
    Turn,
    part=parts,
    length=parts,
    starts=st.booleans(),
    asks_again=st.booleans(),
    rid=st.sampled_from((None, None, RID)),
    between=st.sampled_from(("", "", "", "log", "pause", "grace")),
)


class Worker:
    """A job that always reports in time, as the rules word it."""

    def __init__(self, life: Life) -> None:
        self.life = life
        #: the newest due that it has reported for
        self.done: datetime | None = None
        #: the due that it reports for next
        self.wanted: datetime | None = None
        #: it was just resumed or changed: dues count strictly after now
        self.is_new_start = False
        self.turns = 0

    @property
    def schedule(self) -> Schedule:
        """When it is due."""
        return self.life.job.schedule

    def work(self, turn: Turn) -> None:
        """Report once, as the turn says."""
        self.turns += 1
        # a rid is for one run; who has only one for ever is in test_runs.py
        rid = turn.rid and turn.rid[:-4] + f"{self.turns:04}"
        opens, closes = self.window()
        at = max(opens + turn.part * (closes - opens), self.life.now)
        self.life.until(at)
        self.hold()
        longest = self.allowed() - 3 * RETRY
        shortest = self.life.job.definition.min_runtime or timedelta()
        if turn.starts and longest > shortest + RETRY:
            length = shortest + RETRY + turn.length * (longest - shortest - RETRY)
            self.run(rid, length, asks_again=turn.asks_again)
        else:
            self.report(PingKind.SUCCESS, rid, asks_again=turn.asks_again)
        self.happen(turn.between)

    def window(self) -> tuple[datetime, datetime]:
        """From when to when the next report is in time."""
        life, now = self.life, self.life.now
        definition = life.job.definition
        if self.schedule.kind is ScheduleKind.NONE:
            return now, now + HOUR
        if self.schedule.kind is ScheduleKind.INTERVAL:
            due = (life.state.last_ping_at or now) + (self.schedule.interval or HOUR)
            return now, max(now, schedules.deadline(definition, due))
        after = now if self.done is None else self.done
        if definition.max_runtime is not None or self.is_new_start:
            after = max(after, now)
        self.wanted = schedules.next_due(self.schedule, after)
        if self.wanted is None:
            return now, now + HOUR
        early = schedules.early(self.schedule, self.wanted)
        return self.wanted - early, schedules.deadline(definition, self.wanted)

    def hold(self) -> None:
        """Remember the due that is reported for now."""
        now, self.is_new_start = self.life.now, False
        if self.schedule.kind in (ScheduleKind.INTERVAL, ScheduleKind.NONE):
            return
        due = self.wanted
        while due is not None and due - schedules.early(self.schedule, due) <= now:
            self.done, due = due, schedules.next_due(self.schedule, due)

    def allowed(self) -> timedelta:
        """How long a run that starts now may take."""
        definition, now = self.life.job.definition, self.life.now
        if definition.max_runtime is not None:
            return definition.max_runtime
        due = schedules.next_due(self.schedule, max(now, self.done or now))
        return DAY if due is None else schedules.deadline(definition, due) - now

    def run(self, rid: str | None, length: timedelta, *, asks_again: bool) -> None:
        """Start, take that long, and end well."""
        ends = self.life.now + length + RETRY
        self.report(PingKind.START, rid, asks_again=asks_again)
        self.life.until(ends)
        self.report(PingKind.SUCCESS, rid, asks_again=asks_again)

    def report(self, kind: PingKind, rid: str | None, *, asks_again: bool) -> None:
        """Ping, and once more if the answer was lost and nothing else comes soon."""
        self.life.ping(kind, rid)
        deadline_at = self.life.state.deadline_at
        calm = deadline_at is None or deadline_at > self.life.now + 3 * RETRY
        if asks_again and calm:
            self.life.advance(RETRY)
            self.life.ping(kind, rid)

    def happen(self, what: str) -> None:
        """Something that is no report."""
        if what == "log":
            self.life.log()
        if what == "pause":
            self.life.pause()
            self.life.advance(3 * HOUR)
            self.life.resume()
            self.is_new_start = True
        if what == "grace":
            self.life.change(grace=(7 + self.turns) * MINUTE)
            self.is_new_start = True
