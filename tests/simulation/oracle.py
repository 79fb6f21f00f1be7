"""The oracle: what becomes of the slots and runs of one job, from the rules' words.

It is told everything that came to a job and says the verdicts in their order; what they
mean for incidents and sounds is read from them by `oracle_incidents`.
"""

from datetime import datetime, timedelta

from bot.core.kinds import IncidentKind, Outcome, PingKind, ScheduleKind
from bot.core.models import Definition
from tests.simulation import dues
from tests.simulation.oracle_slots import DAY, Run, Slot, rolled, slot
from tests.simulation.oracle_watch import Watch

#: every schedule of a world is due within that
YEARS = 370 * DAY
AGAIN = timedelta(minutes=10)
AGAIN_IF_ANOTHER_WAITS = timedelta(seconds=30)


class Hearing(Watch):
    """Replays what came to a job."""

    # -- pings --------------------------------------------------------------

    def hear(self, now: datetime, kind: PingKind, rid: str | None) -> bool:
        """A ping came; whether it resumed the job."""
        if kind in (PingKind.LOG, PingKind.IGNORED):
            return False
        was_paused = self.is_paused
        if was_paused:
            if self.definition.manual_resume:
                return False
            self.resume(self.made_at if self.is_unheard else now)
            self.pass_until(now, int(self.heard[1]))
        if kind is PingKind.START:
            self.begin(now, rid)
        else:
            self.finish(now, rid, failed=kind is PingKind.FAIL)
        return was_paused

    def take(self, now: datetime) -> tuple[Slot | None, bool]:
        """The slot that a start or a lone end is about; whether it had been missed."""
        waiting = list(self.awaited(now))
        if self.is_unheard:
            self.is_unheard = False
            self.drop_past(now, waiting)
        elif waiting:
            for older in waiting[:-1]:
                self.say(older, Outcome.MERGED)
            self.at += len(waiting)
        if waiting:
            waiting[-1].is_held = True
            late = max(now - waiting[-1].due, timedelta())
            self.usual_lateness = rolled(self.usual_lateness, late)
            self.last = None if self.is_interval else waiting[-1]
            return waiting[-1], False
        found = self.last
        if self.is_interval:
            # whatever comes after it only moves the due
            self.last = None
        if found is None or not (found.is_undecided or found.holds(now)):
            return None, False
        return found, found.is_undecided

    def drop_past(self, now: datetime, waiting: list[Slot]) -> None:
        """A new job is watched from its first event on."""
        self.at += len(waiting)
        while self.at < len(self.upcoming) and self.upcoming[self.at].due <= now:
            self.at += 1

    def begin(self, now: datetime, rid: str | None) -> None:
        """A run starts."""
        if rid is not None and self.is_known(rid, now):
            return
        before = self.replaced_by_start(now) if rid is None else None
        found, is_late = self.take(now)
        if found is None and before is not None and self.may_overrun(before):
            found, is_late = before.slot, before.is_late
        if is_late:
            self.say(found, Outcome.LATE)
        run = Run(rid, now, now, found, is_late)
        run.deadline = self.deadline(run, now)
        self.runs.append(run)
        if rid is not None:
            self.rids[rid] = run
        if self.is_interval:
            self.upcoming = []

    def is_known(self, rid: str, now: datetime) -> bool:
        """Whether a start under that rid was heard already."""
        run = self.rids.get(rid)
        if run is None:
            return False
        return run.is_open or self.is_again(run, now)

    def is_again(self, run: Run, now: datetime) -> bool:
        """Whether what comes under the rid of an ended run is about that run."""
        closed_at = run.end or run.given_up_at
        if closed_at is None:
            return False
        last = self.last
        is_last_due = last is not None and last.is_undecided and last is not run.slot
        another = is_last_due or any(True for _ in self.awaited(now))
        return now - closed_at <= (AGAIN_IF_ANOTHER_WAITS if another else AGAIN)

    def replaced_by_start(self, now: datetime) -> Run | None:
        """The run without rid whose place a start without rid takes."""
        for run in reversed(self.runs):
            if run.rid is None and run.is_open and not run.is_replaced:
                run.is_replaced = True
                if not self.may_overrun(run):
                    run.end = now
                return run
        return None

    def deadline(self, run: Run, since: datetime) -> datetime:
        """When a run has run too long; an interval counts from `since`."""
        start, about = run.start, run.slot
        definition = self.definition
        if definition.max_runtime is not None:
            return start + definition.max_runtime
        if self.is_interval:
            interval = definition.schedule.interval
            assert interval is not None
            own = slot(definition, since + interval, interval)
            return own.closes
        if definition.schedule.kind is ScheduleKind.NONE:
            return start + DAY
        after = start if about is None else max(start, about.due)
        later = (s for s in self.upcoming[self.at :] if s.due > after)
        following = next(later, None)
        return self.until if following is None else following.closes

    def finish(self, now: datetime, rid: str | None, *, failed: bool) -> None:
        """An end: of the run that it names, of one that has ended, or of none."""
        run = self.named(rid)
        if run is not None:
            self.end(run, now, failed=failed)
            return
        ended = self.rids.get(rid) if rid is not None else None
        if ended is not None and self.is_again(ended, now):
            if ended.has_failed != failed:
                self.judge(ended, now, failed=failed)
            if self.is_interval:
                self.await_interval(now)
            return
        found, is_late = self.take(now)
        alone = Run(rid, now, now, found, is_late, end=now, is_alone=True)
        if rid is not None:
            self.rids[rid] = alone
        self.judge(alone, now, failed=failed)
        self.ended(alone, now)

    def named(self, rid: str | None) -> Run | None:
        """The run that an end is of."""
        if rid is not None:
            run = self.rids.get(rid)
            return run if run is not None and run.end is None else None
        going = [run for run in self.runs if run.is_open and not run.is_replaced]
        bare = [run for run in going if run.rid is None]
        if bare:
            return bare[-1]
        return going[0] if len(going) == 1 else None

    def end(self, run: Run, now: datetime, *, failed: bool) -> None:
        """The end of a run that was going on."""
        if run.is_open:
            for passed in list(self.awaited(now)):
                if passed.due <= now and self.covers(run, passed):
                    self.say(passed, Outcome.SKIPPED)
                    self.at += 1
                    self.skip_interval(passed.due, now, run)
        run.end = now
        if not failed:
            self.usual_runtime = rolled(self.usual_runtime, now - run.start)
        if run.rid is None:
            for other in self.runs:
                if other.is_open and other.is_replaced:
                    other.end = now
                    self.say(other.slot, Outcome.MERGED)
        self.judge(run, now, failed=failed)
        self.ended(run, now)

    def ended(self, run: Run, now: datetime) -> None:
        """What any end brings with it."""
        self.ended_at = now
        if not run.has_failed:
            for other in self.runs:
                is_older = other.start < run.start
                if other.is_open and is_older and not self.may_overrun(other):
                    other.given_up_at = now
        self.runs = [each for each in self.runs if each.is_open]
        if self.is_interval:
            self.await_interval(now)

    def judge(self, run: Run, now: datetime, *, failed: bool) -> None:
        """What an end makes of its run and its slot."""
        run.has_failed = failed
        shortest = self.definition.min_runtime
        assert run.end is not None
        too_short = shortest is not None and run.end - run.start < shortest
        if failed:
            self.say(run.slot, Outcome.FAILED)
            self.bad(now, IncidentKind.FAILED, counts=not run.is_counted)
        elif too_short and not run.is_alone:
            self.say(run.slot, Outcome.TOO_SHORT)
            self.bad(now, IncidentKind.TOO_SHORT)
        else:
            self.went_well(run, now)

    def went_well(self, run: Run, now: datetime) -> None:
        """A good end; it resolves nothing that came after its start."""
        run.is_counted = False
        is_late = run.is_late or run.is_in_doubt
        keeps = run.has_overrun or is_late
        late = Outcome.LATE if is_late else Outcome.OK
        self.say(run.slot, Outcome.OVERRAN if run.has_overrun else late)
        if self.trouble_since is None or run.start >= self.trouble_since:
            self.trouble_since = None
            self.good(now, keeps=keeps)

    # -- people -------------------------------------------------------------

    def pause(self, now: datetime) -> None:
        """Nobody watches it any more."""
        if self.is_paused:
            return
        self.is_paused = True
        self.skip_awaited(now)
        self.give_up_runs(now)
        self.upcoming = []
        self.forget_missed()
        self.held = self.held_until = self.rests_until = None

    def skip_awaited(self, now: datetime) -> None:
        """Nobody waits any more for the slots that have fallen due."""
        if not self.is_unheard:
            for passed in self.awaited(now):
                if passed.due <= now:
                    self.say(passed, Outcome.SKIPPED)
                    self.skip_interval(passed.due, now)

    def skip_interval(
        self, due: datetime, now: datetime, inside: Run | None = None
    ) -> None:
        """What would have been due until now, had the one before been missed."""
        interval = self.definition.schedule.interval
        if self.is_interval and interval is not None:
            while (due := due + interval) <= now:
                passed = slot(self.definition, due, interval)
                if inside is None or self.covers(inside, passed):
                    self.say(passed, Outcome.SKIPPED)

    def forget_missed(self) -> None:
        """Nothing that comes now belongs to a slot that was missed before."""
        if self.last is not None and self.last.is_undecided:
            self.last = None

    def give_up_runs(self, now: datetime) -> None:
        """Open runs are closed; one that has a rid can still end."""
        for run in self.runs:
            run.given_up_at = now
            if run.slot is not None:
                self.say(run.slot, Outcome.SKIPPED)
        self.runs = []

    def resume(self, now: datetime) -> None:
        """Somebody watches it again, from the first due after now."""
        if self.is_paused:
            self.is_paused = False
            self.await_dues(now)

    def change(self, now: datetime, new: Definition) -> bool:
        """The definition is another one from now on; whether its dues are."""
        old, self.definition = self.definition, new
        moves = dues_of(old) != dues_of(new)
        if moves and not self.is_paused:
            self.skip_awaited(now)
            self.forget_missed()
            self.last = self.moved(self.last)
            self.made_at = now
            self.await_dues(now)
        if moves or old.max_runtime != new.max_runtime:
            for run in self.runs:
                if self.may_overrun(run):
                    since = now if self.is_interval else run.start
                    run.deadline = max(now, self.deadline(run, since))
        return moves and not self.is_paused

    def moved(self, held: Slot | None) -> Slot | None:
        """The slot that was satisfied last, with the window that it has now."""
        if held is not None and not self.is_interval:
            after, until = held.due, held.due + YEARS
            following = dues.dues(self.definition.schedule, after, until)[0]
            held.closes = slot(self.definition, held.due, following - held.due).closes
        return held

    def remove(self, now: datetime) -> None:
        """It is archived."""
        self.pause(now)


def dues_of(definition: Definition) -> tuple[object, ...]:
    """What a change of drops open slots and counts dues anew."""
    return (definition.schedule, definition.jitter, definition.grace)
