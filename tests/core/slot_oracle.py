"""What becomes of the slots of a calendar job: slow and plain, from the rules' words.

It looks at every slot and every run again for each event, keeps no deadline armed, and
shares nothing with the product but the words for outcomes and pings.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.core.kinds import Outcome, PingKind

Event = tuple[datetime, PingKind, str | None]
AGAIN = (Outcome.SKIPPED, Outcome.MERGED)


@dataclass(eq=False)
class Slot:
    """A due, its window, and the last word about it."""

    due: datetime
    opens: datetime
    closes: datetime
    outcome: Outcome | None = None
    #: an event came in its window
    satisfied: bool = False
    #: none came, and no run was going on
    missed: bool = False
    #: it was before the first event of a new job
    dropped: bool = False

    @property
    def is_undecided(self) -> bool:
        """Whether nothing is known of it."""
        return self.outcome is None and not (self.satisfied or self.dropped)

    def holds(self, moment: datetime) -> bool:
        """Whether its window holds that moment."""
        return self.opens <= moment <= self.closes

    def say(self, outcome: Outcome) -> None:
        """The last word wins, but a neutral one says nothing new."""
        if self.outcome is None or outcome not in AGAIN:
            self.outcome = outcome


@dataclass(eq=False)
class Run:
    """One execution."""

    rid: str | None
    start: datetime
    deadline: datetime
    slot: Slot | None
    late: bool
    end: datetime | None = None
    overran: bool = False
    failed: bool = False
    #: a later start took its place, or a later success came
    replaced: bool = False

    @property
    def is_open(self) -> bool:
        """Whether its end has not come."""
        return self.end is None

    def verdict(self, *, failed: bool) -> Outcome:
        """What its end makes of it."""
        if failed:
            return Outcome.FAILED
        late = Outcome.LATE if self.late else Outcome.OK
        return Outcome.OVERRAN if self.overran else late


class Oracle:
    """A job with the given dues, as of the first event on."""

    def __init__(
        self, dues: Sequence[datetime], width: timedelta, longest: timedelta | None
    ) -> None:
        gaps = [following - due for due, following in pairwise(dues)]
        self.slots = [
            Slot(due, due - min(timedelta(minutes=1), gap / 4), due + width)
            for due, gap in zip(dues, gaps, strict=False)
        ]
        self.longest = longest
        self.runs: list[Run] = []
        self.is_new = True

    def outcomes(self, events: Sequence[Event], until: datetime) -> dict[str, str]:
        """What became of each slot by `until`."""
        for at, kind, rid in events:
            self.judge(at)
            if kind is PingKind.START:
                self.begin(at, rid)
            else:
                self.finish(at, rid, failed=kind is PingKind.FAIL)
        self.judge(until)
        known = [slot for slot in self.slots if slot.outcome is not None]
        return {slot.due.isoformat(): str(slot.outcome) for slot in known}

    def judge(self, now: datetime) -> None:
        """Whatever has passed by then, in the order in which it passed."""
        passed = {r.deadline for r in self.runs if r.is_open and not r.overran}
        passed |= {slot.closes for slot in self.slots if slot.is_undecided}
        for moment in sorted(at for at in passed if at < now):
            for run in self.runs:
                if run.is_open and run.deadline == moment and not run.overran:
                    self.overrun(run)
            for slot in self.slots:
                if slot.is_undecided and slot.closes == moment and not self.is_new:
                    slot.missed = not self.is_inside(slot, self.runs)
                    slot.say(Outcome.MISSED if slot.missed else Outcome.SKIPPED)

    def overrun(self, run: Run) -> None:
        """Its deadline passed while it was open."""
        run.overran = True
        if run.slot is not None:
            run.slot.say(Outcome.OVERRAN)
        if run.replaced:
            run.end = run.deadline

    def is_inside(self, slot: Slot, runs: Sequence[Run]) -> bool:
        """Whether it fell due inside an explicit max_runtime of an open run."""
        inside = [r for r in runs if r.is_open and r.start <= slot.due <= r.deadline]
        return bool(inside) and self.longest is not None

    def take(self, now: datetime) -> tuple[Slot | None, bool]:
        """The slot of a start or a lone finish, and whether it had been missed."""
        waiting = [s for s in self.slots if s.is_undecided and s.holds(now)]
        if waiting:
            waiting[-1].satisfied = True
        if self.is_new:
            self.drop_until(now)
        for older in waiting[:-1]:
            if not older.dropped:
                older.say(Outcome.MERGED)
        if waiting:
            return waiting[-1], False
        return self.second_word(now)

    def drop_until(self, now: datetime) -> None:
        """A new job is watched from its first event on."""
        self.is_new = False
        for slot in self.slots:
            slot.dropped = slot.due <= now and not slot.satisfied

    def second_word(self, now: datetime) -> tuple[Slot | None, bool]:
        """A missed slot after which none was satisfied, else the last satisfied one."""
        known = [slot for slot in self.slots if slot.missed or slot.satisfied]
        if not known:
            return None, False
        if known[-1].missed:
            return known[-1], True
        return (known[-1] if known[-1].holds(now) else None), False

    def begin(self, now: datetime, rid: str | None) -> None:
        """A start; without rid it takes the place of the one before."""
        before = None
        for run in self.runs:
            if rid is None and run.rid is None and run.is_open and not run.replaced:
                before, run.replaced = run, True
                run.end = now if run.overran else None
        slot, late = self.take(now)
        if slot is None and before is not None and not before.overran:
            slot, late = before.slot, before.late
        if slot is not None and late:
            slot.say(Outcome.LATE)
        deadline = self.deadline(now, None if late else slot)
        self.runs.append(Run(rid, now, deadline, slot, late))

    def deadline(self, start: datetime, slot: Slot | None) -> datetime:
        """max_runtime, else the deadline of the next slot."""
        if self.longest is not None:
            return start + self.longest
        after = start if slot is None else max(start, slot.due)
        return next(s.closes for s in self.slots if s.due > after)

    def finish(self, now: datetime, rid: str | None, *, failed: bool) -> None:
        """An end, of the run that it names, of one that has ended, or of none."""
        run = self.named(rid)
        ended = [r for r in self.runs if rid is not None and r.rid == rid]
        if run is None and ended and self.is_again(ended[-1], now):
            if ended[-1].failed != failed:
                self.end(ended[-1], now, ended[-1].verdict(failed=failed))
            return
        if run is None:
            slot, late = self.take(now)
            run = Run(rid, now, now, slot, late)
            self.end(run, now, run.verdict(failed=failed))
            self.runs.append(run)
        else:
            self.finish_run(run, now, run.verdict(failed=failed))
        for other in self.runs:
            hangs = other.is_open and other.overran and other.start < run.start
            if hangs and not failed:
                other.end, other.replaced = now, True

    def is_again(self, run: Run, now: datetime) -> bool:
        """A rid that ended already: its slot again, unless another one waits."""
        undecided = [s for s in self.slots if s.is_undecided and s.holds(now)]
        slot, late = self.second_word(now)
        waits = bool(undecided) or (late and slot is not run.slot)
        assert run.end is not None
        within = timedelta(seconds=30) if waits else timedelta(minutes=10)
        return now - run.end <= within

    def end(self, run: Run, now: datetime, outcome: Outcome) -> None:
        """The last word about a run and its slot."""
        run.end = run.end if run.end is not None and not run.replaced else now
        run.replaced, run.failed = False, outcome is Outcome.FAILED
        if run.slot is not None:
            run.slot.say(outcome)

    def finish_run(self, run: Run, now: datetime, outcome: Outcome) -> None:
        """What fell due inside it is skipped, what it replaced is merged."""
        for slot in self.slots:
            if slot.is_undecided and slot.due <= now and self.is_inside(slot, [run]):
                slot.say(Outcome.SKIPPED)
        for other in self.runs:
            if (
                run.rid is None
                and other.rid is None
                and other.is_open
                and other.replaced
            ):
                other.end = now
                if other.slot is not None and not other.late:
                    other.slot.say(Outcome.MERGED)
        self.end(run, now, outcome)

    def named(self, rid: str | None) -> Run | None:
        """The run of the rid; else the newest without one; else the only open one."""
        if rid is not None:
            mine = [r for r in self.runs if r.rid == rid and (r.is_open or r.replaced)]
            return mine[-1] if mine else None
        waiting = [run for run in self.runs if run.is_open and not run.replaced]
        bare = [run for run in waiting if run.rid is None]
        if bare:
            return bare[-1]
        return waiting[0] if len(waiting) == 1 else None
