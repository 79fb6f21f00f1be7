"""TCP connections: plain pings are answered here, anything else goes on to aiohttp.

A ping is the one thing that comes in thousands. aiohttp builds about forty objects for
a request; a plain ping needs its request line and its user agent, and costs a third of
that here. The first request that is not a plain ping gives the connection to aiohttp
for good, with every byte that has come; it is counted and ended here all the same.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from aiohttp.helpers import rfc822_formatted_time

from bot.core import pings
from bot.engine.pings import Incoming, Received
from bot.web import replies, wire
from bot.web.base import Handed, Limits
from bot.web.forwarded import Proxies
from bot.web.pings import Receiver, incoming_of
from bot.web.replies import Reply
from bot.web.shares import Shares
from bot.web.turnstile import Turnstile
from bot.web.wire import Request

#: bytes that may wait behind a request that is being answered
_MOST_WAITING = 65_536
#: answered bytes are let go of when there are so many
_MOST_ANSWERED = 32_768
#: answers from here on are refusals, and whoever gets them can wait
_REFUSED = 400
#: aiohttp begins to answer what has come, before that is taken for the end
_ANSWERED_WITHIN_S = 0.2
#: sweeps in which a connection may do nothing
_QUIET_SWEEPS = 3
_FULL = replies.later(503, "too many connections; try again", 5)

Factory = Callable[[], asyncio.Protocol]


class Connections:
    """All of them: how many there may be, and when they end."""

    def __init__(
        self,
        receiver: Receiver,
        others: Factory,
        *,
        handed: Handed,
        turnstile: Turnstile,
        limits: Limits,
        proxies: Proxies,
    ) -> None:
        self.receiver = receiver
        self.others = others
        self.proxies = proxies
        self._limits = limits
        self._open: set[Connection] = set()
        self.turnstile = turnstile
        self.shares = Shares(limits.connections, proxies.trusts)
        self.handed = handed
        self._closing = False
        self._sweeper: asyncio.TimerHandle | None = None

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        return Connection(self)

    def admit(self, connection: "Connection") -> bool:
        """It was made: take it in, unless there is no place for it."""
        if not self.shares.admit(connection):
            # one address that takes more than its share tells nothing of others
            if self.shares.is_full:
                self.receiver.turned_away()
            return False
        self._open.add(connection)
        return True

    def remove(self, connection: "Connection") -> None:
        """It has ended."""
        self.shares.remove(connection)
        self._open.discard(connection)

    @property
    def closing(self) -> bool:
        """The server stops: no further request is taken."""
        return self._closing

    def sweep(self) -> None:
        """Close what does nothing, now and again and again."""
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(self._limits.idle_s / _QUIET_SWEEPS, self.sweep)
        for connection in list(self._open):
            connection.note_quiet()

    async def close(self) -> None:
        """Let what is being answered end, within its time, and close everything.

        What aiohttp has is left to it.
        """
        self._closing = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        own = [each for each in self._open if not each.is_handed]
        working = {task for each in own if (task := each.task) is not None}
        for connection in own:
            connection.close_when_idle()
        if working:
            await asyncio.wait(working, timeout=self._limits.stop_s)
        for connection in own:
            connection.abort()


class Connection(asyncio.Protocol):
    """One of them; after the first request that is no plain ping a mere way through."""

    __slots__ = (
        "_at",
        "_buffer",
        "_choked",
        "_connections",
        "_ended",
        "_held",
        "_other",
        "_quiet",
        "_resting",
        "_transport",
        "_unsent",
        "active",
        "address",
        "is_busy",
        "is_needed",
        "task",
    )

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._buffer = b""
        #: of the buffer so much is answered
        self._at = 0
        self.address = ""
        #: it was answered since its place was asked for
        self.active = False
        #: what aiohttp has for it, once it has it
        self._other: asyncio.Protocol | None = None
        #: aiohttp is handling a request of it
        self.is_busy = False
        self.is_needed = False
        #: others have their turn
        self._resting = False
        #: bytes that the client had not read when that was looked at
        self._unsent = 0
        #: the client reads no answers
        self._choked = False
        #: the client sends no more
        self._ended = False
        #: reading is paused, since enough is waiting
        self._held = False
        self._quiet = 0
        #: the ping in progress
        self.task: asyncio.Future[Received] | None = None

    @property
    def is_handed(self) -> bool:
        """Whether aiohttp has it."""
        return self._other is not None

    @property
    def is_working(self) -> bool:
        """Whether something is done for it that is not broken off."""
        return self.task is not None or self.is_needed

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come; it may be one too many."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._connections.admit(self):
            self._refuse(_FULL)

    def _refuse(self, reply: Reply) -> None:
        """Say why, and close."""
        self._buffer, self._at = b"", 0
        date = rfc822_formatted_time()
        said = wire.render(reply, is_head=False, closes=True, date=date)
        self._transport.write(said)
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; a ping that is being stored is stored."""
        self._buffer, self._at = b"", 0
        self._connections.remove(self)
        if self._other is not None:
            self._connections.handed.pop(self._other, None)
            self._other.connection_lost(exc)

    def pause_writing(self) -> None:
        """It does not read its answers: it gets no more of them."""
        self._choked = True
        if self._other is not None:
            self._other.pause_writing()

    def resume_writing(self) -> None:
        """It reads again."""
        self._choked = False
        if self._other is not None:
            self._other.resume_writing()
        else:
            self._go_on()

    def eof_received(self) -> bool:
        """It sends no more: what it has sent is answered first."""
        self._ended = True
        if self._other is None:
            return not self._is_free
        self._end_soon()
        return True

    def _end_soon(self, *, waited: bool = False) -> None:
        """Close when aiohttp has answered; a body that is not whole ends here."""
        if waited and not self.is_needed:
            self._transport.close()
            return
        loop = asyncio.get_running_loop()
        loop.call_later(_ANSWERED_WITHIN_S, partial(self._end_soon, waited=True))

    def data_received(self, data: bytes) -> None:
        """Take what came, or keep it behind the request in progress."""
        if self._other is not None:
            self._other.data_received(data)
            return
        if self._buffer:
            self._buffer, self._at = self._buffer[self._at :] + data, 0
        else:
            self._buffer = data
        if self._is_free:
            self._go_on()
        if not self._held and self._waiting > _MOST_WAITING:
            self._held = True
            self._transport.pause_reading()

    @property
    def _waiting(self) -> int:
        """Bytes that are not answered."""
        return len(self._buffer) - self._at

    def _go_on(self) -> None:
        """Answer what waits, until something takes time or more bytes are needed."""
        while self._buffer and self._is_free:
            request = wire.read(self._buffer, self._at)
            if request is wire.Unread.INCOMPLETE:
                break
            if not isinstance(request, Request) or not self._has_body(request):
                self._hand_over()
                return
            self._take(request)
        if self._held and self._waiting <= _MOST_WAITING:
            self._held = False
            self._transport.resume_reading()
        if self._is_free and self._must_close():
            self._transport.close()

    @property
    def _is_free(self) -> bool:
        """Whether the next request can be looked at."""
        return self.task is None and not self._choked and not self._resting

    def _rest(self) -> None:
        """Go on when others have had their turn."""
        self._resting = True
        self._connections.turnstile.queue(self._rested)

    def _rested(self) -> None:
        self._resting = False
        self._go_on()

    def _must_close(self) -> bool:
        return self._ended or self._connections.closing

    def _has_body(self, request: Request) -> bool:
        return self._waiting >= request.size + request.fields.length

    def _take(self, request: Request) -> None:
        begin = self._at + request.size
        end = begin + request.fields.length
        body = self._buffer[begin:end]
        self._let_go(end)
        receiver = self._connections.receiver
        target = receiver.read(request.method, request.path, request.query)
        if isinstance(target, Reply):
            self._answer(request, target)
            return
        incoming = incoming_of(
            target,
            method=request.method,
            agent=request.fields.agent,
            address=self._client_of(request),
            body=pings.keep(body, receiver.body_limit),
            body_size=len(body),
        )
        handed_in = receiver.submit(incoming)
        if isinstance(handed_in, Reply):
            self._answer(request, handed_in)
            return
        self.task = handed_in
        handed_in.add_done_callback(partial(self._received, request, incoming))

    def _let_go(self, end: int) -> None:
        """What stands before is answered; copied rarely, since much may follow."""
        if end == len(self._buffer):
            self._buffer, self._at = b"", 0
        elif end > _MOST_ANSWERED:
            self._buffer, self._at = self._buffer[end:], 0
        else:
            self._at = end

    def _client_of(self, request: Request) -> str:
        """Whose ping it is: by default that of the connection."""
        proxies = self._connections.proxies
        if not proxies:
            return self.address
        return proxies.client(self.address, request.fields.forwarded)

    def _received(
        self, request: Request, incoming: Incoming, done: asyncio.Future[Received]
    ) -> None:
        reply = self._connections.receiver.reply(incoming, done)
        self.task = None
        self._answer(request, reply)
        self._go_on()

    def _answer(self, request: Request, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        self._quiet = 0
        self.active = True
        closes = request.fields.closes or self._connections.closing
        self._transport.write(
            wire.render(
                reply,
                is_head=request.method == "HEAD",
                closes=closes,
                date=rfc822_formatted_time(),
            )
        )
        if closes:
            self._buffer, self._at = b"", 0
            self._transport.close()
        elif reply.status >= _REFUSED:
            self._rest()

    def _hand_over(self) -> None:
        """Let aiohttp have the connection, from the first byte that is not answered."""
        if wire.is_endless(self._buffer, self._at):
            self._refuse(replies.TOO_LONG)
            return
        transport, data = self._transport, wire.with_host(self._buffer[self._at :])
        self._buffer, self._at = b"", 0
        if self._held:
            self._held = False
            transport.resume_reading()
        self._other = self._connections.others()
        self._connections.handed[self._other] = self
        self._other.connection_made(transport)
        self._other.data_received(data)

    def begin(self) -> None:
        """Aiohttp has a request of it."""
        self.is_busy = True

    def end(self) -> None:
        """That is answered."""
        self.is_busy = self.is_needed = False
        self.active, self._quiet = True, 0

    def note_quiet(self) -> None:
        """Called now and then; several times with nothing between is the end.

        Something is an answer, work in progress, or bytes of an answer that were read.
        """
        before, self._unsent = self._unsent, self._transport.get_write_buffer_size()
        works = (self.task is not None or self.is_busy) and not self._unsent
        if works or self._unsent < before:
            return
        self._quiet += 1
        if self._quiet >= _QUIET_SWEEPS:
            self.abort()

    def close_when_idle(self) -> None:
        """The server stops: close now, or after the answer in progress."""
        if self.task is None:
            self._transport.close()

    def abort(self) -> None:
        """Close without waiting for the client."""
        self._transport.abort()
