"""When it looks as if Cronitor is cut off from its jobs, and not the jobs broken.

Many remote jobs miss at once, nothing comes in from anywhere, and there is evidence of
our own that the network is gone: then their misses wait (SEMANTICS, section 5).
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from bot.core import schedules
from bot.core.kinds import JobId
from bot.core.models import Job
from bot.core.transitions import Ids, Transition, Watched, finish, start

#: jobs that were due within this time are compared
WITHIN = timedelta(minutes=5)
#: so many must miss, and from so many addresses
MISSING = 3
ADDRESSES = 2
#: a miss that waits is looked at again after this
LOOK_AGAIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """A time in which the receiver seemed cut off."""

    began_at: datetime
    #: None: it still is
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A job that was due lately, and from where it pinged last."""

    job_id: JobId
    address: str
    missed: bool
    slug: str = ""


@lru_cache(maxsize=4096)
def is_remote(address: str) -> bool:
    """Whether a ping came from another machine; the Unix socket has no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None) or found
    return not mapped.is_loopback


def missing(due: Collection[Due], now_missing: Collection[JobId]) -> list[Due]:
    """The remote jobs among them that miss, now or a little before."""
    return [
        each
        for each in due
        if is_remote(each.address) and (each.missed or each.job_id in now_missing)
    ]


def is_cut_off(
    due: Collection[Due],
    now_missing: Collection[JobId],
    *,
    since: datetime,
    last_remote_at: datetime | None,
    evidence: bool,
) -> bool:
    """Whether the receiver seems cut off; `since`: the first due of those that miss."""
    if not evidence or (last_remote_at is not None and last_remote_at >= since):
        return False
    remote = [each for each in due if is_remote(each.address)]
    gone = missing(due, now_missing)
    addresses = {each.address for each in gone}
    return (
        len(gone) >= MISSING
        and 2 * len(gone) >= len(remote)
        and len(addresses) >= ADDRESSES
    )


def waits_until(
    isolation: Isolation, job: Job, due_at: datetime, now: datetime
) -> datetime | None:
    """Until when a miss waits: a period and grace after the end; None: it does not."""
    deadline_at = schedules.deadline(job.definition, due_at)
    if deadline_at < isolation.began_at:
        return None
    if isolation.ended_at is None:
        return now + LOOK_AGAIN
    if deadline_at > isolation.ended_at:
        return None
    period = schedules.period(job.schedule, due_at) or timedelta()
    until = isolation.ended_at + period + (deadline_at - due_at)
    return until if now <= until else None


def postponed(watched: Watched, until: datetime, now: datetime, ids: Ids) -> Transition:
    """The open slot waits; a ping that comes meanwhile takes it as always."""
    draft = start(watched, now, ids)
    draft.change(slot_deadline_at=until)
    return finish(draft)
