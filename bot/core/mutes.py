"""Which mute applies now (SEMANTICS, section 5)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.core import durations
from bot.core.effects import EndMute
from bot.core.kinds import MuteScope
from bot.core.models import Definition
from bot.core.silencers import Mute
from bot.core.transitions import Draft
from bot.errors import Invalid, Problem

#: no silence is longer than this
LONGEST = timedelta(days=30)

UNTIL_RECOVERY = "until recovery"
_ANY_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def covers(mute: Mute, definition: Definition) -> bool:
    """Whether a mute is about this job at all."""
    if mute.scope is MuteScope.ALL:
        return True
    if mute.scope is MuteScope.TAG:
        return mute.target in definition.tags
    if mute.scope is MuteScope.NODE:
        return mute.target == definition.node
    return mute.target == definition.slug


def is_running(mute: Mute, now: datetime) -> bool:
    """Whether a mute has not ended yet."""
    return mute.ended_at is None and now < mute.until_at


def applying(
    running: Iterable[Mute], definition: Definition, now: datetime
) -> Mute | None:
    """The mute that silences this job for the longest, or None."""
    found = [
        mute for mute in running if is_running(mute, now) and covers(mute, definition)
    ]
    return max(found, key=lambda mute: mute.until_at, default=None)


def remaining(
    running: Iterable[Mute], ended: Mute, definition: Definition | None, now: datetime
) -> Mute | None:
    """The mute that still silences all that another one did, for the longest.

    `definition` is that of the job, if the one that has ended was for a single job.
    """
    found = [
        mute
        for mute in running
        if is_running(mute, now)
        and (
            mute.scope is MuteScope.ALL
            or (mute.scope, mute.target) == (ended.scope, ended.target)
            or (definition is not None and covers(mute, definition))
        )
    ]
    return max(found, key=lambda mute: mute.until_at, default=None)


def check(
    scope: MuteScope, *, until_at: datetime, until_recovery: bool, now: datetime
) -> tuple[Problem, ...]:
    """What is wrong with a mute that somebody wants."""
    found = []
    if until_at <= now:
        found.append(Problem("until", "lies in the past", "give a later time"))
    if until_at - now > LONGEST:
        hint = "30 days at most; pause the job if it is to stay silent"
        found.append(Problem("until", "is too far away", hint))
    if until_recovery and scope is not MuteScope.JOB:
        hint = "give a time for a tag, a node or everything"
        found.append(Problem("until_recovery", "is for a single job", hint))
    return tuple(found)


def length(typed: str) -> timedelta | None:
    """How long one job is to be silent, as a person types it; None: until it recovers.

    Raises Invalid about the field `for`, for what `check` would refuse as well.
    """
    if " ".join(typed.lower().split()) in (UNTIL_RECOVERY, "recovery"):
        return None
    duration = durations.parse(typed, "for")
    problems = check(
        MuteScope.JOB,
        until_at=_ANY_MOMENT + duration,
        until_recovery=False,
        now=_ANY_MOMENT,
    )
    if problems:
        raise Invalid(*map(about_length, problems))
    return duration


def about_length(problem: Problem) -> Problem:
    """The rule is about the end of a mute; what is typed is how long it takes."""
    return replace(problem, field="for") if problem.field == "until" else problem


def recovered(draft: Draft) -> None:
    """The job of a decision has recovered: its mutes "until recovery" end."""
    _end(draft, [mute for mute in _own(draft) if mute.until_recovery])


def removed(draft: Draft) -> None:
    """The job is gone: another one that gets its name is not to be silent."""
    _end(draft, _own(draft))


def _own(draft: Draft) -> list[Mute]:
    """The mutes of this job alone."""
    definition, running = draft.job.definition, draft.silencers.mutes
    return [m for m in running if m.scope is MuteScope.JOB and covers(m, definition)]


def _end(draft: Draft, ending: list[Mute]) -> None:
    draft.effects.extend(EndMute(mute.id, draft.now) for mute in ending)
    left = tuple(mute for mute in draft.silencers.mutes if mute not in ending)
    draft.silencers = replace(draft.silencers, mutes=left)
