"""The web room on its sockets: start, where it is, stop."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.engine.services import Services
from bot.web import errors, sockets, strangers
from bot.web.app import create_app, handler_args
from bot.web.auth import Keys
from bot.web.base import BODY_LIMIT, HANDED, Handed, Limits
from bot.web.connections import Connections
from bot.web.forwarded import Proxies
from bot.web.turnstile import TURNSTILE, Turnstile

_Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

#: hosts that mean every address of the machine
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104


class WebServer:
    """Serves pings, the API and health over TCP and over a Unix socket."""

    def __init__(
        self,
        *,
        host: str,
        port: int,
        socket_path: Path,
        keys: Keys,
        public_url: str | None = None,
        body_limit: int = BODY_LIMIT,
        connections: int | None = None,
        limits: Limits | None = None,
        trusted_proxies: Sequence[str] = (),
    ) -> None:
        self._host = host
        self._port = port
        self._socket_path = socket_path
        self._keys = keys
        self._public_url = (public_url or "").rstrip("/")
        limits = limits or Limits()
        most = connections or limits.connections
        self._limits = replace(limits, body=body_limit, connections=most)
        self._proxies = Proxies(trusted_proxies)
        self._servers: list[asyncio.Server] = []
        self._runner: web.AppRunner | None = None
        #: those over TCP, and those over the Unix socket
        self._connections: list[Connections] = []
        #: the file of the Unix socket is ours
        self._is_local = False

    @property
    def port(self) -> int:
        """Where it listens; with port 0 known once it is started."""
        return self._port

    @property
    def url(self) -> str:
        """What ping URLs begin with: the public address, else where it listens."""
        if self._public_url:
            return self._public_url
        host = "127.0.0.1" if self._host in _EVERYWHERE else self._host
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self._port}"

    def ping_urls(self, uuid: str, slug: str) -> dict[str, object]:
        """The two ping URLs of a job, as its view has them."""
        base = f"{self.url}/ping"
        return {
            "ping_url": f"{base}/{uuid}",
            "slug_url": f"{base}/{self._keys.ping_now}/{slug}",
        }

    async def start(self, services: Services) -> None:
        """Listen on all sockets; raises ConfigError where that cannot be done."""
        limits = replace(
            self._limits, connections=sockets.capacity(self._limits.connections)
        )
        app = create_app(
            services, keys=self._keys, limits=limits, proxies=self._proxies
        )
        self._runner = web.AppRunner(app, shutdown_timeout=limits.stop_s)
        await self._runner.setup()
        try:
            await self._listen(app, self._runner, limits)
        except BaseException:
            await self.stop()
            raise

    async def _listen(
        self, app: web.Application, runner: web.AppRunner, limits: Limits
    ) -> None:
        others = runner.server
        if others is None:
            raise RuntimeError("the runner was set up without a server")
        turnstile = app[TURNSTILE]
        local_limits = replace(limits, connections=limits.local_connections)
        make_stranger = strangers.factory(others, handler_args(limits))
        tcp, local = (
            Connections(
                app,
                make_stranger,
                turnstile=each_turnstile,
                limits=each,
                proxies=self._proxies,
            )
            for each, each_turnstile in (
                (limits, turnstile),
                (local_limits, Turnstile()),
            )
        )
        self._connections = [tcp, local]
        others.request_handler = _guarded(
            others.request_handler, app[HANDED], turnstile
        )
        loop = asyncio.get_running_loop()
        listeners = sockets.listen_tcp(self._host, self._port)
        self._port = listeners[0].getsockname()[1]
        for listener in listeners:
            self._servers.append(await sockets.serve(tcp, listener))
        listener = sockets.listen_unix(self._socket_path)
        self._servers.append(await loop.create_unix_server(local, sock=listener))
        self._is_local = True
        tcp.sweep()
        local.sweep()

    async def stop(self) -> None:
        """Take no more, answer what is in progress, close; doing it twice is fine."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        if self._is_local:
            sockets.remove_unix(self._socket_path)
            self._is_local = False
        # all wait for their requests, each for its own time
        plain = [connections.close() for connections in self._connections]
        await asyncio.gather(*plain, self._end_others())
        self._connections = []

    async def _end_others(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _guarded(handler: _Handler, handed: Handed, turnstile: Turnstile) -> _Handler:
    """Each request of aiohttp in its turn, and its connection told of it.

    `CONNECT host:80` and `OPTIONS *` are answered here: aiohttp has no route for them,
    and its own answer to them fails on an Expect that is no ASCII (aiohttp 3.14).
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        connection = handed.get(request.protocol)
        if connection is None:
            # it has gone meanwhile; what it asked for may matter all the same
            return await _answer(request)
        connection.begin()
        try:
            if connection.address:
                await turnstile.enter()
            connection.admit()
            return await _answer(request)
        finally:
            connection.end()

    async def _answer(request: web.BaseRequest) -> web.StreamResponse:
        if not request.path.startswith("/"):
            said = {"error": "there is nothing here"}
            return errors.answer(said, status=404, headers=strangers.HEADERS)
        return await handler(request)

    return handle
