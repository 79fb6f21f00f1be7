"""Which pings are the end of something that other jobs may follow on, each end once.

A client that lost our answer sends the same end again, and one that kept it sends it
later: that must not start another run.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core import runs, schedules
from bot.core.kinds import Outcome, PingKind
from bot.core.models import Job, JobState, Ping
from bot.core.transitions import Draft

_ENDS = (PingKind.SUCCESS, PingKind.FAIL)


class ToldEnd(NamedTuple):
    """Something is over, whoever has run it."""

    #: of its job
    slug: str
    is_bad: bool
    #: makes the run that follows the same one when this comes again
    key: str
    #: it was kept by its sender, for more than a minute
    is_late: bool = False


def is_new_to(job: Job, state: JobState, ping: Ping) -> bool:
    """Whether a ping without rid or event is an end that was not told before.

    Nothing tells it from one that is sent again but the time between, and that nothing
    else came meanwhile.
    """
    last_at = state.last_ping_at
    if ping.kind not in _ENDS:
        return False
    if ping.kind is not state.last_ping_kind or last_at is None:
        return True
    return abs(ping.at - last_at) > _within(job, state)


def is_new(draft: Draft, ping: Ping, sent_at: datetime | None = None) -> bool:
    """Whether a ping is an end that was not told before; `sent_at`: it was kept.

    What is older than the last ping is no news.
    """
    if ping.kind not in _ENDS:
        return False
    if runs.named_by(draft.runs, ping.rid) is not None:
        return True
    last_at = draft.state.last_ping_at
    if sent_at is not None:
        if runs.by_rid(draft.runs, ping.rid) is not None:
            # the end of that run is known already
            return False
        if last_at is not None and ping.at < last_at:
            return False
    if ping.rid is None:
        return is_new_to(draft.job, draft.state, ping)
    run = runs.repeated(draft, ping.rid)
    has_failed = run is not None and run.outcome is Outcome.FAILED
    return run is None or has_failed is not (ping.kind is PingKind.FAIL)


def _within(job: Job, state: JobState) -> timedelta:
    """How soon the same word is taken for the same end."""
    due_at = state.held_due_at or state.due_at
    if due_at is None:
        return schedules.EARLY
    return schedules.early(job.schedule, due_at)
