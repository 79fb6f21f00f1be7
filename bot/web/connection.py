"""A TCP connection: plain pings are answered here, anything else goes on to aiohttp.

A ping is the one thing that comes in thousands. aiohttp builds about forty objects for
a request; a plain ping needs its request line and its user agent, and costs a third of
that here. The first request that is not a plain ping gives the connection to aiohttp
for good, with every byte that has come; it is counted and ended here all the same.
"""

import asyncio
from functools import partial
from typing import Any, cast

from bot.core import pings
from bot.engine.pings import Incoming, Received
from bot.web import replies, wire
from bot.web.bodies import BROKEN_OFF, STOPPING
from bot.web.homes import Home
from bot.web.passages import Passage
from bot.web.pings import Target, incoming_of
from bot.web.replies import Reply
from bot.web.silences import Silence
from bot.web.uploads import Upload
from bot.web.valves import BEHIND, TURN, Valve
from bot.web.wire import Request

#: what was read last, of whichever connection: it is taken from here at once
_BUFFER = memoryview(bytearray(65_536))
#: a connection that is nothing yet is read in pieces of this: it may be one of many
_FIRST = _BUFFER[: wire.LONGEST_HEAD]
#: bytes that may wait behind a request that is being answered
_MOST_WAITING = 65_536
#: answered bytes are let go of when there are so many
_MOST_ANSWERED = 32_768
#: answers from here on are refusals, and whoever gets them can wait
_REFUSED = 400
#: whoever still sends what was cut has this long to read the answer
_LINGERING_S = 2.0
_FULL = replies.later(503, "too many connections; try again", 5)


