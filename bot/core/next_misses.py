"""When a job without an incident would be heard if nothing were heard of it any more.

The real rules are asked, one deadline after the other, as the watchdog would do it.
"""

from datetime import datetime, timedelta
from itertools import count

from bot.core import deadlines, status
from bot.core.effects import CloseSlot, Notify
from bot.core.kinds import Outcome, ScheduleKind, Status
from bot.core.next_sounds import NextSound
from bot.core.transitions import Ids, Watched

#: deadlines and ends of silences that are looked at
_LOOKED_AT = 50
#: a deadline is judged once it has passed
_PAST = timedelta(microseconds=1)


def foresee(watched: Watched, now: datetime) -> NextSound:
    """What would make it heard; `at`: when silence alone does."""
    state = watched.state
    if state.status is Status.PAUSED:
        return NextSound(text=f"Never while it is paused by {state.paused_by}.")
    found = _silent(watched, now)
    if found is not None:
        at, misses = found
        text = "When its deadline passes and nothing was heard"
        if misses > 1:
            text = f"When {misses} deadlines in a row pass and nothing was heard"
        return NextSound(text=f"{text}; a failure may be heard before.", at=at)
    if watched.job.definition.schedule.kind is ScheduleKind.NONE:
        return NextSound(text="When a run fails or takes too long: it has no schedule.")
    if state.deadline_at is None:
        return NextSound(text="When it fails: deadlines count from its first ping.")
    return NextSound(text="Not soon: whatever it misses is silenced.")


def _silent(watched: Watched, now: datetime) -> tuple[datetime, int] | None:
    """When the first sound comes if nothing else does, and after how many misses."""
    ids, misses, at = _ids(), 0, now
    for _ in range(_LOOKED_AT):
        incident, wake_at = watched.incident, watched.state.wake_at
        review_at = None if incident is None else incident.review_at
        looks = [] if wake_at is None else [(wake_at + _PAST, wake_at)]
        looks += [] if review_at is None else [(review_at, review_at)]
        if not looks:
            return None
        look_at, moment = min(looks)
        at = max(at, look_at)
        if look_at == review_at:
            transition = status.on_review(watched, at, ids)
        else:
            transition = deadlines.on_time(watched, at, ids)
        watched = transition.watched
        for effect in transition.effects:
            if isinstance(effect, CloseSlot) and effect.outcome is Outcome.MISSED:
                misses += 1
            if isinstance(effect, Notify) and effect.sounds:
                return max(now, moment), misses
    return None


def _ids() -> Ids:
    """Numbers that are never stored."""
    return Ids(count(1), count(1))
