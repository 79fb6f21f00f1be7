"""What was measured, in figures and in plain words."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple

#: of what was measured, the part that a machine should be asked for day by day
USED = 0.5
#: pings of one run: its start and its end
PER_RUN = 2


class Pings(NamedTuple):
    """Pings that were answered after they were stored."""

    seconds: float
    #: of each, in milliseconds
    latencies: Sequence[float]
    #: answers other than OK, and connections that broke
    failed: int


class Measured(NamedTuple):
    """All that `cronitor bench` finds out."""

    connections: int
    fsync_ms: float
    pings: Pings
    #: milliseconds from a deadline until its incident was there
    delays: Sequence[float]


def figures(measured: Measured) -> dict[str, float]:
    """For programs."""
    pings = measured.pings
    return {
        "fsync_ms": round(measured.fsync_ms, 3),
        "connections": measured.connections,
        "pings_per_second": round(len(pings.latencies) / pings.seconds),
        "ping_ms_median": round(statistics.median(pings.latencies), 2),
        "ping_ms_p99": round(_p99(pings.latencies), 2),
        "pings_failed": pings.failed,
        "deadline_ms_median": round(statistics.median(measured.delays), 1),
        "deadline_ms_longest": round(max(measured.delays), 1),
        "jobs_every_minute": jobs(measured, 60),
        "jobs_every_hour": jobs(measured, 3600),
    }


def jobs(measured: Measured, every_s: int) -> int:
    """Jobs that may run so often, with a start and an end each, at half of the load."""
    rate = len(measured.pings.latencies) / measured.pings.seconds
    return round(rate * USED * every_s / PER_RUN)


def lines(measured: Measured) -> list[str]:
    """For people."""
    found = figures(measured)
    failed = found["pings_failed"]
    return [
        f"disk       a write is safe after {found['fsync_ms']:g} ms (fsync)",
        f"pings      {found['pings_per_second']:,} a second over"
        f" {measured.connections} connections, each answered once it is on the disk;"
        f" half of them within {found['ping_ms_median']:g} ms,"
        f" 99 % within {found['ping_ms_p99']:g} ms",
        f"deadlines  an incident is there {found['deadline_ms_median']:g} ms after its"
        f" deadline, {found['deadline_ms_longest']:g} ms at the most",
        *([f"failed     {failed:,} pings: look at the log"] if failed else []),
        "",
        f"At half of that load this machine carries {_about(jobs(measured, 60))} jobs"
        f" that run every minute, or {_about(jobs(measured, 3600))} that run every"
        " hour, with a start and an end each. More than 100,000 jobs were never tried.",
        _limit(measured),
    ]


def _limit(measured: Measured) -> str:
    """What stands in the way of more."""
    rate = len(measured.pings.latencies) / measured.pings.seconds
    batch_ms = measured.connections / rate * 1000
    if measured.fsync_ms > batch_ms / 3:
        return (
            "The disk is what limits it: a faster one helps, and so does"
            ' durability = "normal" where a power cut may cost the last seconds.'
        )
    return (
        "The processor is what limits it; the clients of this measurement had a part"
        " of that, too."
    )


def _about(number: int) -> str:
    """Two digits are as exact as this is."""
    scale = 10 ** max(0, len(str(number)) - 2)
    return f"{number // scale * scale:,}"


def _p99(values: Sequence[float]) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(len(ordered) * 0.99))]
