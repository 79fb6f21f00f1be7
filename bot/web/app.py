"""Puts the web room together: routes, errors, headers."""

import logging
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.engine.services import Services
from bot.web import bodies, errors, health, hooks, pings
from bot.web.api import ROUTES
from bot.web.auth import KEYS, Keys
from bot.web.base import HANDED, LIMITS, PROXIES, SERVICES, Limits
from bot.web.bodies import BODIES, Bodies
from bot.web.errors import Handler
from bot.web.forwarded import Proxies
from bot.web.pings import RECEIVER, Receiver
from bot.web.strangers import HEADERS
from bot.web.turnstile import TURNSTILE, Turnstile

#: what is left of a body that nobody reads is waited for this long
_LINGERING_S = 2.0
#: what a page of ours may load; it says so itself
_POLICY = "Content-Security-Policy"

_aiohttp_logger = logging.getLogger("bot.web.aiohttp")


def create_app(
    services: Services,
    *,
    keys: Keys,
    limits: Limits | None = None,
    proxies: Proxies | None = None,
) -> web.Application:
    """Everything that the server answers; `server.WebServer` gives it its sockets."""
    limits = limits or Limits()
    _aiohttp_logger.addFilter(_is_no_nonsense)
    app = web.Application(
        middlewares=[errors.middleware], handler_args=handler_args(limits)
    )
    app[SERVICES], app[KEYS], app[LIMITS] = services, keys, limits
    app[PROXIES] = proxies or Proxies()
    app[BODIES] = Bodies(limits.bodies)
    app[HANDED] = {}
    receiver = Receiver(services.pings, keys=keys, limits=limits)
    app[RECEIVER] = receiver
    app[TURNSTILE] = Turnstile(is_storing=receiver.is_storing)
    app.on_response_prepare.append(_harden)
    _route(app.router)
    return app


def handler_args(limits: Limits) -> dict[str, Any]:
    """How aiohttp is to read a connection."""
    return {
        # bodies of pings are kept as they came, whatever they are labelled
        "auto_decompress": False,
        # the default access log prints ping URLs
        "access_log": None,
        "keepalive_timeout": limits.idle_s,
        "lingering_time": min(_LINGERING_S, limits.body_timeout_s),
        "logger": _aiohttp_logger,
    }


def _route(router: web.UrlDispatcher) -> None:
    def add(method: str, path: str, handler: Handler) -> None:
        router.add_route(method, path, handler, expect_handler=bodies.expect)
        if method == "GET":
            router.add_route("HEAD", path, handler, expect_handler=bodies.expect)

    add("*", r"/ping/{rest:[\s\S]*}", pings.handle)
    add("GET", "/healthz", health.alive)
    add("GET", "/readyz", health.ready)
    add("GET", "/", health.front)
    add("POST", hooks.PATH, hooks.handle)
    for route in ROUTES:
        add(route.method, route.path, route.serve)
    add("*", r"/{rest:[\s\S]*}", errors.nothing_here)


async def _harden(request: web.Request, response: web.StreamResponse) -> None:
    """The security headers of every answer."""
    own = response.headers.get(_POLICY)
    response.headers.update(HEADERS)
    if own is not None:
        response.headers[_POLICY] = own
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"


def _is_no_nonsense(record: logging.LogRecord) -> bool:
    """Leave out what is no HTTP, and who has gone: no fault of ours, perhaps a URL."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | ConnectionError)
