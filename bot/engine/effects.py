"""The one place where effects become rows."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self, assert_never

import storage.blind_times
import storage.cards
import storage.incidents
import storage.mutes
import storage.notifications
import storage.slots
from bot.core import views
from bot.core.effects import CloseSlot, Effect, EndMute, Notify, Record, Unseen
from bot.core.kinds import (
    BlindId,
    IncidentId,
    NotificationId,
    NotificationKind,
    Severity,
)
from bot.core.models import Incident, Notification
from bot.core.transitions import Transition, Watched
from bot.engine.folds import Plain
from storage.notifications import Snapshot
from storage.queries import Transaction


@dataclass(frozen=True, slots=True)
class Places:
    """Where notifications go, by the names that their rows have."""

    #: each takes every notification that concerns it
    channels: tuple[str, ...]
    #: each shows an incident as one card
    cards: tuple[str, ...] = ()
    #: each takes reports, though it shows no incident
    reports: tuple[str, ...] = ()

    def showing(self, place: str, *, shows: bool, reports: bool) -> Self:
        """The same with cards in a place, with reports alone, or with neither."""
        cards = tuple(each for each in self.cards if each != place)
        others = tuple(each for each in self.reports if each != place)
        if shows:
            return replace(self, cards=(*cards, place), reports=others)
        return replace(
            self, cards=cards, reports=(*others, place) if reports else others
        )

    def hearing(self, kind: NotificationKind) -> tuple[str, ...]:
        """Those that take what is about no incident."""
        names = (*self.channels, *self.cards)
        return (*names, *self.reports) if kind is NotificationKind.SUMMARY else names


Told = tuple[Notification, Snapshot, Sequence[str]]


@dataclass(slots=True)
class Rows:
    """The effects of a batch, by the table that they go to."""

    closed: list[CloseSlot] = field(default_factory=list)
    records: list[Record] = field(default_factory=list)
    told: list[tuple[Notify, Watched]] = field(default_factory=list)
    ended: list[EndMute] = field(default_factory=list)
    unseen: set[BlindId] = field(default_factory=set)

    def add(self, effect: Effect, watched: Watched) -> None:
        """Put one effect where it belongs."""
        match effect:
            case CloseSlot():
                self.closed.append(effect)
            case Unseen():
                self.unseen.add(effect.blind_id)
            case Record():
                self.records.append(effect)
            case Notify():
                self.told.append((effect, watched))
            case EndMute():
                self.ended.append(effect)
            case _:
                assert_never(effect)


async def apply(
    tx: Transaction,
    transitions: Sequence[Transition],
    *,
    ids: Iterator[int],
    places: Places,
    now: datetime,
) -> list[Notify]:
    """Write the effects of a whole batch; what is to be said."""
    rows = Rows()
    for transition in transitions:
        for effect in transition.effects:
            rows.add(effect, transition.watched)
    if rows.closed:
        await storage.slots.close_many(tx, rows.closed)
    if rows.records:
        await storage.incidents.record_many(tx, rows.records)
    if rows.told:
        told = [_told(effect, each, ids, places, now) for effect, each in rows.told]
        await storage.notifications.insert_many(tx, told)
    if rows.unseen:
        await storage.blind_times.unseen(tx, rows.unseen, now)
    for mute in rows.ended:
        await storage.mutes.end(tx, mute.mute_id, mute.at)
    return [effect for effect, _ in rows.told]


def _told(
    effect: Notify,
    watched: Watched,
    ids: Iterator[int],
    places: Places,
    now: datetime,
) -> Told:
    notification = Notification(
        id=NotificationId(next(ids)),
        job_id=effect.job_id,
        incident_id=effect.incident_id,
        kind=effect.kind,
        at=effect.at,
        sounds=effect.sounds,
    )
    hear = [name for name in places.channels if _concerns(name, effect, watched)]
    hear += [name for name in places.cards if _is_heard_beside_cards(effect)]
    return notification, _snapshot(effect, watched, now), hear


def _concerns(channel: str, effect: Notify, watched: Watched) -> bool:
    """The log hears everything; other places do not hear the end of what was silent."""
    if channel == "log" or effect.kind is not NotificationKind.RESOLVED:
        return True
    return watched.incident is not None and watched.incident.sounds > 0


def _is_heard_beside_cards(effect: Notify) -> bool:
    """What a card shows by itself is not told again: only what makes a sound."""
    return effect.sounds or effect.incident_id is None


def _snapshot(effect: Notify, watched: Watched, now: datetime) -> Snapshot:
    """Job and incident as they are now; without what only its owner may know."""
    job, state, incident = watched.job, watched.state, watched.incident
    shown = views.job(job, state, None, now)
    del shown["uuid"]
    snapshot: dict[str, object] = {"job": shown, "incident": None}
    if incident is not None and effect.incident_id is not None:
        view = views.incident(incident, job, state, watched.silencers, now)
        snapshot["incident"] = view
    return snapshot


def loudness(
    told: Iterable[Notify], changed: Iterable[Incident]
) -> Mapping[IncidentId | None, int]:
    """How loud the cards are whose incidents have something to say."""
    critical = {i.id for i in changed if i.severity is Severity.CRITICAL}
    return {
        each.incident_id: storage.cards.CRITICAL
        if each.incident_id in critical
        else storage.cards.LOUD
        for each in told
        if each.sounds
    }


def closed_slots(
    decided: Sequence[tuple[Watched, Transition]], plain: Collection[Plain]
) -> list[CloseSlot]:
    """All that was said of slots."""
    closed = [effect for each in plain for effect in each.closed]
    for _, transition in decided:
        closed += [e for e in transition.effects if isinstance(e, CloseSlot)]
    return closed
