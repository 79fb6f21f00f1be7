"""What the engine asks of a place that notifications go to."""

from typing import Protocol

from bot.core.models import Outgoing


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
