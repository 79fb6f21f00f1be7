"""Who and what there is: users, guilds, their roles, channels and members."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from tests.discord_wire.permissions import (
    EVERYTHING,
    NOTHING,
    Overwrite,
    Permission,
    in_channel,
)

Json = dict[str, Any]


class ChannelType(IntEnum):
    """The kinds of channel that this server makes."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    PUBLIC_THREAD = 11


@dataclass(slots=True, kw_only=True, eq=False)
class User:
    """A person or a bot."""

    id: int
    username: str
    display_name: str
    is_bot: bool = False

    def payload(self) -> Json:
        """As Discord writes it."""
        return {
            "id": str(self.id),
            "username": self.username,
            "global_name": None if self.is_bot else self.display_name,
            "discriminator": "0001" if self.is_bot else "0",
            "avatar": None,
            "avatar_decoration_data": None,
            "banner": None,
            "accent_color": None,
            "primary_guild": None,
            "bot": self.is_bot,
            "system": False,
            "flags": 0,
            "public_flags": 0,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Role:
    """A role of a guild; the one with the guild's id is everyone's."""

    id: int
    name: str
    permissions: Permission = NOTHING
    position: int = 0
    is_mentionable: bool = False
    is_managed: bool = False
    bot_id: int | None = None

    @property
    def mention(self) -> str:
        """What mentions it in a message."""
        return f"<@&{self.id}>"

    def payload(self) -> Json:
        """As Discord writes it."""
        tags = {} if self.bot_id is None else {"tags": {"bot_id": str(self.bot_id)}}
        return {
            "id": str(self.id),
            "name": self.name,
            "permissions": str(int(self.permissions & _KNOWN)),
            "position": self.position,
            "color": 0,
            "colors": {
                "primary_color": 0,
                "secondary_color": None,
                "tertiary_color": None,
            },
            "hoist": False,
            "managed": self.is_managed,
            "mentionable": self.is_mentionable,
            "icon": None,
            "unicode_emoji": None,
            "flags": 0,
            **tags,
        }


_KNOWN = Permission((1 << 53) - 1)


def bits(permissions: Permission) -> str:
    """Permissions as a string, every bit of an administrator's set."""
    return str(int(permissions) & int(_KNOWN))


@dataclass(slots=True, kw_only=True, eq=False)
class Channel:
    """A channel of a guild, or a direct conversation."""

    id: int
    name: str = ""
    type: ChannelType = ChannelType.TEXT
    guild_id: int | None = None
    position: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    recipient: User | None = None
    last_message_id: int | None = None
    #: of a thread: the channel that it is in
    parent: "Channel | None" = None
    owner_id: int | None = None
    is_archived: bool = False
    #: messages that were ever said in a thread
    said: int = 0

    @property
    def mention(self) -> str:
        """What mentions it in a message."""
        return f"<#{self.id}>"

    def payload(self) -> Json:
        """As Discord writes it."""
        last = None if self.last_message_id is None else str(self.last_message_id)
        shared = {"id": str(self.id), "type": int(self.type), "flags": 0}
        if self.recipient is not None:
            recipients = [self.recipient.payload()]
            return {**shared, "last_message_id": last, "recipients": recipients}
        if self.parent is not None:
            return {**shared, **self._as_thread(self.parent), "last_message_id": last}
        return {
            **shared,
            "guild_id": str(self.guild_id),
            "name": self.name,
            "position": self.position,
            "parent_id": None,
            "topic": None,
            "nsfw": False,
            "rate_limit_per_user": 0,
            "last_message_id": last,
            "permission_overwrites": [
                each.payload() for each in self.overwrites.values()
            ],
        }

    def _as_thread(self, parent: "Channel") -> Json:
        return {
            "guild_id": str(self.guild_id),
            "name": self.name,
            "parent_id": str(parent.id),
            "owner_id": str(self.owner_id),
            "rate_limit_per_user": 0,
            "message_count": self.said,
            "total_message_sent": self.said,
            "member_count": 1,
            "thread_metadata": {
                "archived": self.is_archived,
                "auto_archive_duration": 10_080,
                "archive_timestamp": "2026-01-01T00:00:00+00:00",
                "create_timestamp": "2026-01-01T00:00:00+00:00",
                "locked": False,
            },
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Member:
    """A user in a guild."""

    user: User
    joined_at: datetime
    #: without everyone's
    role_ids: list[int] = field(default_factory=list)

    def payload(self) -> Json:
        """As Discord writes it, with its user."""
        return {
            "user": self.user.payload(),
            "nick": None,
            "avatar": None,
            "banner": None,
            "roles": [str(each) for each in self.role_ids],
            "joined_at": self.joined_at.isoformat(),
            "premium_since": None,
            "communication_disabled_until": None,
            "deaf": False,
            "mute": False,
            "pending": False,
            "flags": 0,
        }


@dataclass(slots=True, kw_only=True, eq=False)
class Guild:
    """A server of Discord, in the sense of its users."""

    id: int
    name: str
    owner_id: int
    created_at: datetime
    roles: dict[int, Role] = field(default_factory=dict)
    channels: dict[int, Channel] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    threads: dict[int, Channel] = field(default_factory=dict)
    #: whether the bot was invited with the scope applications.commands
    has_commands_scope: bool = True

    def permissions_of(
        self, user_id: int, channel: Channel | None = None
    ) -> Permission:
        """What a member may do in the guild, or in one of its channels."""
        member = self.members.get(user_id)
        if member is None:
            return NOTHING
        if user_id == self.owner_id:
            return EVERYTHING
        base = self.roles[self.id].permissions
        for role_id in member.role_ids:
            base |= self.roles[role_id].permissions
        # a thread has no permissions of its own
        ruling = channel if channel is None else channel.parent or channel
        overwrites = {} if ruling is None else ruling.overwrites
        return in_channel(
            base,
            overwrites,
            everyone=self.id,
            roles=member.role_ids,
            member=user_id,
        )

    def payload(self) -> Json:
        """As Discord writes it, without what only the gateway tells."""
        return {
            **_UNUSED,
            "id": str(self.id),
            "name": self.name,
            "owner_id": str(self.owner_id),
            "roles": [each.payload() for each in self.roles.values()],
        }

    def gateway_payload(self, bot_id: int) -> Json:
        """As GUILD_CREATE tells it, with the bot as the only member."""
        return {
            **self.payload(),
            "joined_at": self.members[bot_id].joined_at.isoformat(),
            "large": False,
            "unavailable": False,
            "member_count": len(self.members),
            "members": [self.members[bot_id].payload()],
            "channels": [each.payload() for each in self.channels.values()],
            "threads": [
                each.payload() for each in self.threads.values() if not each.is_archived
            ],
            "presences": [],
            "voice_states": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "soundboard_sounds": [],
        }


_UNUSED: Json = {
    **dict.fromkeys(
        (
            *("icon", "description", "home_header", "splash", "discovery_splash"),
            *("banner", "application_id", "afk_channel_id", "system_channel_id"),
            *("widget_channel_id", "vanity_url_code", "rules_channel_id"),
            *("safety_alerts_channel_id", "public_updates_channel_id"),
            *("max_presences", "incidents_data"),
        )
    ),
    "features": [],
    "emojis": [],
    "stickers": [],
    "region": "deprecated",
    "afk_timeout": 300,
    "system_channel_flags": 0,
    "widget_enabled": False,
    "verification_level": 1,
    "default_message_notifications": 1,
    "mfa_level": 0,
    "explicit_content_filter": 0,
    "max_members": 500_000,
    "max_stage_video_channel_users": 50,
    "max_video_channel_users": 25,
    "premium_tier": 0,
    "premium_subscription_count": 0,
    "preferred_locale": "en-US",
    "premium_progress_bar_enabled": False,
    "nsfw": False,
    "nsfw_level": 0,
}
