"""One port of loopback that can be closed and opened again."""

import socket

from aiohttp import web


class Listener:
    """Serves an application on a port that stays its own while it is closed."""

    def __init__(self, app: web.Application) -> None:
        self._runner = web.AppRunner(
            app, access_log=None, shutdown_timeout=1.0, handle_signals=False
        )
        # bound and never listening: connections are refused, nobody else gets the port
        self._reserved = _bound(0)
        self.port: int = self._reserved.getsockname()[1]
        self._site: web.SockSite | None = None

    async def open(self) -> None:
        """Listen."""
        if self._runner.server is None:
            await self._runner.setup()
        if self._site is None:
            self._site = web.SockSite(self._runner, _bound(self.port))
            await self._site.start()

    async def close(self) -> None:
        """Refuse new connections, and tear down those that are."""
        if self._site is not None:
            await self._site.stop()
            self._site = None
        self.abort()

    def abort(self) -> None:
        """Tear down all connections."""
        server = self._runner.server
        for connection in [] if server is None else server.connections:
            if connection.transport is not None:
                connection.transport.abort()

    async def end(self) -> None:
        """Give everything back."""
        await self.close()
        await self._runner.cleanup()
        self._reserved.close()


def _bound(port: int) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    return bound
