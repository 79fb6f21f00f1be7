"""The thread on an incident's card, which keeps its story: what it has to tell next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core.cards import Posted
from bot.core.kinds import IncidentId
from bot.core.models import IncidentEvent

#: parts of a story in one message
MOST = 8
#: a job that goes on failing is told of no more often
EVERY = timedelta(minutes=10)
#: what a job that goes on failing adds to the story
_AGAIN = "bad"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a story, and its number in the store."""

    id: int
    event: IncidentEvent


@dataclass(frozen=True, slots=True)
class Part:
    """A line as it is told, with how many more like it follow."""

    event: IncidentEvent
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """What a place knows of the thread of one incident."""

    incident_id: IncidentId
    #: counts what may have changed
    touched: int = 1
    #: None: there is none yet
    thread_id: int | None = None
    #: number of the newest line that it tells
    told: int = 0
    #: a message was begun whose answer is not known: when, and up to which line
    begun_at: datetime | None = None
    begun_to: int = 0
    is_closed: bool = False
    #: somebody has deleted it
    is_gone: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Make:
    """Make the thread on that message."""

    posted: Posted


@dataclass(frozen=True, slots=True)
class Tell:
    """Say these parts in one message; the newest line of them is `upto`."""

    parts: tuple[Part, ...]
    upto: int


@dataclass(frozen=True, slots=True)
class Close:
    """The incident is over, and so is its story."""


@dataclass(frozen=True, slots=True)
class Wait:
    """There is nothing to do before `until`; None: before something changes."""

    until: datetime | None = None


Step = Make | Tell | Close | Wait


def next_step(
    thread: Thread,
    posted: Posted | None,
    lines: Sequence[Line],
    *,
    is_over: bool,
    now: datetime,
) -> Step:
    """What a place must do next; `lines` are those after `told`, oldest first.

    A card that was posted anew gets a thread of its own, with the whole story. A
    message whose answer was lost is repeated as it was.
    """
    if posted is None:
        return Wait()
    if thread.thread_id != posted.message_id:
        return Make(posted)
    if thread.is_gone:
        return Wait()
    if thread.begun_at is not None:
        begun = [line for line in lines if line.id <= thread.begun_to]
        return _tell(begun) if begun else Tell((), thread.begun_to)
    if not lines:
        return Close() if is_over and not thread.is_closed else Wait()
    if not is_over and all(line.event.kind == _AGAIN for line in lines):
        until = lines[0].event.at + EVERY
        if now < until:
            return Wait(until)
    return _tell(lines)


def _tell(lines: Sequence[Line]) -> Tell:
    """The oldest of them, as many as one message holds."""
    parts: list[Part] = []
    upto = 0
    for line in lines:
        event = line.event
        before = parts[-1] if parts else None
        if before and event.kind == before.event.kind == _AGAIN:
            parts[-1] = Part(before.event, before.more + 1)
        elif len(parts) == MOST:
            break
        else:
            parts.append(Part(event))
        upto = line.id
    return Tell(tuple(parts), upto)


def mark(instance: str, incident_id: IncidentId, upto: int) -> str:
    """What the last line of such a message holds, and its nonce."""
    return f"{instance}.t{incident_id}.{upto}"
