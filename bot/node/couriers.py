"""Takes reports to the server, and says what became of each."""

from bot.clock import SystemClock
from bot.node import jobs
from bot.node.places import Place
from bot.node.reports import OLDEST_S, Report
from bot.node.wires import Answer, Wire

#: recorded: done with it
TAKEN = "taken"
#: it will never be taken
REFUSED = "refused"
#: there is no such job; it may be made later
UNKNOWN = "unknown"
#: not now
LATER = "later"
#: nobody answers
AWAY = "away"

_REFUSALS = (400, 405, 413, 414)
#: beside 5xx: what a server, or a proxy before it, says that serves nobody
_ILL = (429,)
#: clocks that differ by less agree: the server tells whole seconds
_SKEW_S = 3.0
_LONGEST_WAIT_S = 3_600


class Verdict:
    """What became of a report."""

    __slots__ = ("is_ill", "said", "wait_s", "what")

    def __init__(
        self, what: str, said: str = "", wait_s: int = 0, *, is_ill: bool = False
    ) -> None:
        self.what = what
        #: for people
        self.said = said
        #: seconds after which the server wants to be asked again
        self.wait_s = wait_s
        #: the server may serve nobody now; else it is about this report
        self.is_ill = is_ill


class Courier:
    """Brings reports to one server."""

    def __init__(self, place: Place, clock: SystemClock) -> None:
        self.place = place
        self._clock = clock
        self._wire = Wire(place, clock)
        #: seconds that the server's clock is ahead of ours; None: not asked yet
        self._skew_s: float | None = None

    def deliver(self, report: Report, *, until: float, late: bool) -> Verdict:
        """Report; `late`: with the time at which it happened. `until` is monotonic."""
        lacks = self.place.lacks(report.job)
        if lacks:
            return Verdict(UNKNOWN, lacks)
        if late and report.age(self._clock) > OLDEST_S:
            return Verdict(REFUSED, "it is older than 7 days")
        try:
            at = self._moment_of(report, until) if late else None
            answer = self._wire.ask(self.place.request(report, at), until)
            if answer.status == 404 and self._creates(report):
                self._wire.ask(self.place.creation(report.job), until)
                answer = self._wire.ask(self.place.request(report, at), until)
        except OSError as exc:
            return Verdict(AWAY, self._absent(exc))
        return self._judged(report, answer)

    def _moment_of(self, report: Report, until: float) -> float:
        """When it was, by the server's clock; asks for that first. Raises OSError."""
        if self._skew_s is None:
            answer = self._wire.ask(self.place.question(), until)
            said = _moment(answer.headers.get("date", ""))
            skew = 0.0 if said is None else said - self._clock.since_1970()
            self._skew_s = skew if abs(skew) > _SKEW_S else 0.0
        return self._clock.since_1970() + self._skew_s - report.age(self._clock)

    def close(self) -> None:
        """Hang up."""
        self._wire.close()

    def _creates(self, report: Report) -> bool:
        slug = not jobs.is_uuid(report.job)
        return bool(report.create and self.place.socket_path and slug)

    def _judged(self, report: Report, answer: Answer) -> Verdict:
        status = answer.status
        if 200 <= status < 300:
            return Verdict(TAKEN)
        if status in _REFUSALS:
            return Verdict(REFUSED, f"the server refused it: {status} {answer.text}")
        if status == 404:
            name, shown = jobs.shown(report.job), self.place.shown
            return Verdict(UNKNOWN, f"{shown} knows no job {name}, or not this key")
        wait = answer.headers.get("retry-after", "")
        wait_s = min(int(wait[:6]), _LONGEST_WAIT_S) if wait.isdigit() else 0
        said = f"{self.place.shown} answered {status}"
        return Verdict(LATER, said, wait_s, is_ill=status in _ILL or status >= 500)

    def _absent(self, exc: OSError) -> str:
        reason = exc.strerror or str(exc) or type(exc).__name__
        return f"cannot reach {self.place.shown} ({reason})"


def _moment(date: str) -> float | None:
    """Seconds since 1970 of a date as HTTP writes it."""
    months = "JanFebMarAprMayJunJulAugSepOctNovDec"
    try:
        _, day, month, year, clock, _ = date.split()
        hour, minute, second = (int(part) for part in clock.split(":"))
        index = months.index(month) // 3 + 1
        days = _days(int(year), index, int(day))
    except ValueError:
        return None
    return days * 86_400.0 + hour * 3_600 + minute * 60 + second


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970, by the rule of the Gregorian calendar."""
    from datetime import date

    return date(year, month, day).toordinal() - date(1970, 1, 1).toordinal()
