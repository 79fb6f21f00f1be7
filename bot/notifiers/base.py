"""What the engine asks of a place that notifications go to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bot.core.blind_reports import BlindCard
from bot.core.cards import Call, Card, Posted
from bot.core.kinds import NotificationKind
from bot.core.models import Outgoing
from bot.core.storm_cards import StormCard
from bot.core.threads import Part

#: what is one message that is edited
Shown = Card | BlindCard | StormCard


class Notifier(Protocol):
    """One place. The engine calls `send` again until it returns.

    Contract: `send` returns only when the place has said that it took the
    notification; it raises NotifyError otherwise, with `retry_after_s` where the place
    named one. It may be called again for a notification that was taken when the answer
    was lost: `Outgoing.notification_id` is what the place can recognise it by. It has a
    time-out of its own and keeps no state between calls.
    """

    #: the name of its deliveries in the store; never changes
    name: str
    #: how many may be handed over at the same time
    at_once: int

    async def send(self, outgoing: Outgoing) -> None:
        """Hand it over, or raise NotifyError."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class CardPlace(Protocol):
    """A place where an incident, a blind time or a storm is one message that is edited.

    Contract: a method returns only when the place has said that it is done. Otherwise
    it raises NotifyError, with `unsure` where it may have been done all the same, Gone
    where the message to be changed is not there, ChannelLost where nothing can be said
    in that channel. A second send with the same mark, soon after the first, returns the
    first message. It has time-outs of its own and keeps no state between calls.
    """

    #: the name of its rows in the store; never changes
    name: str
    #: how many sends may be under way at the same time
    at_once: int
    #: where new cards are posted, and where if that is lost; whoever chooses others
    #: while the place is in use sets it
    channels: tuple[int, ...]
    #: whether each card has a thread with the incident's story
    threads: bool
    #: where summaries are posted, as long as that is not lost; None: where cards are
    summaries: int | None

    def digest(self, card: Shown) -> str:
        """What the card looks like: the same for cards that look the same."""
        ...

    async def post(self, card: Shown, channel_id: int, *, silent: bool) -> Posted:
        """Send the card; its mark makes a resend recognisable."""
        ...

    async def edit(self, card: Shown, posted: Posted) -> None:
        """Bring the message up to date."""
        ...

    async def sound(
        self,
        card: Card,
        kind: NotificationKind,
        *,
        call: Call,
        channel_id: int,
        reply_to: Posted | None,
        mark: str,
    ) -> Posted:
        """Say something of the incident beside its card, and call these people."""
        ...

    async def write_to(
        self, user_id: int, card: Card, kind: NotificationKind, *, mark: str
    ) -> None:
        """Say it to a person directly."""
        ...

    async def tell(self, outgoing: Outgoing, channel_id: int, *, mark: str) -> Posted:
        """Say what is about no incident; silently unless it sounds."""
        ...

    async def find(
        self, mark: str, channel_id: int, *, since: datetime
    ) -> Posted | None:
        """Our message with this mark among those sent since then, if it is there."""
        ...

    async def open_thread(self, posted: Posted, title: str) -> None:
        """Make the thread of that message, which has its id; twice is fine."""
        ...

    async def tell_story(
        self, parts: Sequence[Part], thread_id: int, *, mark: str
    ) -> None:
        """Say parts of a story in a thread, silently."""
        ...

    async def close_thread(self, thread_id: int) -> None:
        """Nothing more is expected in it; a message opens it again."""
        ...

    async def delete(self, posted: Posted) -> None:
        """Take a message of ours away."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
