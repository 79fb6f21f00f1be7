"""The oracle's watch: dues, deadlines, and what passes with nobody saying anything.

Written from the rules' words (docs/semantics.md): every due of a calendar is there from
the beginning, each with its window, and time goes from one deadline to the next.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.kinds import IncidentKind, Outcome, ScheduleKind
from bot.core.models import Definition
from tests.simulation.looks import TICK, Looks
from tests.simulation.oracle_slots import Run, Slot, calendar_slots, slot
from tests.simulation.oracle_work import Plan
from tests.simulation.worlds import Gap

#: what was noticed by looking and not by an event
LOOK = -1
#: what an event finds has passed is judged before the event itself
FOUND = 0.5
BAD = (Outcome.MISSED, Outcome.FAILED, Outcome.OVERRAN, Outcome.TOO_SHORT)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One outcome that counts, or may."""

    #: what it is about: the deadline of a miss, never the moment of noticing
    at: datetime
    #: when Cronitor got to know it, and by which event (LOOK: by looking)
    heard_at: datetime
    heard_by: float
    #: how the job was defined then
    definition: Definition
    #: None: it was good
    bad: IncidentKind | None
    #: False: it was counted before, under another name
    counts: bool = True
    #: it is good, but the misses before it stay in the count
    keeps: bool = False


