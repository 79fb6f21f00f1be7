"""Whom a message really pings, by its text, what is allowed, and who may."""

import re
from dataclasses import dataclass
from typing import Any

from tests.discord_wire.guilds import Channel, Guild
from tests.discord_wire.permissions import Permission

Json = dict[str, Any]

_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")


@dataclass(frozen=True, slots=True)
class Pings:
    """Who got a notification."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False

    def __bool__(self) -> bool:
        return bool(self.users or self.roles or self.everyone)


@dataclass(frozen=True, slots=True)
class Allowed:
    """The `allowed_mentions` of a body; without one, everything is allowed."""

    parse: frozenset[str] = frozenset({"users", "roles", "everyone"})
    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    replied_user: bool = True

    @classmethod
    def of(cls, body: Json) -> "Allowed":
        """What a body allows."""
        found = body.get("allowed_mentions")
        if found is None:
            return cls()
        return cls(
            parse=frozenset(found.get("parse") or ()),
            users=frozenset(map(int, found.get("users") or ())),
            roles=frozenset(map(int, found.get("roles") or ())),
            replied_user=bool(found.get("replied_user", False)),
        )


def pings(
    text: str,
    allowed: Allowed,
    *,
    guild: Guild | None,
    channel: Channel,
    author_id: int,
    replied_to: int | None = None,
) -> Pings:
    """Who is notified of a new message with this text."""
    users = {int(found) for found in _USER.findall(text)}
    if "users" not in allowed.parse:
        users &= allowed.users
    if replied_to is not None and allowed.replied_user:
        users.add(replied_to)
    if guild is None:
        recipient = channel.recipient
        return Pings(frozenset({recipient.id} & users if recipient else ()))
    roles = {int(found) for found in _ROLE.findall(text)} & guild.roles.keys()
    if "roles" not in allowed.parse:
        roles &= allowed.roles
    may = guild.permissions_of(author_id, channel)
    may_all = bool(may & Permission.MENTION_EVERYONE)
    return Pings(
        users=frozenset(users & guild.members.keys()),
        roles=frozenset(r for r in roles if may_all or guild.roles[r].is_mentionable),
        everyone=bool(
            may_all and "everyone" in allowed.parse and _EVERYONE.search(text)
        ),
    )
