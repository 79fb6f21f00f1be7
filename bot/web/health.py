"""Whether the server is well, for whoever watches it; no key, no secrets."""

import asyncio

from aiohttp import web

from bot.errors import Unavailable
from bot.web import errors
from bot.web.base import SERVICES

#: a store that has not answered by then takes no pings either
READY_WITHIN_S = 5.0
_RETRY_AFTER = {"Retry-After": "5"}

_FRONT = """\
Cronitor watches scheduled jobs: they report here, and it tells when one does not.

/ping/...          where jobs report
/v1/...            the HTTP API, with a key
/healthz, /readyz  whether this server is well

`cronitor job add --help` on the server makes the first job.
"""


async def alive(request: web.Request) -> web.Response:
    """The process answers; what is not well although it goes on is named."""
    faults = request.app[SERVICES].health.faults()
    if not faults:
        return errors.answer({"status": "ok"})
    return errors.answer({"status": "degraded", "faults": sorted(faults)})


async def ready(request: web.Request) -> web.Response:
    """Pings are taken: a write reaches the disk, and the loops tick."""
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            await request.app[SERVICES].store.ready()
    except TimeoutError:
        return _unready(f"no write was done within {READY_WITHIN_S:g} s")
    except Unavailable as exc:
        return _unready(str(exc))
    return errors.answer({"status": "ready"})


def _unready(reason: str) -> web.Response:
    body = {"status": "unavailable", "reason": reason}
    return errors.answer(body, status=503, headers=_RETRY_AFTER)


async def front(request: web.Request) -> web.Response:
    """What this is, for whoever opens it in a browser."""
    return web.Response(text=_FRONT)
