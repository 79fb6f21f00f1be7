"""The web room on its sockets: start, where it is, stop."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from bot.engine.services import Services
from bot.web import errors, sockets
from bot.web.app import create_app
from bot.web.auth import Keys
from bot.web.base import BODY_LIMIT, Limits
from bot.web.connections import Connections
from bot.web.pings import RECEIVER

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
        limits: Limits | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._socket_path = socket_path
        self._keys = keys
        self._public_url = (public_url or "").rstrip("/")
        self._limits = replace(limits or Limits(), body=body_limit)
        self._servers: list[asyncio.Server] = []
        self._runner: web.AppRunner | None = None
        self._connections: Connections | None = None
        self._local: web.SockSite | None = None

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
        app = create_app(services, keys=self._keys, limits=limits)
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
        others.request_handler = _with_a_path(others.request_handler)
        self._connections = Connections(
            app[RECEIVER],
            others,
            count_others=lambda: len(others.connections),
            limits=limits,
        )
        loop = asyncio.get_running_loop()
        listeners = sockets.listen_tcp(self._host, self._port)
        self._port = listeners[0].getsockname()[1]
        for listener in listeners:
            server = await loop.create_server(self._connections, sock=listener)
            self._servers.append(server)
        local = sockets.listen_unix(self._socket_path)
        self._local = web.SockSite(runner, local)
        await self._local.start()
        self._connections.sweep()

    async def stop(self) -> None:
        """Take no more, answer what is in progress, close; doing it twice is fine."""
        for server in self._servers:
            server.close()
        self._servers.clear()
        if self._local is not None:
            sockets.remove_unix(self._socket_path)
            self._local = None
        # both wait for their requests, each for its own time
        await asyncio.gather(self._end_plain(), self._end_others())

    async def _end_plain(self) -> None:
        if self._connections is not None:
            await self._connections.close()
            self._connections = None

    async def _end_others(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


def _with_a_path(handler: _Handler) -> _Handler:
    """Answer `CONNECT host:80` and `OPTIONS *` here: aiohttp has no route for them.

    Its own answer to them fails on an Expect that is no ASCII (aiohttp 3.14).
    """

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if not request.path.startswith("/"):
            return errors.answer({"error": "there is nothing here"}, status=404)
        return await handler(request)

    return handle
