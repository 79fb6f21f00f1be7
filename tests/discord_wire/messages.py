"""Messages, what became of them, and what may be in them."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntFlag
from mimetypes import guess_type
from typing import Any

from tests.discord_wire import components, snowflakes
from tests.discord_wire.guilds import Channel, User
from tests.discord_wire.mentions import Pings
from tests.discord_wire.requests import Request

Json = dict[str, Any]


class MessageFlag(IntFlag):
    """The flags that this server knows."""

    SUPPRESS_EMBEDS = 1 << 2
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    SUPPRESS_NOTIFICATIONS = 1 << 12
    IS_COMPONENTS_V2 = 1 << 15


#: what a body may set in a channel
SETTABLE = (
    MessageFlag.SUPPRESS_EMBEDS
    | MessageFlag.SUPPRESS_NOTIFICATIONS
    | MessageFlag.IS_COMPONENTS_V2
)
_NONE = MessageFlag(0)
_NOBODY = Pings()


@dataclass(slots=True, kw_only=True)
class Version:
    """What a message said before an edit."""

    content: str
    embeds: list[Json]
    components: list[Json]
    #: when it was edited away
    until: datetime


@dataclass(slots=True, kw_only=True, eq=False)
class Message:
    """One message; `edits` are its former versions, oldest first."""

    id: int
    channel: Channel
    author: User
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    flags: MessageFlag = _NONE
    nonce: str | None = None
    tts: bool = False
    #: name and content
    files: dict[str, bytes] = field(default_factory=dict)
    attachments: list[Json] = field(default_factory=list)
    reply_to: "Message | None" = None
    pings: Pings = _NOBODY
    edited_at: datetime | None = None
    edits: list[Version] = field(default_factory=list)
    is_deleted: bool = False
    #: the only one who sees it
    seen_by: User | None = None
    interaction_id: int | None = None
    interaction_name: str = ""
    interaction_user: User | None = None
    interaction_type: int = 0
    application_id: int | None = None

    @property
    def created_at(self) -> datetime:
        """When it was posted."""
        return snowflakes.moment_of(self.id)

    @property
    def is_silent(self) -> bool:
        """Whether nobody's telephone rang."""
        return bool(self.flags & MessageFlag.SUPPRESS_NOTIFICATIONS)

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & MessageFlag.EPHEMERAL)

    @property
    def is_loading(self) -> bool:
        """Whether the bot is still thinking."""
        return bool(self.flags & MessageFlag.LOADING)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see in it."""
        return not (self.content or self.embeds or self.components or self.attachments)

    @property
    def embed(self) -> Json:
        """Its only embed."""
        (embed,) = self.embeds
        return embed

    @property
    def text(self) -> str:
        """Everything that a person reads in it, without labels of buttons."""
        shown = [self.content, *components.texts(self.components)]
        for embed in self.embeds:
            shown += _texts_of(embed)
        return "\n".join(each for each in shown if each)

    @property
    def labels(self) -> list[str]:
        """The labels of its buttons."""
        found = components.buttons(self.components)
        return [str(each.get("label") or "") for each in found]

    def change(self, body: Mapping[str, Any]) -> None:
        """Take over what the body names; the rest stays."""
        if "content" in body:
            self.content = body["content"] or ""
        if "embeds" in body:
            self.embeds = deepcopy(body["embeds"] or [])
        if "components" in body:
            self.components = deepcopy(body["components"] or [])
        if body.get("flags") is not None:
            kept = self.flags & ~SETTABLE
            self.flags = kept | (MessageFlag(body["flags"]) & SETTABLE)

    def edit(self, body: Mapping[str, Any], now: datetime) -> None:
        """Change it, and keep what it was."""
        self.edits.append(
            Version(
                content=self.content,
                embeds=self.embeds,
                components=self.components,
                until=now,
            )
        )
        self.change(body)
        self.edited_at = now

    def attach(self, body: Mapping[str, Any], sent: Request, first_id: int) -> None:
        """Add the files of a form, and drop what the body no longer lists."""
        listed = {str(each.get("id")): each for each in body.get("attachments") or []}
        if "attachments" in body:
            self.attachments = [x for x in self.attachments if x["id"] in listed]
        files = zip(sent.file_ids, sent.files.items(), strict=True)
        for number, (part, (name, content)) in enumerate(files):
            self.files[name] = content
            url = f"https://cdn.invalid/{self.channel.id}/{first_id + number}/{name}"
            described = listed.get(part, {}).get("description")
            self.attachments.append(
                {
                    "id": str(first_id + number),
                    "filename": name,
                    "size": len(content),
                    "url": url,
                    "proxy_url": url,
                    "content_type": guess_type(name)[0] or "application/octet-stream",
                    **({"description": described} if described else {}),
                }
            )

    def payload(self) -> Json:
        """As Discord writes it."""
        return {
            "id": str(self.id),
            "type": 19 if self.reply_to else 20 if self.interaction_id else 0,
            "channel_id": str(self.channel.id),
            "author": self.author.payload(),
            "content": self.content,
            "embeds": [{"type": "rich", **each} for each in self.embeds],
            "components": components.numbered(self.components),
            "attachments": self.attachments,
            "mentions": [],
            "mention_roles": [str(each) for each in sorted(self.pings.roles)],
            "mention_everyone": self.pings.everyone,
            "timestamp": self.created_at.isoformat(),
            "edited_timestamp": self.edited_at and self.edited_at.isoformat(),
            "flags": int(self.flags),
            "pinned": False,
            "tts": self.tts,
            **self._origin(),
        }

    def _origin(self) -> Json:
        origin: Json = {}
        if self.nonce is not None:
            origin["nonce"] = self.nonce
        if self.application_id is not None:
            origin["application_id"] = str(self.application_id)
        if self.reply_to is not None:
            origin["message_reference"] = {
                "type": 0,
                "channel_id": str(self.channel.id),
                "message_id": str(self.reply_to.id),
                **_guild_of(self.channel),
            }
            gone = self.reply_to.is_deleted
            origin["referenced_message"] = None if gone else self.reply_to.payload()
        if self.interaction_user is not None:
            origin["webhook_id"] = origin.get("application_id")
            origin["interaction_metadata"] = {
                "id": str(self.interaction_id),
                "type": self.interaction_type,
                "name": self.interaction_name,
                "user": self.interaction_user.payload(),
                "authorizing_integration_owners": {},
            }
        return origin


def _guild_of(channel: Channel) -> Json:
    return {} if channel.guild_id is None else {"guild_id": str(channel.guild_id)}


def _texts_of(embed: Json) -> list[str]:
    fields = embed.get("fields") or []
    return [
        (embed.get("author") or {}).get("name", ""),
        embed.get("title") or "",
        embed.get("description") or "",
        *(f"{each['name']}: {each['value']}" for each in fields),
        (embed.get("footer") or {}).get("text", ""),
    ]
