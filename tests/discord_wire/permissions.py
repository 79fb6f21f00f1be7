"""Discord's permission bits, and which of them a member has in a channel."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntFlag


class Permission(IntFlag):
    """The bits that this server knows."""

    KICK_MEMBERS = 1 << 1
    BAN_MEMBERS = 1 << 2
    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_AUDIT_LOG = 1 << 7
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    CHANGE_NICKNAME = 1 << 26
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    CREATE_PUBLIC_THREADS = 1 << 35
    SEND_MESSAGES_IN_THREADS = 1 << 38


EVERYTHING = ~Permission(0)
NOTHING = Permission(0)
#: what anybody may do in a new guild
OF_EVERYONE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
)
#: what the bot is invited with
OF_THE_BOT = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.SEND_MESSAGES_IN_THREADS
)


@dataclass(slots=True)
class Overwrite:
    """What a channel allows and denies to a role or a member."""

    id: int
    is_role: bool
    allow: Permission = NOTHING
    deny: Permission = NOTHING

    def payload(self) -> dict[str, object]:
        """As Discord writes it."""
        return {
            "id": str(self.id),
            "type": 0 if self.is_role else 1,
            "allow": str(int(self.allow)),
            "deny": str(int(self.deny)),
        }


def in_channel(
    base: Permission,
    overwrites: dict[int, Overwrite],
    *,
    everyone: int,
    roles: Iterable[int],
    member: int,
) -> Permission:
    """The permissions of a member after the channel's overwrites.

    Order: everyone's, those of all roles together, the member's own.
    """
    if base & Permission.ADMINISTRATOR:
        return EVERYTHING
    of_roles = [overwrites[role] for role in roles if role in overwrites]
    both = Overwrite(0, is_role=True)
    for overwrite in of_roles:
        both.allow |= overwrite.allow
        both.deny |= overwrite.deny
    none = Overwrite(0, is_role=True)
    for each in (overwrites.get(everyone, none), both, overwrites.get(member, none)):
        base = (base & ~each.deny) | each.allow
    if not base & Permission.VIEW_CHANNEL:
        return NOTHING
    if not base & Permission.SEND_MESSAGES:
        base &= ~(Permission.EMBED_LINKS | Permission.ATTACH_FILES)
        base &= ~Permission.MENTION_EVERYONE
    return base