class Connection(asyncio.BufferedProtocol):
    """One of them; after the first request that is no plain ping a mere way through."""

    __slots__ = (
        "_at",
        "_buffer",
        "_choked",
        "_ended",
        "_home",
        "_is_lost",
        "_is_queued",
        "_lingers",
        "_passage",
        "_resting",
        "_silence",
        "_task",
        "_transport",
        "_upload",
        "_valve",
        "active",
        "address",
    )

    def __init__(self, home: Home) -> None:
        self._home = home
        self._buffer = b""
        #: of the buffer so much is answered
        self._at = 0
        self.address = ""
        #: it was answered since its place was asked for
        self.active = False
        #: the way to aiohttp, once that has it
        self._passage: Passage | None = None
        #: others have their turn
        self._resting = False
        #: the client reads no answers
        self._choked = False
        #: the client sends no more
        self._ended = False
        self._silence = Silence()
        #: the ping in progress
        self._task: asyncio.Future[Received] | None = None
        #: the body that is coming in
        self._upload: Upload | None = None
        #: it waits for its turn to go to aiohttp
        self._is_queued = False
        #: and has gone meanwhile
        self._is_lost = False
        #: what comes is the rest of something that was cut
        self._lingers = False

    @property
    def is_handed(self) -> bool:
        """Whether aiohttp has it."""
        return self._passage is not None

    @property
    def is_working(self) -> bool:
        """Whether something is done for it that is not broken off."""
        passage = self._passage
        return self._task is not None or (passage is not None and passage.is_needed)

    @property
    def pending(self) -> asyncio.Future[Any] | None:
        """What is done when the request in progress has come further; of our own."""
        return self._task if self._upload is None else self._upload.done

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come; it may be one too many."""
        self._transport = cast(asyncio.Transport, transport)
        self._valve = Valve(self._transport, self._home.turnstile)
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        if not self._home.admit(self):
            self._transport.write(wire.said(_FULL, closes=True))
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; a ping that is being stored is stored."""
        self._home.remove(self)
        self._cut(BROKEN_OFF)
        if self._passage is not None:
            self._passage.close(exc)
            self._passage = None
        elif self._is_queued and self._home.remember():
            self._is_lost = True
            return
        self._buffer, self._at = b"", 0

    def pause_writing(self) -> None:
        """It does not read its answers: it gets no more of them."""
        self._choked = True
        if self._passage is not None:
            self._passage.choke(is_choked=True)

    def resume_writing(self) -> None:
        """It reads again."""
        self._choked = False
        if self._passage is not None:
            self._passage.choke(is_choked=False)
        else:
            self._go_on()

    def eof_received(self) -> bool:
        """It sends no more: what it has sent is answered first."""
        self._ended = True
        if self._passage is not None:
            self._passage.end_soon()
            return True
        self._cut(BROKEN_OFF)
        return self._task is not None or not (self._is_free or self._lingers)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes go."""
        passage = self._passage
        is_known = self._upload is not None or (passage and passage.is_admitted)
        return _BUFFER if is_known else _FIRST

    def buffer_updated(self, nbytes: int) -> None:
        """Take what came, or keep it behind the request in progress."""
        if self._upload is not None:
            self._valve.count(nbytes)
            self._feed(self._upload, _BUFFER[:nbytes])
        elif self._passage is not None:
            self._valve.count(nbytes)
            self._passage.feed(_BUFFER[:nbytes].tobytes())
        elif self._lingers:
            self._valve.count(nbytes)
        else:
            self._keep(_BUFFER[:nbytes].tobytes())

    def _keep(self, data: bytes) -> None:
        if self._buffer:
            self._buffer, self._at = self._buffer[self._at :] + data, 0
        else:
            self._buffer = data
        if self._is_free:
            self._go_on()
        if self._waiting > _MOST_WAITING:
            self._valve.shut(BEHIND)

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
            if not isinstance(request, Request):
                self._queue()
                return
            target = self._home.receiver.read(*request[:3])
            if self._waiting >= request.size + request.fields.length:
                self._take(request, target)
            elif isinstance(target, Reply):
                # it reads the rest, so that the client reads the answer
                self._queue()
                return
            else:
                self._begin_upload(request, target)
        if self._waiting <= _MOST_WAITING:
            self._valve.open(BEHIND)
        if self._is_free and self._must_close():
            self._transport.close()

    @property
    def _is_free(self) -> bool:
        """Whether the next request can be looked at."""
        return (
            self._task is None
            and self._upload is None
            and not (self._choked or self._resting or self._lingers or self._is_queued)
        )

    def _rested(self) -> None:
        self._resting = False
        self._go_on()

    def _must_close(self) -> bool:
        return self._ended or self._home.closing

    def _take(self, request: Request, target: Target | Reply) -> None:
        begin = self._at + request.size
        end = begin + request.fields.length
        body = self._buffer[begin:end]
        self._let_go(end)
        if isinstance(target, Reply):
            self._answer(request, target)
            return
        kept = pings.keep(body, self._home.receiver.body_limit)
        self._hand_in(request, target, kept, len(body))

    def _hand_in(
        self,
        request: Request,
        target: Target,
        body: bytes,
        body_size: int,
        remark: str = "",
    ) -> None:
        incoming = incoming_of(
            target,
            method=request.method,
            agent=request.fields.agent,
            address=self._home.proxies.client(self.address, request.fields.forwarded),
            body=body,
            body_size=body_size,
            remark=remark,
        )
        handed_in = self._home.receiver.submit(incoming)
        if isinstance(handed_in, Reply):
            self._answer(request, handed_in)
            return
        self._task = handed_in
        handed_in.add_done_callback(partial(self._received, request, incoming))

    def _let_go(self, end: int) -> None:
        """What stands before is answered; copied rarely, since much may follow."""
        if end == len(self._buffer):
            self._buffer, self._at = b"", 0
        elif end > _MOST_ANSWERED:
            self._buffer, self._at = self._buffer[end:], 0
        else:
            self._at = end

    def _begin_upload(self, request: Request, target: Target) -> None:
        """The rest of its body is to come."""
        beginning = memoryview(self._buffer)[self._at + request.size :]
        self._buffer, self._at = b"", 0
        self._valve.open(BEHIND)
        self._upload = Upload(
            request,
            target,
            bodies=self._home.bodies,
            keeper=pings.BodyKeeper(self._home.receiver.body_limit),
            timeout_s=self._home.limits.body_timeout_s,
            end=self._cut,
        )
        self._feed(self._upload, beginning)

    def _feed(self, upload: Upload, piece: memoryview) -> None:
        taken = upload.feed(piece)
        if upload is not self._upload or not upload.is_whole:
            return
        self._buffer = piece[taken:].tobytes()
        self._end_upload(upload)
        self._go_on()

    def _cut(self, remark: str) -> None:
        """A body that is coming in ends here: the ping counts all the same."""
        upload = self._upload
        if upload is not None:
            self._lingers = True
            self._end_upload(upload, remark)

    def _end_upload(self, upload: Upload, remark: str = "") -> None:
        self._upload = None
        keeper = upload.close()
        self._hand_in(upload.request, upload.target, keeper.body(), keeper.size, remark)

    def _received(
        self, request: Request, incoming: Incoming, done: asyncio.Future[Received]
    ) -> None:
        reply = self._home.receiver.reply(incoming, done)
        self._task = None
        self._answer(request, reply)
        self._go_on()

    def _answer(self, request: Request, reply: Reply) -> None:
        if self._transport.is_closing():
            return
        self._note_answer()
        closes = request.fields.closes or self._lingers or self._home.closing
        is_head = request.method == "HEAD"
        self._transport.write(wire.said(reply, is_head=is_head, closes=closes))
        if closes:
            self._close()
        elif reply.status >= _REFUSED:
            self._resting = True
            self._home.turnstile.queue(self._rested)

    def _close(self) -> None:
        """That was the last answer."""
        self._buffer, self._at = b"", 0
        if not self._lingers or self._must_close():
            self._transport.close()
            return
        # closed at once, the answer would be lost with what the client still sends
        loop = asyncio.get_running_loop()
        loop.call_later(_LINGERING_S, self._transport.close)

    def _queue(self) -> None:
        """Let aiohttp have the connection when it is its turn."""
        if wire.is_endless(self._buffer, self._at):
            self._transport.write(wire.said(replies.TOO_LONG, closes=True))
            self._lingers = True
            self._close()
            return
        self._is_queued = True
        turnstile = self._home.turnstile
        if turnstile.passes():
            self._hand_over()
            return
        self._valve.shut(TURN)
        turnstile.queue(self._hand_over)

    def _hand_over(self) -> None:
        """Give aiohttp what is not answered, and all that comes from now on."""
        self._is_queued = False
        if not self._buffer:
            return
        data = wire.with_host(self._buffer[self._at :])
        self._buffer, self._at = b"", 0
        self._valve.open(BEHIND)
        self._valve.open(TURN)
        self._passage = Passage(
            self._home.others(),
            self._transport,
            valve=self._valve,
            handed=self._home.handed,
            address=self.address,
            answered=self._note_answer,
        )
        self._passage.begin_with(data)
        if self._is_lost:
            self._home.forget()
            self._passage.close(None)
        elif self._ended:
            self._passage.end_soon()

    def _note_answer(self) -> None:
        self.active = True
        self._silence.end()

    def note_quiet(self) -> None:
        """Called now and then; several times with nothing between is the end."""
        is_busy = self._passage is not None and self._passage.is_busy
        works = is_busy or self._is_queued or self.pending is not None
        unsent = self._transport.get_write_buffer_size()
        if self._silence.is_too_long(works=works, unsent=unsent):
            self.abort()

    def close_when_idle(self) -> None:
        """The server stops: close now, or after the answer in progress."""
        if self.pending is None:
            self._transport.close()

    def break_off(self) -> None:
        """The server waits no more for what is to come."""
        self._cut(STOPPING)

    def abort(self) -> None:
        """Close without waiting for the client."""
        self._transport.abort()
