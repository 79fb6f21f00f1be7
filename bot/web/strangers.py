"""Connections that aiohttp reads; what it cannot read is told in words of ours.

Its own say what was sent and what the server is made of. A proxy may keep answers, and
what was sent may be a ping URL.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from aiohttp import web
from yarl import URL

#: the security headers of every answer
HEADERS = {
    "Server": "cronitor",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Stranger(web.RequestHandler):
    """The protocol of such a connection."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to no HTTP, or to a request that met a fault; the last of all."""
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            super().handle_error(request, status, exc, message)
        text = f"{HTTPStatus(status).phrase}\n"
        answer = web.Response(status=status, text=text, headers=HEADERS)
        answer.force_close()
        return answer

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Tell of a fault; aiohttp 3.14 has one of its own when a stop is out of time.

        It then tells a request that is ended that the stop waits for it no more, twice.
        """
        is_ended = isinstance(kw.get("exc_info"), asyncio.InvalidStateError)
        if not (is_ended and self._force_close):
            super().log_exception(*args, **kw)


def factory(server: web.Server, settings: dict[str, Any]) -> Callable[[], Stranger]:
    """What makes them; `settings` are those of aiohttp's `RequestHandler`."""
    server.request_factory = _with_a_url(server.request_factory)
    loop = asyncio.get_running_loop()
    return partial(Stranger, server, loop=loop, **settings)


def _with_a_url(make: Callable[..., Any]) -> Callable[..., Any]:
    """Let `CONNECT` without a target be a request: aiohttp 3.14 dies of it."""

    def made(message: Any, *rest: Any) -> Any:
        if message.url is None:
            message = message._replace(url=URL())
        return make(message, *rest)

    return made
