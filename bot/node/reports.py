"""Reports of a run: what is told to the server, and how one is kept in a file."""

from bot.clock import SystemClock
from bot.node import jobs

START = "start"
#: how old a report may be for the server to place it
OLDEST_S = 7 * 86_400
_FIRST_LINE = "cronitor report 1"
_MOST_STATUS = 255


class Corrupt(Exception):
    """A file of the spool that holds no report."""


class Report:
    """One report: a start, or the end with an exit code."""

    __slots__ = (
        *("at", "body", "boot", "create", "event", "host", "job", "rid", "said"),
        *("since_boot", "took"),
    )

    def __init__(
        self,
        *,
        job: str,
        said: str,
        rid: str,
        event: str,
        at: float,
        host: str = "",
        create: bool = False,
        boot: str = "",
        since_boot: float = 0.0,
        took: float | None = None,
        body: bytes = b"",
    ) -> None:
        self.job = job
        #: `start`, or an exit code in digits
        self.said = said
        self.rid = rid
        #: its own id: however often it is sent, it counts once
        self.event = event
        #: seconds since 1970 by this machine's clock
        self.at = at
        self.host = host
        self.create = create
        #: since which start of the machine `since_boot` counts; empty: not known
        self.boot = boot
        self.since_boot = since_boot
        #: seconds that the run took, in the report of its end
        self.took = took
        self.body = body

    @property
    def exit_code(self) -> int | None:
        """How the run ended; None: it has started."""
        return None if self.said == START else int(self.said)

    def age(self, clock: SystemClock) -> float:
        """Seconds since then; right even if the clock was set meanwhile."""
        if self.boot and self.boot == clock.boot_id():
            return clock.since_boot() - self.since_boot
        return clock.since_1970() - self.at


def encode(report: Report) -> bytes:
    """The report as the content of a file."""
    lines = [
        _FIRST_LINE,
        f"job {report.job}",
        f"said {report.said}",
        f"rid {report.rid}",
        f"event {report.event}",
        f"at {report.at:.6f}",
        f"host {report.host}",
        f"create {report.create:d}",
        f"boot {report.boot}",
        f"since_boot {report.since_boot:.6f}",
        f"took {'' if report.took is None else f'{report.took:.3f}'}",
        f"body {len(report.body)}",
    ]
    head = "\n".join(lines).encode("utf-8", "surrogateescape")
    return head + b"\n\n" + report.body


def decode(content: bytes) -> Report:
    """The report in a file; raises Corrupt."""
    try:
        return _decode(content)
    except (ValueError, KeyError) as exc:
        raise Corrupt(str(exc)) from exc


def _decode(content: bytes) -> Report:
    head, gap, body = content.partition(b"\n\n")
    first, *lines = head.decode("utf-8", "surrogateescape").split("\n")
    fields = {name: value for name, _, value in (x.partition(" ") for x in lines)}
    if first != _FIRST_LINE or not gap or len(body) != int(fields["body"]):
        raise ValueError("it is cut off")
    report = Report(
        job=fields["job"],
        said=fields["said"],
        rid=fields["rid"],
        event=fields["event"],
        at=_seconds(fields["at"]),
        host=fields["host"],
        create=fields["create"] == "1",
        boot=fields["boot"],
        since_boot=_seconds(fields["since_boot"]),
        took=_seconds(fields["took"]) if fields["took"] else None,
        body=body,
    )
    ids = jobs.is_uuid(report.rid) and jobs.is_uuid(report.event)
    if not ids or not jobs.is_job(report.job) or not _is_said(report.said):
        raise ValueError("it holds what no report says")
    return report


def _is_said(text: str) -> bool:
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(_MOST_STATUS))
    return text == START or (plain and int(text) <= _MOST_STATUS)


def _seconds(text: str) -> float:
    number = float(text)
    # a NaN is in no interval
    if not 0 <= number < 1e11:
        raise ValueError("no time")
    return number
