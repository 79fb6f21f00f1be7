"""Channels and roles of Discord: what the settings say, and what is chosen beside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.core import roles
from bot.core.roles import Grade, Rules
from bot.errors import Problem


class Choice(StrEnum):
    """What can be chosen; the values are what the store and the faces write."""

    #: where incidents are posted
    ALERT = "alert"
    #: where daily summaries are
    SUMMARY = "summary"
    #: where incidents go while their channel cannot be used
    FALLBACK = "fallback"
    #: who may look
    VIEWER = "viewer"
    #: who may acknowledge, mute and run
    OPERATOR = "operator"
    #: who may do everything
    ADMIN = "admin"


CHANNELS = (Choice.ALERT, Choice.SUMMARY, Choice.FALLBACK)
ROLES = (Choice.VIEWER, Choice.OPERATOR, Choice.ADMIN)

#: roles that one choice may name; as many as a menu of Discord's takes
MOST_ROLES = 25
_LARGEST = 2**63

#: ids of Discord's, by what they are for; what is not there, or empty, is not said
Ids = Mapping[Choice, tuple[int, ...]]


class Source(StrEnum):
    """Where it comes from that something is in force."""

    SETTINGS = "settings"
    CHOICE = "choice"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What somebody has chosen, by a command or a call."""

    ids: tuple[int, ...]
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holds:
    """What holds of one choice."""

    ids: tuple[int, ...]
    source: Source
    #: kept in the store, maybe without an effect
    chosen: Chosen | None = None


Force = Mapping[Choice, Holds]


def setting(choice: Choice) -> str:
    """The key in the section `discord` that decides the same."""
    kind = "channel_id" if choice in CHANNELS else "role_ids"
    return f"{choice}_{kind}"


def in_force(fixed: Ids, chosen: Mapping[Choice, Chosen]) -> dict[Choice, Holds]:
    """What holds now: a setting always wins; a choice applies where there is none."""
    return {each: _of(fixed.get(each, ()), chosen.get(each)) for each in Choice}


def _of(fixed: tuple[int, ...], chosen: Chosen | None) -> Holds:
    if fixed:
        return Holds(ids=fixed, source=Source.SETTINGS, chosen=chosen)
    if chosen is not None:
        return Holds(ids=chosen.ids, source=Source.CHOICE, chosen=chosen)
    return Holds(ids=(), source=Source.NOTHING)


def channel(force: Force, choice: Choice) -> int | None:
    """The channel of one choice, if there is any."""
    return next(iter(force[choice].ids), None)


def places(force: Force) -> tuple[int, ...]:
    """Where cards are posted, the best first; without a channel for them: nowhere."""
    alert, fallback = channel(force, Choice.ALERT), channel(force, Choice.FALLBACK)
    if alert is None:
        return ()
    return tuple(dict.fromkeys(each for each in (alert, fallback) if each is not None))


def rules(force: Force) -> Rules:
    """Who may do what."""
    return Rules(
        viewer_role_ids=frozenset(force[Choice.VIEWER].ids),
        operator_role_ids=frozenset(force[Choice.OPERATOR].ids),
        admin_role_ids=frozenset(force[Choice.ADMIN].ids),
    )


def problem(
    choice: Choice, ids: tuple[int, ...], everyone: int | None
) -> Problem | None:
    """What is wrong with these ids; `everyone` is the id of the role that all have."""
    strange = [each for each in ids if not 0 < each < _LARGEST]
    if strange:
        hint = "copy it, with Developer Mode on"
        return Problem(choice, f"{strange[0]} is no id of Discord's", hint)
    most = 1 if choice in CHANNELS else MOST_ROLES
    if len(ids) > most:
        return Problem(choice, f"it has {len(ids)} ids; {most} can be chosen")
    if choice in (Choice.OPERATOR, Choice.ADMIN) and everyone in ids:
        can = "acknowledge, mute and run" if choice is Choice.OPERATOR else "do all"
        return Problem(
            choice,
            f"with @everyone each member of the server could {can}",
            "choose a role that only some people have",
        )
    return None


def locks_out(
    role_ids: Iterable[int], *, manages_guild: bool, before: Rules, after: Rules
) -> bool:
    """Whether somebody with these roles would be an admin no more."""
    held = frozenset(role_ids)
    was = roles.grade(held, manages_guild=manages_guild, rules=before)
    would_be = roles.grade(held, manages_guild=manages_guild, rules=after)
    return was is Grade.ADMIN and would_be is not Grade.ADMIN
