"""A place with cards that keeps the contract of the real one, and fails as told."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from bot.core import blind_reports
from bot.core.blind_reports import BlindCard
from bot.core.cards import NOBODY, Call, Card, Posted
from bot.core.kinds import NOTICES, NotificationKind
from bot.core.models import Outgoing
from bot.core.storm_cards import StormCard
from bot.core.threads import Part
from bot.errors import ChannelLost, Gone, NotifyError
from bot.notifiers.base import Shown
from tests.fakes import FakeClock

ALERTS, FALLBACK, SUMMARIES = 11, 22, 33
#: how long a mark makes a resend recognisable
WINDOW = timedelta(minutes=3)


@dataclass
class Message:
    """One message as it is seen in a channel."""

    channel_id: int
    mark: str
    at: datetime
    silent: bool
    #: what it shows now
    text: str
    #: why it was sent: card, a kind of sound, or a notice
    what: str = "card"
    reply_to: Posted | None = None
    edits: int = 0
    #: whom it mentions
    call: Call = NOBODY


@dataclass
class FakePlace:
    """Channels full of messages; `faults` are used up, one a call."""

    clock: FakeClock
    name: str = "discord"
    at_once: int = 4
    channels: tuple[int, ...] = (ALERTS, FALLBACK)
    threads: bool = False
    summaries: int | None = None
    messages: dict[int, Message] = field(default_factory=dict)
    #: messages that somebody else has deleted
    deleted: int = 0
    #: titles of the threads, by the message that they hang on
    opened: dict[int, str] = field(default_factory=dict)
    closed: list[int] = field(default_factory=list)
    forbids_threads: bool = False
    #: what was taken away by us
    removed: list[Message] = field(default_factory=list)
    #: "refuse": not taken; "lose": taken, and the answer lost; "drop": lost on the way
    #: with no answer; "hang": no answer ever; None: all well
    faults: deque[str | None] = field(default_factory=deque)
    #: channels that cannot be used, and whether they were deleted
    lost: dict[int, bool] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    _ids: "count[int]" = field(default_factory=lambda: count(1000))

    def digest(self, card: Shown) -> str:
        """What a person would see."""
        return look(card)

    async def post(self, card: Shown, channel_id: int, *, silent: bool) -> Posted:
        """Send the card."""
        message = Message(channel_id, card.mark, self.clock.now(), silent, look(card))
        kinds: dict[type, str] = {BlindCard: "blind", StormCard: "storm"}
        message.what = kinds.get(type(card), "card")
        return await self._send("post", message)

    async def edit(self, card: Shown, posted: Posted) -> None:
        """Bring it up to date."""
        fault = await self._fault("edit", posted.channel_id)
        message = self.messages.get(posted.message_id)
        if message is None:
            raise Gone("it was deleted")
        if fault != "drop":
            message.text = look(card)
            message.edits += 1
        self._answer(fault)

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
        """Say it beside the card."""
        message = Message(
            channel_id, mark, self.clock.now(), False, look(card), str(kind), reply_to
        )
        message.call = call
        return await self._send("sound", message)

    async def write_to(
        self, user_id: int, card: Card, kind: NotificationKind, *, mark: str
    ) -> None:
        """Say it in a channel with the person's negative number."""
        message = Message(-user_id, mark, self.clock.now(), False, look(card), "direct")
        await self._send("direct", message)

    async def tell(self, outgoing: Outgoing, channel_id: int, *, mark: str) -> Posted:
        """Say what has no card."""
        text = str(outgoing.snapshot.get("text", outgoing.kind))
        message = Message(
            channel_id,
            mark,
            self.clock.now(),
            not outgoing.sounds,
            text,
            str(outgoing.kind),
        )
        return await self._send("tell", message)

    async def find(
        self, mark: str, channel_id: int, *, since: datetime
    ) -> Posted | None:
        """Our message with this mark."""
        await self._fault("find", channel_id)
        for message_id, each in self.messages.items():
            if each.mark == mark and each.channel_id == channel_id and each.at >= since:
                return Posted(channel_id, message_id)
        return None

    async def open_thread(self, posted: Posted, title: str) -> None:
        """Make it, unless it is there."""
        fault = await self._fault("open", posted.channel_id)
        if self.forbids_threads:
            raise ChannelLost("the bot may not")
        if fault != "drop":
            self.opened.setdefault(posted.message_id, title)
        self._answer(fault)

    async def tell_story(
        self, parts: Sequence[Part], thread_id: int, *, mark: str
    ) -> None:
        """Say it there."""
        assert thread_id in self.opened
        said = " / ".join(f"{p.event.kind} x{p.more + 1}" for p in parts)
        message = Message(thread_id, mark, self.clock.now(), True, said, "story")
        await self._send("story", message)
        self.closed = [each for each in self.closed if each != thread_id]

    async def close_thread(self, thread_id: int) -> None:
        """Hide it."""
        fault = await self._fault("close", thread_id)
        if fault != "drop":
            self.closed.append(thread_id)
        self._answer(fault)

    async def delete(self, posted: Posted) -> None:
        """Take it away."""
        fault = await self._fault("delete", posted.channel_id)
        if posted.message_id not in self.messages:
            raise Gone("it is not there")
        if fault != "drop":
            self.removed.append(self.messages.pop(posted.message_id))
        self._answer(fault)

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _send(self, call: str, message: Message) -> Posted:
        fault = await self._fault(call, message.channel_id)
        known = self._recognised(message)
        message_id = known if known is not None else next(self._ids)
        if fault != "drop" and known is None:
            self.messages[message_id] = message
        self._answer(fault)
        if fault == "hang":
            await asyncio.get_running_loop().create_future()
        return Posted(message.channel_id, message_id)

    def _recognised(self, new: Message) -> int | None:
        for message_id, each in self.messages.items():
            same = each.mark == new.mark and each.channel_id == new.channel_id
            if same and self.clock.now() - each.at < WINDOW:
                return message_id
        return None

    async def _fault(self, call: str, channel_id: int) -> str | None:
        """What goes wrong with this call; raises where nothing is taken."""
        self.calls.append(call)
        await asyncio.sleep(0)
        fault = self.faults.popleft() if self.faults else None
        if fault == "refuse":
            raise NotifyError("answered 503")
        if channel_id in self.lost:
            deleted = self.lost[channel_id]
            raise ChannelLost("it does not exist any more", deleted=deleted)
        return fault

    def _answer(self, fault: str | None) -> None:
        if fault in ("lose", "drop"):
            raise NotifyError("the connection was lost", unsure=True)

    # what a test asks

    def delete_channel(self, channel_id: int) -> None:
        """The channel goes, with all that is in it."""
        self.lost[channel_id] = True
        gone = [n for n, m in self.messages.items() if m.channel_id == channel_id]
        for number in gone:
            del self.messages[number]

    def of(self, what: str) -> list[Message]:
        """The messages of a sort, in order."""
        return [each for each in self.messages.values() if each.what == what]

    @property
    def cards(self) -> list[Message]:
        """The cards, in the order in which they were posted."""
        return self.of("card")

    @property
    def sounds(self) -> list[str]:
        """What made a sound, in order."""
        return [each.what for each in self.messages.values() if not each.silent]

    @property
    def alerts(self) -> list[str]:
        """What made a sound, in order, but for what Cronitor says of itself."""
        return [what for what in self.sounds if what not in NOTICES]


def look(card: Shown) -> str:
    """A card as one line."""
    if isinstance(card, BlindCard):
        return blind_reports.line(card.report)
    if isinstance(card, StormCard):
        counts = ", ".join(f"{n} {status}" for status, n in sorted(card.tally.items()))
        muted = f", {len(card.mutes)} mutes" * bool(card.mutes)
        named = " ".join(each.job.slug for each in card.members[:5])
        return f"storm #{card.storm.id} {card.storm.group}: {counts}{muted}: {named}"
    incident = card.incident
    quiet = f", {card.silence.reason}" if card.silence else ""
    what = f"{incident.kind} {incident.status} x{incident.count}"
    below = f", above {', '.join(c.slug for c in card.children)}" * bool(card.children)
    return f"#{incident.id} {card.job.slug} {what}{quiet}{below}"
