"""The oracle of ends that were kept: each is placed by the moment it is about."""

from datetime import datetime

from bot.core.kinds import IncidentKind, Outcome, PingKind
from tests.simulation.oracle import Hearing
from tests.simulation.oracle_slots import Slot

IN_DOUBT = (Outcome.MISSED, Outcome.UNKNOWN)


class Witness(Hearing):
    """Hears also of what happened before."""

    def hear_of(self, now: datetime, kind: PingKind, about: datetime) -> None:
        """An end of that moment is known now."""
        if kind is PingKind.LOG or (self.is_paused and self.definition.manual_resume):
            return
        failed = kind is PingKind.FAIL
        found = self.slot_of(about)
        if found is not None and found.word in IN_DOUBT:
            self.decide_again(found, now, about, failed=failed)
        elif self.is_news(about):
            self.take_news(now, about, failed=failed)
        number = int(self.heard[1])
        self.pass_until(now, number, number, is_news=True)

    def slot_of(self, about: datetime) -> Slot | None:
        """The newest that had begun by then, if it is decided; else None."""
        if self.at < len(self.upcoming) and self.upcoming[self.at].opens <= about:
            return None
        begun = [s for s in self.slots.values() if s.opens <= about and s.word]
        return max(begun, key=lambda each: each.due, default=None)

    def decide_again(
        self, found: Slot, now: datetime, about: datetime, *, failed: bool
    ) -> None:
        """A slot that was missed or unknown; if it is the newest, more follows."""
        in_time = about <= found.closes
        good = Outcome.OK if in_time else Outcome.LATE
        self.say(found, Outcome.FAILED if failed else good)
        found.is_missed = found.is_unknown = False
        if found is not self.last or self.is_paused:
            return
        found.is_held = True
        if self.is_interval:
            # whatever comes after it only moves the due
            self.last = None
        self.verdict(now, about, failed=failed, keeps=not in_time)

    def is_news(self, about: datetime) -> bool:
        """Whether nothing that is newer is known."""
        if self.is_paused or about < self.born_at:
            return False
        if self.ended_at is not None and self.ended_at > about:
            return False
        last = self.last
        return last is None or not last.is_undecided or last.due <= about

    def take_news(self, now: datetime, about: datetime, *, failed: bool) -> None:
        """It takes a slot that waits, as a ping of that moment would."""
        found, is_late, is_first = None, False, self.is_unheard
        if is_first:
            # the dues before were not waited for, but one of them may be its own
            self.at = self.first_at(about)
        waits = self.at < len(self.upcoming)
        if not waits or self.upcoming[self.at].opens <= about:
            found, is_late = self.take(about)
        self.is_unheard = False
        good = Outcome.LATE if is_late else Outcome.OK
        self.say(found, Outcome.FAILED if failed else good)
        self.verdict(now, about, failed=failed, keeps=is_late)
        if is_first:
            # it is watched from now on
            while self.at < len(self.upcoming) and self.upcoming[self.at].closes < now:
                self.at += 1

    def first_at(self, about: datetime) -> int:
        """Which of the dues is the first whose window had not ended by then."""
        closed = (n for n, each in enumerate(self.upcoming) if each.closes >= about)
        return next(closed, len(self.upcoming))

    def verdict(
        self, now: datetime, about: datetime, *, failed: bool, keeps: bool
    ) -> None:
        """Bad is dated at its moment, good when it is known."""
        self.ended_at = max(about, self.ended_at or about)
        if self.is_interval:
            self.await_interval(about)
        if failed:
            self.bad(about, IncidentKind.FAILED)
        else:
            self.trouble_since = None
            self.good(now, keeps=keeps)
