"""What a person did with the bot, and what the bot answered."""

import secrets
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from tests.discord_wire.guilds import Channel, Guild, User
from tests.discord_wire.messages import Message

Json = dict[str, Any]


class InteractionType(IntEnum):
    """What a person does."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    MODAL = 5


class CallbackType(IntEnum):
    """What a bot may answer."""

    MESSAGE = 4
    DEFERRED_MESSAGE = 5
    DEFERRED_UPDATE = 6
    UPDATE = 7
    CHOICES = 8
    MODAL = 9


class NoAnswer(AssertionError):
    """The person sees: the application did not respond."""


@dataclass(slots=True, kw_only=True, eq=False)
class Interaction:
    """One act of a person, and the bot's answer to it so far."""

    id: int
    type: InteractionType
    user: User
    channel: Channel
    guild: Guild
    #: what it was about, such as `job list` or a custom id
    name: str
    token: str = field(default_factory=lambda: f"aW50{secrets.token_urlsafe(60)}")
    #: the one whose component was used
    message: Message | None = None
    #: seconds of the monotonic clock
    sent_at: float
    answered_at: float | None = None
    callback: Json = field(default_factory=dict)
    #: the message that the callback made or changed
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    is_expired: bool = False

    @property
    def callback_type(self) -> CallbackType | None:
        """How the bot has answered; None before."""
        return CallbackType(self.callback["type"]) if self.callback else None

    @property
    def data(self) -> Json:
        """The `data` of the callback."""
        return self.callback.get("data") or {}


class Answer:
    """What a person sees of the bot's answer; it goes on changing with edits."""

    def __init__(self, interaction: Interaction) -> None:
        self._interaction = interaction

    @property
    def interaction(self) -> Interaction:
        """What it answers."""
        return self._interaction

    @property
    def type(self) -> CallbackType:
        """How the bot answered at first."""
        found = self._interaction.callback_type
        assert found is not None
        return found

    @property
    def seconds(self) -> float:
        """From the act of the person to the bot's callback."""
        assert self._interaction.answered_at is not None
        return self._interaction.answered_at - self._interaction.sent_at

    @property
    def message(self) -> Message:
        """The message that it made or changed."""
        assert self._interaction.original is not None, f"{self.type!r} has no message"
        return self._interaction.original

    @property
    def followups(self) -> list[Message]:
        """Further messages, oldest first."""
        return self._interaction.followups

    @property
    def content(self) -> str:
        """The text outside the embeds."""
        return self.message.content

    @property
    def embeds(self) -> list[Json]:
        """The cards."""
        return self.message.embeds

    @property
    def components(self) -> list[Json]:
        """The buttons and selects."""
        return self.message.components

    @property
    def text(self) -> str:
        """Everything that the person reads in it."""
        return self.message.text

    @property
    def is_ephemeral(self) -> bool:
        """Whether nobody else sees it."""
        return self.message.is_ephemeral

    @property
    def choices(self) -> list[Json]:
        """What autocomplete offers, as name and value."""
        assert self.type is CallbackType.CHOICES
        found: list[Json] = self._interaction.data.get("choices") or []
        return found

    @property
    def modal(self) -> Json:
        """The form that it opened."""
        assert self.type is CallbackType.MODAL
        return self._interaction.data

    def __repr__(self) -> str:
        original = self._interaction.original
        text = original.text if original else self._interaction.data
        return f"<{self._interaction.callback_type!r} {text!r}>"
