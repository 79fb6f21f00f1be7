"""What else a report may tell of."""

from datetime import timedelta

from bot.core.forecasts import Ahead, HourAhead
from bot.core.kinds import MuteScope
from bot.core.periods import Period
from bot.core.summaries import (
    BlindFact,
    DriftFact,
    MuteFact,
    SavedFact,
    Some,
    UnseenFact,
    Way,
)

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ahead(period: Period) -> Ahead:
    """A heavy hour to come."""
    hours = [
        HourAhead(
            start=period.end + (5 + at) * HOUR,
            dues=90 if at == 19 else 12,
            busiest="nas-sync" if at == 19 else "mail-queue",
        )
        for at in range(24)
    ]
    return Ahead(hours=tuple(hours))


def saved(period: Period) -> SavedFact:
    return SavedFact(
        slug="job-005",
        label="夜間バックアップ",
        runs=3,
        attempts=3,
        last_at=period.start + 9 * HOUR,
    )


def around(period: Period) -> dict[str, object]:
    """What else there may be."""
    start = period.start
    drift = DriftFact(
        slug="job-010",
        label="log rotation",
        way=Way.SLOWER,
        text="normally 4 to 6 min, now 31; first time since 12 May",
    )
    mute = MuteFact(
        id=4,
        scope=MuteScope.TAG,
        target="nightly",
        by="ada (discord)",
        reason="moving the NAS @everyone",
        since=start + 2 * HOUR,
        until=period.end + 9 * HOUR,
        is_running=True,
        jobs=7,
        down=("job-002",),
    )
    blind = BlindFact(
        began_at=start + 7 * HOUR,
        ended_at=start + 8.5 * HOUR,
        length=1.5 * HOUR,
        why="it ended without a word",
        unknown=14,
        jobs=("job-001", "job-004"),
    )
    unseen = UnseenFact(slug="job-040", label="job-040", since=start - 3 * DAY)
    return {
        "drifts": Some((drift,), 1),
        "muted": Some((mute,), 1),
        "blind": Some((blind,), 1),
        "saved": Some((saved(period),), 1),
        "never_seen": Some((unseen,), 1),
        "ahead": ahead(period),
    }
