"""When single runs that are not usual are a drift that somebody is to know of.

One outlier is none. How many it takes depends on how often the job runs, and on how
often single runs of it are outside anyway.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.core import drift
from bot.core.drift import Drift, Habit, Sample

#: from so many samples in a habit on: runs in a row but for one that are a drift, and
#: runs in a row that end it. A job that runs often is more often outside by chance.
ROWS = ((1500, 5, 10), (100, 4, 7), (0, 3, 3))
#: more are never needed
MOST = 12
#: so often in a year a drift may be told where single runs are outside by chance
BY_CHANCE = 0.1
#: the newest runs say nothing about that: they may be the drift
RECENT = 6
#: about so many single runs are looked at for that
SEEN = 300
YEAR = timedelta(days=365)
#: how many of the newest samples a decision needs, and of all that a habit is made of
LOOKED_AT = MOST + 1
SAMPLES = 3000
#: how often a habit is learnt anew
REFRESHED_EVERY = timedelta(hours=6)


def outside(
    habit: Habit, newest: Sequence[Sample], history: Sequence[Sample]
) -> list[Drift | None]:
    """What each of the newest samples is; the `history` ends before the first of them.

    So all runs of one drift are compared with the time before it.
    """
    return [drift.judge(habit, each.value, each.at, history) for each in newest]


def needed(habit: Habit) -> tuple[int, int]:
    """How many of the newest runs are a drift, and how many usual ones end it."""
    return next(row[1:] for row in ROWS if habit.count >= row[0])


def lasting(
    habit: Habit, newest: Sequence[Sample], history: Sequence[Sample]
) -> Drift | None:
    """The newest sample's drift, if the newest are outside again and again.

    That is the newest, and all but one of those before it that are looked at. How many
    that are depends on how often single ones were outside before: it must be rare that
    so many are by chance.
    """
    if not is_suspect(habit, newest):
        return None
    found = outside(habit, newest, history)
    last = found[-1]
    if last is None:
        return None
    needs = _needed(last, [*history, *newest[:-RECENT]], newest[-1].at)
    sides = [each.direction for each in found[-(needs + 1) :] if each is not None]
    return last if sides.count(last.direction) >= needs else None


def is_suspect(habit: Habit, newest: Sequence[Sample]) -> bool:
    """Whether it may be `lasting`; only then the history has to be read."""
    needs, _ = needed(habit)
    sides = [drift.side(habit, each.value) for each in newest[-(needs + 1) :]]
    return sides[-1:] != [None] and sides.count(sides[-1]) >= needs


def _needed(last: Drift, history: Sequence[Sample], at: datetime) -> int:
    """As `needed`, and more where many single ones were outside before."""
    since = max(last.habit.since, at - drift.WINDOW)
    first = bisect_left(history, since, key=_at)
    looked_at = range(first, len(history), (len(history) - first) // SEEN or 1)
    count = sum(_is_outside(last, history, index) for index in looked_at)
    share = (count + math.sqrt(count) + 1) / (len(looked_at) + 2)
    a_year = (len(history) - first + RECENT) * (YEAR / (at - since))
    needs, _ = needed(last.habit)
    while needs < MOST and (needs + 1) * share**needs * a_year > BY_CHANCE:
        needs += 1
    return needs


def _is_outside(last: Drift, history: Sequence[Sample], index: int) -> bool:
    """Whether a sample of the history is out on the same side, and not at its time."""
    at, value = history[index].at, history[index].value
    if drift.side(last.habit, value) is not last.direction:
        return False
    rhythms = drift.recurrences(last.habit, value, at, history[:index])
    return all(known < 2 or like_it < known for like_it, known in rhythms)


def is_over(habit: Habit, newest: Sequence[Sample], history: Sequence[Sample]) -> bool:
    """Whether the newest samples are as usual again."""
    _, back = needed(habit)
    newest = newest[-back:]
    return len(newest) == back and not any(outside(habit, newest, history))


def _at(sample: Sample) -> datetime:
    return sample.at
