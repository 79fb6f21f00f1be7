"""What a place shows of an incident: one message, brought up to date as it develops.

A place is level-triggered: it asks what differs between the newest state and what its
message shows, so that an outage leaves one thing to do and not a queue of old ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core import silencers
from bot.core.audible import Silence
from bot.core.escalations import Standing
from bot.core.kinds import (
    BulletinKind,
    IncidentId,
    NotificationId,
    NotificationKind,
    SilenceKind,
)
from bot.core.models import Incident, Job, JobState
from bot.core.run_lengths import RunLength


@dataclass(frozen=True, slots=True)
class Child:
    """An incident that is silent because of the one that a card shows."""

    incident_id: IncidentId
    slug: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything that the message about one incident may say, as of `now`."""

    incident: Incident
    job: Job
    state: JobState
    #: why it makes no sound now; None: nothing silences it
    silence: Silence | None
    #: end of the newest output that a ping of this incident brought, masked; may be ""
    output: str = ""
    #: more of that output is kept than this
    is_cut: bool = False
    #: incidents below it that it silences, by slug
    children: tuple[Child, ...] = ()
    #: the run that it is about, if its length is known
    run: RunLength | None = None
    #: who has been called, if anybody is to be
    escalation: Standing | None = None
    now: datetime
    #: stands in the footer; what a message is looked for by when an answer was lost
    mark: str


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that is there."""

    channel_id: int
    message_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A send whose answer is not known: it may have been taken or not."""

    at: datetime
    channel_id: int
    #: the newest notification that it says; None: it is silent
    covers: NotificationId | None
    #: it is a message of its own beside the card
    is_sound: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a place knows of its message about one incident."""

    incident_id: IncidentId
    #: counts the incident's changes
    touched: int
    posted: Posted | None = None
    begun: Begun | None = None
    #: counts messages that were deleted and posted anew
    generation: int = 0
    #: of what the message shows; empty before it is posted
    digest: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Owed:
    """A notification that the place has not taken yet."""

    id: NotificationId
    kind: NotificationKind


@dataclass(frozen=True, slots=True)
class Post:
    """Send the card; with a sound if it covers a notification."""

    covers: NotificationId | None


@dataclass(frozen=True, slots=True)
class Called:
    """One step of an escalation that a sound takes."""

    #: the notification that is about it
    id: NotificationId
    step: silencers.Step


@dataclass(frozen=True, slots=True)
class Sound:
    """Say something beside the card: an edit wakes nobody."""

    kind: NotificationKind
    covers: NotificationId
    #: whom it calls: what was owed for long may be several steps at once
    calls: tuple[Called, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Whom a sound mentions, and whom it could not reach beside the channel."""

    roles: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    #: people who could not be written to: they are mentioned instead
    unwritten: tuple[int, ...] = ()
    #: it was to be said in the fallback channel as well, and was not
    no_fallback: bool = False


NOBODY = Call()


@dataclass(frozen=True, slots=True)
class Edit:
    """Bring the card up to date; what it covers needs no sound any more."""

    covers: NotificationId | None


@dataclass(frozen=True, slots=True)
class Rest:
    """The card is up to date; what it covers needs no sound any more."""

    covers: NotificationId | None


Step = Post | Sound | Edit | Rest


def next_step(shown: Shown, card: Card, owed: Sequence[Owed], digest: str) -> Step:
    """What a place must do next; `owed` has the oldest first, `digest` is the newest.

    All that is owed is one sound, about the newest state; an incident that is over or
    silenced by now makes none. A send whose answer was lost is repeated first, as it
    was. Who is called is called in a message beside the card, never by the card.
    """
    newest = owed[-1].id if owed else None
    begun, loud = shown.begun, _audible(card, owed)
    if shown.posted is None:
        if begun is not None:
            return Post(begun.covers)
        if not shown.generation and _is_unposted(card, loud):
            return Rest(newest)
        calls = bool(loud) and bool(_calling(loud))
        return Post(newest if loud and not calls else None)
    if loud:
        return _sound(card, loud, begun)
    return (Rest if digest == shown.digest else Edit)(newest)


def _is_unposted(card: Card, loud: Sequence[Owed]) -> bool:
    """Its storm speaks for it, it waits for others, or recovered before it was heard.

    Of a storm, whoever has a sound of its own has a card of its own from then on, also
    if that is deleted.
    """
    incident = card.incident
    if incident.storm_id is not None:
        return not loud
    if incident.resolved_at is None:
        return card.silence is not None and card.silence.kind is SilenceKind.GROUP_WAIT
    waits_until = incident.waits_until
    return waits_until is not None and incident.resolved_at < waits_until


def _audible(card: Card, owed: Sequence[Owed]) -> Sequence[Owed]:
    """What of it may be said now: one of a storm calls people for all the others."""
    if not is_quiet(card):
        return owed
    if card.silence is None or card.silence.kind is not SilenceKind.STORM:
        return ()
    return [each for each in owed if each.kind is NotificationKind.ESCALATED]


def is_quiet(card: Card) -> bool:
    """Whether it makes no sound now, whatever was owed before."""
    return card.incident.resolved_at is not None or card.silence is not None


def calling(shown: Shown, card: Card, owed: Sequence[Owed]) -> Sound | None:
    """The sound that is owed, if it calls people; there may be no card yet."""
    loud = _audible(card, owed)
    begun = None if shown.posted is None else shown.begun
    return _sound(card, loud, begun) if _calling(loud) else None


def _sound(card: Card, owed: Sequence[Owed], begun: Begun | None) -> Sound:
    """One sound for all that is owed, or for as much of it as one that was begun.

    A reminder never keeps people from being called: the call says as much and more.
    """
    said = _said(owed, begun)
    calling, later = _calling(said), _calling(owed[len(said) :])
    taken = () if card.escalation is None else card.escalation.taken
    rungs = taken[: len(taken) - len(later)]
    pairs = zip(reversed(calling), reversed(rungs), strict=False)
    calls = [Called(each.id, rung.step) for each, rung in pairs]
    kind = NotificationKind.ESCALATED if calling else said[-1].kind
    return Sound(kind, said[-1].id, tuple(reversed(calls)))


def _said(owed: Sequence[Owed], begun: Begun | None) -> Sequence[Owed]:
    """What a sound speaks for, up to the newest, unless one was begun before that."""
    for number, each in enumerate(owed, 1):
        if begun is not None and begun.is_sound and each.id == begun.covers:
            return owed[:number]
    return owed


def _calling(owed: Sequence[Owed]) -> Sequence[Owed]:
    """The calls of one escalation at the end; what else is said starts it over."""
    found: list[Owed] = []
    for each in reversed(owed):
        if each.kind is NotificationKind.ESCALATED:
            found.insert(0, each)
        elif each.kind is not NotificationKind.REMINDER:
            break
    return found


def card_mark(instance: str, incident_id: IncidentId, generation: int) -> str:
    """What the footer of a card holds, and its nonce: 25 characters at most."""
    return f"{instance}.c{incident_id}.{generation}"


def bulletin_mark(
    instance: str, kind: BulletinKind, subject_id: int, generation: int
) -> str:
    """As of a card, for the message about a blind time or a storm."""
    return f"{instance}.{kind[0]}{subject_id}.{generation}"


def message_mark(instance: str, notification_id: NotificationId) -> str:
    """What the footer of any other message holds, and its nonce."""
    return f"{instance}.n{notification_id}"
