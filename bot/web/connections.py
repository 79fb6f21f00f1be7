"""TCP connections: plain pings are answered here, anything else goes on to aiohttp.

A ping is the one thing that comes in thousands. aiohttp builds about forty objects for
a request; a plain ping needs its request line and its user agent, and costs a third of
that here. A connection starts here, and the first request that is not a plain ping
hands it over for good, with every byte that has come.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import cast

from aiohttp.helpers import rfc822_formatted_time

from bot.core import pings
from bot.engine.pings import Incoming, Received
from bot.web import replies, wire
from bot.web.base import Limits
from bot.web.pings import Receiver, incoming_of
from bot.web.replies import Reply
from bot.web.wire import Request

#: bytes that may wait behind a request that is being answered
_MOST_WAITING = 65_536
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
        count_others: Callable[[], int],
        limits: Limits,
    ) -> None:
        self.receiver = receiver
        self.others = others
        self._count_others = count_others
        self._limits = limits
        self._open: set[Connection] = set()
        self._closing = False
        self._sweeper: asyncio.TimerHandle | None = None

    def __call__(self) -> asyncio.Protocol:
        """The protocol of a new connection."""
        if len(self._open) + self._count_others() >= self._limits.connections:
            return _Refusal()
        return Connection(self)

    def add(self, connection: "Connection") -> None:
        """It was made."""
        self._open.add(connection)

    def remove(self, connection: "Connection") -> None:
        """It has ended, or belongs to aiohttp now."""
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
        """Let what is being answered end, within its time, and close everything."""
        self._closing = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        working = {task for each in self._open if (task := each.task) is not None}
        for connection in list(self._open):
            connection.close_when_idle()
        if working:
            await asyncio.wait(working, timeout=self._limits.stop_s)
        for connection in list(self._open):
            connection.abort()


class Connection(asyncio.Protocol):
    """One of them, as long as only plain pings come over it."""

    __slots__ = (
        "_address",
        "_buffer",
        "_choked",
        "_connections",
        "_ended",
        "_held",
        "_quiet",
        "_transport",
        "task",
    )

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._buffer = b""
        self._address = ""
        #: the client reads no answers
        self._choked = False
        #: the client sends no more
        self._ended = False
        #: reading is paused, since enough is waiting
        self._held = False
        self._quiet = 0
        #: the ping in progress
        self.task: asyncio.Future[Received] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        self._transport = cast(asyncio.Transport, transport)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; a ping that is being stored is stored."""
        self._buffer = b""
        self._connections.remove(self)

    def pause_writing(self) -> None:
        """It does not read its answers: it gets no more of them."""
        self._choked = True

    def resume_writing(self) -> None:
        """It reads again."""
        self._choked = False
        self._go_on()

    def eof_received(self) -> bool:
        """It sends no more: what it has sent is answered first."""
        self._ended = True
        return self.task is not None or self._choked

    def data_received(self, data: bytes) -> None:
        """Take what came, or keep it behind the request in progress."""
        self._buffer = self._buffer + data if self._buffer else data
        if self.task is None:
            self._go_on()
        if len(self._buffer) > _MOST_WAITING and not self._held:
            self._held = True
            self._transport.pause_reading()

    def _go_on(self) -> None:
        """Answer what waits, until something takes time or more bytes are needed."""
        while self._buffer and self.task is None and not self._choked:
            request = wire.read(self._buffer)
            if request is wire.Unread.INCOMPLETE:
                break
            if not isinstance(request, Request) or not self._has_body(request):
                self._hand_over()
                return
            self._take(request)
        if self._held and len(self._buffer) <= _MOST_WAITING:
            self._held = False
            self._transport.resume_reading()
        if self.task is None and not self._choked and self._must_close():
            self._transport.close()

    def _must_close(self) -> bool:
        return self._ended or self._connections.closing

    def _has_body(self, request: Request) -> bool:
        return len(self._buffer) >= request.size + request.fields.length

    def _take(self, request: Request) -> None:
        end = request.size + request.fields.length
        body, self._buffer = self._buffer[request.size : end], self._buffer[end:]
        receiver = self._connections.receiver
        target = receiver.read(request.method, request.path, request.query)
        if isinstance(target, Reply):
            self._answer(request, target)
            return
        incoming = incoming_of(
            target,
            method=request.method,
            agent=request.fields.agent,
            address=self._address,
            body=pings.keep(body, receiver.body_limit),
            body_size=len(body),
        )
        handed_in = receiver.submit(incoming)
        if isinstance(handed_in, Reply):
            self._answer(request, handed_in)
            return
        self.task = handed_in
        handed_in.add_done_callback(partial(self._received, request, incoming))

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
            self._buffer = b""
            self._transport.close()

    def _hand_over(self) -> None:
        """Let aiohttp have the connection, from the first byte that is not answered."""
        transport, data = self._transport, wire.with_host(self._buffer)
        self._buffer = b""
        self._connections.remove(self)
        if self._held:
            transport.resume_reading()
        other = self._connections.others()
        transport.set_protocol(other)
        other.connection_made(transport)
        other.data_received(data)

    def note_quiet(self) -> None:
        """Called now and then; several times without an answer between is the end."""
        self._quiet += self.task is None
        if self._quiet >= _QUIET_SWEEPS:
            self.abort()

    def close_when_idle(self) -> None:
        """The server stops: close now, or after the answer in progress."""
        if self.task is None:
            self._transport.close()

    def abort(self) -> None:
        """Close without waiting for the client."""
        self._transport.abort()


class _Refusal(asyncio.Protocol):
    """There are too many connections: say so and close."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell it to come back."""
        plain = cast(asyncio.Transport, transport)
        date = rfc822_formatted_time()
        plain.write(wire.render(_FULL, is_head=False, closes=True, date=date))
        plain.close()