class Watch:
    """Lets time pass for one job; `verdicts` and `slots` are what it saw."""

    def __init__(
        self,
        definition: Definition,
        made_at: datetime,
        looks: Looks,
        work: Plan,
        until: datetime,
    ) -> None:
        self.definition = definition
        self.work = work
        #: the newest outcome in maintenance, if it was bad, and when that is over
        self.held: IncidentKind | None = None
        self.held_until: datetime | None = None
        #: an interval fell due in maintenance, and starts anew then
        self.rests_until: datetime | None = None
        self.until = until
        self.looks = looks
        self.verdicts: list[Verdict] = []
        #: every slot about which something was said
        self.slots: dict[datetime, Slot] = {}
        self.runs: list[Run] = []
        self.rids: dict[str, Run] = {}
        #: nothing was heard of it, so it cannot miss
        self.is_unheard = not definition.strict_start
        self.is_paused = False
        #: the newest slot that was missed or that something came for
        self.last: Slot | None = None
        #: due of the newest counted miss, or start of the newest overrun if later
        self.trouble_since: datetime | None = None
        #: how long after a due something comes, and how long a run takes, as a rule
        self.usual_lateness: timedelta | None = None
        self.usual_runtime: timedelta | None = None
        self.unseen: set[datetime] = set()
        #: the newest end that was heard of
        self.ended_at: datetime | None = None
        self.born_at = made_at
        #: when and by which event it is known what happens now
        self.heard: tuple[datetime, float] = (made_at, LOOK)
        self.upcoming: list[Slot] = []
        self.at = 0
        #: the dues of a new job count from here
        self.made_at = made_at
        self.await_dues(made_at)

    # -- dues ---------------------------------------------------------------

    def await_dues(self, now: datetime) -> None:
        """Wait for the dues strictly after now, and for none before."""
        self.at = 0
        if self.definition.schedule.kind is ScheduleKind.INTERVAL:
            self.upcoming = []
            if not self.is_unheard:
                self.await_interval(now)
            return
        after = now
        if self.last is not None and self.last.is_held and self.last.due > now:
            after = self.last.due
        self.upcoming = calendar_slots(self.definition, after, self.until)

    def await_interval(self, since: datetime) -> None:
        """The next due of an interval is so long after that."""
        interval = self.definition.schedule.interval
        assert interval is not None
        self.at = 0
        self.upcoming = [slot(self.definition, since + interval, interval)]

    @property
    def is_interval(self) -> bool:
        """Whether dues follow from the ends."""
        return self.definition.schedule.kind is ScheduleKind.INTERVAL

    def awaited(self, now: datetime) -> Iterator[Slot]:
        """Undecided slots whose window has begun, oldest first."""
        at = self.at
        while at < len(self.upcoming) and self.upcoming[at].opens <= now:
            yield self.upcoming[at]
            at += 1

    def say(self, about: Slot | None, word: Outcome) -> None:
        """A word about a slot, if it is about one."""
        if about is not None:
            if word in BAD and self.work.end_at(about.due) is not None:
                word = Outcome.SUPPRESSED
            about.say(word)
            self.slots[about.due] = about

    # -- time ---------------------------------------------------------------

    def pass_until(
        self,
        now: datetime,
        event: int = LOOK,
        found_by: float | None = None,
        *,
        is_news: bool = False,
    ) -> bool:
        """Everything that has passed by now; whether nobody had looked at all of it.

        `is_news`: that it would pass was not known before.
        """
        found, found_by = False, event - FOUND if found_by is None else found_by
        # who ends maintenance early looks at what it has held back
        until = now + TICK if found_by == event else now
        while (moment := self.next_moment(now, until)) is not None:
            is_done = moment == self.work_done_at() and moment != self.next_passing()
            seen_at = self.looks.after(moment)
            is_seen = seen_at <= now and not is_news
            self.heard = (seen_at, LOOK) if is_seen else (now, found_by)
            found = found or self.heard[1] != LOOK
            if is_done:
                self.work_is_done(moment)
            else:
                self.passes(moment)
        self.heard = (now, event)
        return found

    def next_moment(self, now: datetime, until: datetime) -> datetime | None:
        """The first deadline before now, or end of planned work before `until`."""
        done_at, deadline = self.work_done_at(), self.next_passing()
        if deadline is not None and deadline < now:
            return deadline if done_at is None else min(deadline, done_at)
        return done_at if done_at is not None and done_at < until else None

    def passes(self, moment: datetime) -> None:
        """Deadlines of runs and of a slot pass."""
        late = [r for r in self.runs if r.deadline == moment and self.may_overrun(r)]
        is_told = self.overrun(moment, late)
        passed = self.upcoming[self.at] if self.at < len(self.upcoming) else None
        if passed is not None and passed.closes == moment:
            self.close(passed, is_told=is_told)

    def work_done_at(self) -> datetime | None:
        """When what maintenance has held back is decided."""
        ends = [at for at in (self.held_until, self.rests_until) if at is not None]
        return min(ends, default=None)

    def work_is_done(self, now: datetime) -> None:
        """The newest outcome inside counts now if it was bad; intervals start anew."""
        held, self.held, self.held_until = self.held, None, None
        rests, self.rests_until = self.rests_until, None
        is_watched = any(self.may_overrun(run) for run in self.runs)
        waits = self.at < len(self.upcoming)
        if rests is not None and not waits and not is_watched:
            self.await_interval(now)
        if held is not None:
            self.give(now, held)

    def bad(
        self,
        at: datetime,
        kind: IncidentKind,
        *,
        due: datetime | None = None,
        counts: bool = True,
    ) -> None:
        """A bad outcome, of a miss with its `due`; in maintenance it is held back."""
        inside = self.work.end_at(at if due is None else due)
        until = self.work.end_at(at)
        if inside is not None:
            self.held, self.held_until = (
                (None, None) if until is None else (kind, until)
            )
            if until is not None:
                return
        self.give(at, kind, counts=counts)

    def good(self, at: datetime, *, keeps: bool) -> None:
        """A good outcome, which wipes out what was held back."""
        self.held = self.held_until = None
        self.give(at, None, keeps=keeps)

    def give(
        self,
        at: datetime,
        bad: IncidentKind | None,
        *,
        counts: bool = True,
        keeps: bool = False,
    ) -> None:
        """Give a verdict."""
        self.verdicts.append(
            Verdict(at, *self.heard, self.definition, bad, counts=counts, keeps=keeps)
        )

    def next_passing(self) -> datetime | None:
        """The first deadline that is not decided."""
        moments = [run.deadline for run in self.runs if self.may_overrun(run)]
        if self.at < len(self.upcoming) and not self.is_paused:
            moments.append(self.upcoming[self.at].closes)
        return min(moments, default=None)

    def may_overrun(self, run: Run) -> bool:
        """Whether its deadline still means something."""
        return run.is_open and not run.has_overrun and not run.is_in_doubt

    def overrun(self, moment: datetime, passed: list[Run]) -> bool:
        """Runs are still going on at their deadline; whether that was counted."""
        hidden = [(run, self.hides_end(run)) for run in passed]
        since = moment
        for run, blind in hidden:
            if run.is_replaced:
                run.end = moment
            if blind is not None:
                self.lose_sight(run, blind)
                since = max(since, blind.end)
        seen = [run for run, blind in hidden if blind is None]
        for run in seen:
            run.has_overrun = run.is_counted = True
            self.say(run.slot, Outcome.OVERRAN)
            self.trouble(run.start)
        if seen:
            self.bad(moment, IncidentKind.OVERRAN)
        if passed and self.is_interval and not self.upcoming:
            self.await_interval(since)
        return bool(seen)

    def close(self, passed: Slot, *, is_told: bool) -> None:
        """Nothing came for a slot until its deadline."""
        self.at += 1
        if self.is_unheard:
            return
        rests_until = self.work.end_at(passed.due) if self.is_interval else None
        if rests_until is not None:
            self.rest(passed, rests_until)
            return
        blind = None
        if self.is_excused(passed):
            self.say(passed, Outcome.SKIPPED)
        elif (blind := self.hides(passed)) is not None:
            passed.is_unknown = True
            self.say(passed, Outcome.UNKNOWN)
            self.unseen.add(blind.start)
            self.last = passed
        else:
            passed.is_missed = True
            self.say(passed, Outcome.MISSED)
            self.last = passed
            if not is_told:
                self.bad(passed.closes, IncidentKind.MISSED, due=passed.due)
                self.trouble(passed.due)
        if self.is_interval:
            self.await_interval(self.goes_on(passed.due, blind))

    def rest(self, passed: Slot, until: datetime) -> None:
        """An interval fell due in maintenance: it starts anew when that is over."""
        self.say(passed, Outcome.SUPPRESSED)
        self.upcoming, self.rests_until = [], until

    def hides(self, passed: Slot) -> Gap | None:
        """The blind time in which its ping may have come."""
        usual = min(passed.due + (self.usual_lateness or timedelta()), passed.closes)
        at_deadline = self.looks.blind(passed.closes, passed.closes)
        return at_deadline or self.looks.blind(passed.due, usual)

    def hides_end(self, run: Run) -> Gap | None:
        """The blind time in which the end of a run may have come."""
        first, last = run.start, run.deadline
        if self.usual_runtime is not None:
            first = run.start + self.usual_runtime / 2
            last = min(run.start + self.usual_runtime, run.deadline)
        at_deadline = self.looks.blind(run.deadline, run.deadline)
        return at_deadline or self.looks.blind(first, last)

    def lose_sight(self, run: Run, blind: Gap) -> None:
        """Nobody can say whether a run has ended."""
        run.is_in_doubt = True
        self.say(run.slot, Outcome.UNKNOWN)
        self.unseen.add(blind.start)

    def goes_on(self, since: datetime, blind: Gap | None) -> datetime:
        """An end that was not seen would have moved the due of an interval."""
        return since if blind is None else max(since, blind.end)

    def trouble(self, since: datetime) -> None:
        """What started before this resolves nothing."""
        self.trouble_since = max(since, self.trouble_since or since)

    def is_excused(self, passed: Slot) -> bool:
        """It fell due while a run was going on within its explicit max_runtime."""
        return any(self.covers(run, passed) for run in self.runs if run.is_open)

    def covers(self, run: Run, passed: Slot) -> bool:
        """Whether the slot fell due inside the run's explicit max_runtime."""
        explicit = self.definition.max_runtime is not None
        return explicit and run.start <= passed.due <= run.deadline
