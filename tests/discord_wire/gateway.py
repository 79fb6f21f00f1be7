"""The gateway: sessions, and the connections over which they come and go."""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.discord_wire.compression import Compress, compressor, encode
from tests.discord_wire.routes.users import application_payload
from tests.discord_wire.state import State

Json = dict[str, Any]

GUILDS = 1 << 0
#: members, presences, contents of messages
PRIVILEGED = 1 << 1 | 1 << 8 | 1 << 15
_ALL_INTENTS = (1 << 26) - 1

HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, MEMBERS = 1, 2, 3, 4, 6, 8
RECONNECT, INVALID_SESSION, HELLO, ACK = 7, 9, 10, 11


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One websocket; what is sent waits in its outbox while the gateway is silent."""

    http: web.Request
    socket: web.WebSocketResponse
    compress: Compress | None
    session: "Session | None" = None
    outbox: "asyncio.Queue[Json | int]" = field(default_factory=asyncio.Queue)
    #: how often it was sent a heartbeat
    heartbeats: int = 0

    @property
    def is_at_resume_address(self) -> bool:
        """Whether it came by the address that READY named."""
        return self.http.path == "/resume"

    def send(self, message: Json) -> None:
        """Send soon."""
        self.outbox.put_nowait(message)

    def close(self, code: int) -> None:
        """Close soon, after what was sent before."""
        self.outbox.put_nowait(code)

    def abort(self) -> None:
        """Tear it down at once, without a word."""
        if self.http.transport is not None:
            self.http.transport.abort()

    async def write(self, flow: asyncio.Event) -> None:
        """Send what comes, until it is cancelled or closed."""
        while True:
            message = await self.outbox.get()
            await flow.wait()
            if isinstance(message, int):
                await self.socket.close(code=message)
                return
            frame = encode(message, self.compress)
            try:
                await self._send(frame)
            except ConnectionError:
                return

    async def _send(self, frame: str | bytes) -> None:
        if isinstance(frame, str):
            await self.socket.send_str(frame)
        else:
            await self.socket.send_bytes(frame)


@dataclass(slots=True, kw_only=True, eq=False)
class Session:
    """What survives a connection: the events, numbered."""

    identify: Json
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    connection: Connection | None = None
    events: list[Json] = field(default_factory=list)

    @property
    def intents(self) -> int:
        """What the bot asked to hear."""
        return int(self.identify["intents"])

    def dispatch(self, event: str, data: Json) -> None:
        """Send an event, or keep it for a resume."""
        message = {"op": 0, "t": event, "s": len(self.events) + 1, "d": data}
        self.events.append(message)
        if self.connection is not None:
            self.connection.send(message)


class Gateway:
    """All sessions of the bot, and what a test may do to them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._flow = asyncio.Event()
        self._flow.set()
        self.url = ""
        self.sessions: dict[str, Session] = {}
        self.connections: list[Connection] = []
        #: the `d` of each IDENTIFY and RESUME that was let in, oldest first
        self.identified: list[Json] = []
        self.resumed: list[Json] = []
        #: the `d` of each presence, also of those in an IDENTIFY
        self.presences: list[Json] = []
        #: websocket handshakes that were refused
        self.refused = 0
        self._refusals: dict[bool, int] = {}
        self._acks = True
        self._greets = True
        #: which privileged intents the application may ask for
        self.privileged = 0

    @property
    def is_connected(self) -> bool:
        """Whether a session is logged in and has a connection."""
        return any(each.connection is not None for each in self.sessions.values())

    async def until_connected(self) -> Session:
        """Wait for a session that is logged in and has a connection."""

        def found() -> Session | None:
            live = [each for each in self.sessions.values() if each.connection]
            return live[-1] if live else None

        session = await self._state.changes.until(found, "a session of the gateway")
        assert session is not None
        return session

    async def until_disconnected(self) -> None:
        """Wait until the bot has no connection any more."""
        await self._state.changes.until(lambda: not self.connections, "a disconnect")

    async def until_resumed(self, count: int = 1) -> None:
        """Wait until sessions were resumed so often in all."""
        changes = self._state.changes
        await changes.until(lambda: len(self.resumed) >= count, f"{count} RESUME")

    async def until_identified(self, count: int = 1) -> None:
        """Wait until the bot has logged in so often in all."""
        changes = self._state.changes
        await changes.until(lambda: len(self.identified) >= count, f"{count} IDENTIFY")

    def dispatch(self, event: str, data: Json, *, intent: int = 0) -> None:
        """Tell every session that asked for one of these intents; 0: all."""
        for session in self.sessions.values():
            if not intent or session.intents & intent:
                session.dispatch(event, data)

    def drop(self, code: int = 4000) -> None:
        """Close all connections; their sessions can be resumed."""
        for connection in self.connections:
            self._detach(connection)
            connection.close(code)

    def abort(self) -> None:
        """Tear all connections down; their sessions can be resumed."""
        for connection in self.connections:
            self._detach(connection)
            connection.abort()

    def ask_to_reconnect(self) -> None:
        """Send op 7."""
        for connection in self.connections:
            connection.send({"op": RECONNECT, "d": None})

    def invalidate(self, *, resumable: bool = False) -> None:
        """Send op 9; without `resumable` the sessions are forgotten."""
        for connection in self.connections:
            connection.send({"op": INVALID_SESSION, "d": resumable})
            self._detach(connection)
        if not resumable:
            self.forget()

    def forget(self) -> None:
        """Forget the sessions: the next RESUME is told that its one is invalid."""
        for session in self.sessions.values():
            if session.connection is not None:
                session.connection.session = None
        self.sessions.clear()

    def refuse(self, status: int = 503, *, only_resume: bool = False) -> None:
        """Answer the handshake with an error, at the resume address or at both."""
        self._refusals = (
            {True: status} if only_resume else {True: status, False: status}
        )

    def accept(self) -> None:
        """Undo `refuse`, `hang`, `silence` and `stop_acks`."""
        self._refusals = {}
        self._acks = self._greets = True
        self._flow.set()

    def hang(self) -> None:
        """Accept connections, and never say HELLO."""
        self._greets = False

    def silence(self) -> None:
        """Keep the connections, and send nothing over them until `accept`."""
        self._flow.clear()

    def stop_acks(self) -> None:
        """Leave heartbeats unanswered."""
        self._acks = False

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """The handler of both addresses."""
        status = self._refusals.get(http.path == "/resume")
        if status is not None:
            self.refused += 1
            self._state.changes.notify()
            return web.Response(status=status)
        socket = web.WebSocketResponse(timeout=1.0)
        await socket.prepare(http)
        compress = compressor(http.query.get("compress"))
        connection = Connection(http=http, socket=socket, compress=compress)
        self.connections.append(connection)
        writer = asyncio.create_task(connection.write(self._flow))
        if self._greets:
            interval_ms = int(self._state.rules.heartbeat_interval_s * 1000)
            connection.send({"op": HELLO, "d": {"heartbeat_interval": interval_ms}})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._receive(connection, json.loads(message.data))
                    self._state.changes.notify()
        finally:
            self._detach(connection)
            self.connections.remove(connection)
            writer.cancel()
            await asyncio.wait([writer])
            self._state.changes.notify()
        return socket

    def _detach(self, connection: Connection) -> None:
        session, connection.session = connection.session, None
        if session is not None and session.connection is connection:
            session.connection = None

    def _receive(self, connection: Connection, message: Json) -> None:
        op: int = message["op"]
        data: Any = message.get("d")
        if op == HEARTBEAT:
            connection.heartbeats += 1
            if self._acks:
                connection.send({"op": ACK})
        elif op == IDENTIFY:
            self._identify(connection, data)
        elif op == RESUME:
            self._resume(connection, data)
        elif connection.session is None:
            connection.close(4003)
        elif op == PRESENCE:
            self.presences.append(data)
        elif op not in {VOICE, MEMBERS}:
            connection.close(4001)

    def _identify(self, connection: Connection, data: Json) -> None:
        intents = data.get("intents")
        if self._state.token is None or data.get("token") != self._state.token:
            connection.close(4004)
        elif connection.session is not None:
            connection.close(4005)
        elif not isinstance(intents, int) or intents & ~_ALL_INTENTS:
            connection.close(4013)
        elif intents & PRIVILEGED & ~self.privileged:
            connection.close(4014)
        else:
            self._log_in(connection, data)

    def _log_in(self, connection: Connection, data: Json) -> None:
        session = Session(identify=data, connection=connection)
        connection.session = session
        self.sessions[session.id] = session
        self.identified.append(data)
        if data.get("presence"):
            self.presences.append(data["presence"])
        state = self._state
        there = [state.guilds[each] for each in sorted(state.joined)]
        flags = application_payload(state)["flags"]
        ready = {
            "v": 10,
            "user": state.bot.payload(),
            "guilds": [{"id": str(each.id), "unavailable": True} for each in there],
            "private_channels": [],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": f"{self.url}/resume",
            "application": {"id": str(state.application_id), "flags": flags},
        }
        if data.get("shard"):
            ready["shard"] = data["shard"]
        session.dispatch("READY", ready)
        if session.intents & GUILDS:
            for guild in there:
                session.dispatch("GUILD_CREATE", guild.gateway_payload(state.bot.id))

    def _resume(self, connection: Connection, data: Json) -> None:
        session = self.sessions.get(str(data.get("session_id")))
        if self._state.token is None or data.get("token") != self._state.token:
            connection.close(4004)
            return
        if session is None:
            connection.send({"op": INVALID_SESSION, "d": False})
            return
        if session.connection is not None:
            session.connection.session = None
        session.connection, connection.session = connection, session
        self.resumed.append(data)
        for event in session.events[int(data["seq"]) :]:
            connection.send(event)
        session.dispatch("RESUMED", {"_trace": ["local"]})
