"""Everything that the local Discord knows, and how its things are made."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from bot.clock import Clock, SystemClock
from tests.discord_wire.commands import Commands
from tests.discord_wire.errors import Problem
from tests.discord_wire.guilds import Channel, ChannelType, Guild, Member, Role, User
from tests.discord_wire.interactions import Interaction
from tests.discord_wire.messages import Message
from tests.discord_wire.permissions import (
    NOTHING,
    OF_EVERYONE,
    OF_THE_BOT,
    Permission,
)
from tests.discord_wire.requests import Request, Requests
from tests.discord_wire.snowflakes import Snowflakes
from tests.discord_wire.waiting import Changes

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Violation:
    """A request that no bot may make."""

    request: Request
    problems: tuple[Problem | str, ...]

    def __str__(self) -> str:
        """On one line."""
        reasons = "; ".join(map(str, self.problems))
        return f"{self.request.method} {self.request.path}: {reasons}"


@dataclass(slots=True, kw_only=True)
class Rules:
    """Values of Discord's that a test may change."""

    #: how long an interaction may stay without a callback
    answer_within_s: float = 3.0
    #: how long the token of an interaction is good for
    interaction_lasts_s: float = 900.0
    #: how long a nonce is remembered
    nonce_window_s: float = 180.0
    #: whether five messages in five seconds are the most in a channel
    limits_messages: bool = False
    file_bytes: int = 10 * 1024 * 1024
    heartbeat_interval_s: float = 41.25


class State:
    """The application, the bot, the guilds and all that has happened."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self.snowflakes = Snowflakes(self.clock)
        self.changes = Changes()
        self.rules = Rules()
        self.requests = Requests(self.changes)
        self.violations: list[Violation] = []
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        #: those where the bot is
        self.joined: set[int] = set()
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.interactions: dict[int, Interaction] = {}
        #: by channel and nonce: the monotonic time, and the message
        self.nonces: dict[tuple[int, str], tuple[float, Message]] = {}
        self.bot = self.add_user("cronitor-bot", is_bot=True)
        self.owner = self.add_user("owner")
        # an application and its bot have had the same id for years
        self.application_id = self.bot.id
        self.token: str | None = new_token(self.bot.id)
        self.former_token = self.token
        #: where what people do is sent, if not over the gateway
        self.interactions_endpoint_url: str | None = None
        self.commands = Commands(self.application_id, self.snowflakes)

    def add_user(self, name: str, *, is_bot: bool = False) -> User:
        """Make a user; the name must be new."""
        taken = {each.username for each in self.users.values()}
        assert name not in taken, f"there is a user {name!r} already"
        user = User(
            id=self.snowflakes.new(),
            username=name,
            display_name=name.capitalize(),
            is_bot=is_bot,
        )
        self.users[user.id] = user
        return user

    def add_guild(self, name: str) -> Guild:
        """Make a guild with everyone's role and the bot in it."""
        guild = Guild(
            id=self.snowflakes.new(),
            name=name,
            owner_id=self.owner.id,
            created_at=self.clock.now(),
        )
        everyone = Role(id=guild.id, name="@everyone", permissions=OF_EVERYONE)
        guild.roles[guild.id] = everyone
        self.guilds[guild.id] = guild
        self.add_member(guild, self.owner)
        self.add_bot(guild)
        return guild

    def add_bot(self, guild: Guild) -> None:
        """Let the bot be a member, with a role of its own."""
        role = self.add_role(guild, self.bot.username, permissions=OF_THE_BOT)
        role.is_managed, role.bot_id = True, self.bot.id
        self.add_member(guild, self.bot, role.id)
        self.joined.add(guild.id)

    def add_role(
        self,
        guild: Guild,
        name: str,
        *,
        permissions: Permission = NOTHING,
        is_mentionable: bool = False,
    ) -> Role:
        """Make a role."""
        role = Role(
            id=self.snowflakes.new(),
            name=name,
            permissions=permissions,
            position=len(guild.roles),
            is_mentionable=is_mentionable,
        )
        guild.roles[role.id] = role
        return role

    def add_member(self, guild: Guild, user: User, *role_ids: int) -> Member:
        """Let a user into a guild."""
        joined_at = self.clock.now()
        member = Member(user=user, joined_at=joined_at, role_ids=list(role_ids))
        guild.members[user.id] = member
        return member

    def add_channel(
        self, guild: Guild, name: str, kind: ChannelType = ChannelType.TEXT
    ) -> Channel:
        """Make a channel of a guild."""
        channel = Channel(
            id=self.snowflakes.new(),
            name=name,
            type=kind,
            guild_id=guild.id,
            position=len(guild.channels),
        )
        guild.channels[channel.id] = channel
        self.channels[channel.id] = channel
        return channel

    def add_direct(self, user: User) -> Channel:
        """The direct conversation of the bot with a user."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(id=self.snowflakes.new(), type=ChannelType.DM, recipient=user)
        self.channels[channel.id] = channel
        return channel

    def guild_of(self, channel: Channel) -> Guild | None:
        """The guild of a channel; None for a direct conversation."""
        return None if channel.guild_id is None else self.guilds[channel.guild_id]

    def messages_in(self, channel_id: int) -> list[Message]:
        """What everybody sees in a channel, oldest first."""
        return [
            each
            for each in self.messages.values()
            if each.channel.id == channel_id
            and not each.is_deleted
            and each.seen_by is None
        ]

    def violate(self, request: Request, *problems: Problem | str) -> None:
        """Remember what the bot did wrong."""
        self.violations.append(Violation(request, problems))


def new_token(user_id: int) -> str:
    """A token in the shape of Discord's, three parts with dots."""
    head = urlsafe_b64encode(str(user_id).encode()).decode().rstrip("=")
    return f"{head}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
