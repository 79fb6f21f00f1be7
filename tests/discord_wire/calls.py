"""One call of the API, as its handler sees it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tests.discord_wire.errors import (
    InvalidForm,
    Problem,
    missing_access,
    missing_permissions,
    unknown,
)
from tests.discord_wire.guilds import Channel, Guild
from tests.discord_wire.permissions import Permission
from tests.discord_wire.replies import Reply
from tests.discord_wire.requests import Request
from tests.discord_wire.state import State

Json = dict[str, Any]


class Dispatch(Protocol):
    """Tells the gateway's clients of an event."""

    def __call__(self, event: str, data: Json, *, intent: int = 0) -> None:
        """Send it to all that asked for one of these intents; 0: to all."""
        ...


@dataclass(slots=True)
class Call:
    """A request with the ids of its path."""

    state: State
    request: Request
    params: dict[str, str]
    dispatch: Dispatch

    @property
    def body(self) -> Any:
        """The JSON that was sent."""
        return self.request.body

    def id(self, name: str) -> int:
        """An id of the path."""
        if not self.params[name].isdecimal():
            text = f'Value "{self.params[name]}" is not snowflake.'
            raise InvalidForm([Problem((name,), "NUMBER_TYPE_COERCE", text)])
        return int(self.params[name])

    def guild(self) -> Guild:
        """The guild of the path, where the bot must be."""
        guild_id = self.id("guild_id")
        if guild_id not in self.state.joined:
            raise unknown("Guild")
        return self.state.guilds[guild_id]

    def channel(self, *needed: Permission) -> Channel:
        """The channel of the path, which the bot must see and may use so."""
        channel = self.state.channels.get(self.id("channel_id"))
        if channel is None:
            raise unknown("Channel")
        guild = self.state.guild_of(channel)
        if guild is None:
            return channel
        has = guild.permissions_of(self.state.bot.id, channel)
        if guild.id not in self.state.joined or not has & Permission.VIEW_CHANNEL:
            raise missing_access()
        if any(not has & _in(channel, each) for each in needed):
            raise missing_permissions()
        return channel

    def has(self, channel: Channel, permission: Permission) -> bool:
        """Whether the bot has this permission there; always in a conversation."""
        guild = self.state.guild_of(channel)
        if guild is None:
            return True
        return bool(guild.permissions_of(self.state.bot.id, channel) & permission)


def _in(channel: Channel, needed: Permission) -> Permission:
    """What that permission is called where the channel is a thread."""
    if channel.parent is not None and needed is Permission.SEND_MESSAGES:
        return Permission.SEND_MESSAGES_IN_THREADS
    return needed


Handler = Callable[[Call], Reply]
Routes = dict[tuple[str, str], Handler]


def number(call: Call, name: str, default: int, least: int, most: int) -> int:
    """A number of the query."""
    text = call.request.query.get(name, str(default))
    if text.isdecimal() and least <= int(text) <= most:
        return int(text)
    message = f"int value should be between {least} and {most}."
    raise InvalidForm([Problem((name,), "NUMBER_TYPE_RANGE", message)])
