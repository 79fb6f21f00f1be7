"""Whether the server is well, for whoever watches it; no key, no secrets."""

from aiohttp import web

from bot.errors import Unavailable
from bot.web import auth, errors
from bot.web.base import SERVICES
from bot.web.turnstile import TURNSTILE

_RETRY_AFTER = {"Retry-After": "5"}

_FRONT = """\
Cronitor watches scheduled jobs: they report here, and it tells when one does not.

/ping/...          where jobs report
/v1/...            the HTTP API, with a key
/healthz, /readyz  whether this server is well

`cronitor job add --help` on the server makes the first job.
"""


async def alive(request: web.Request) -> web.Response:
    """The process answers; what is not well although it goes on is named.

    What exactly is for the owner alone: it may name a channel, or a path.
    """
    faults = request.app[SERVICES].health.faults()
    if not faults:
        return errors.answer({"status": "ok"})
    said: dict[str, object] = {"status": "degraded", "faults": sorted(faults)}
    if auth.is_local(request):
        said["details"] = faults
    return errors.answer(said)


async def ready(request: web.Request) -> web.Response:
    """Pings are taken: a write reaches the disk, and the loops tick."""
    try:
        await request.app[SERVICES].store.ready()
    except Unavailable as exc:
        return _unready(str(exc))
    finally:
        # all who waited for the same write would go on at once
        await request.app[TURNSTILE].enter()
    return errors.answer({"status": "ready"})


def _unready(reason: str) -> web.Response:
    body = {"status": "unavailable", "reason": reason}
    return errors.answer(body, status=503, headers=_RETRY_AFTER)


async def front(request: web.Request) -> web.Response:
    """What this is, for whoever opens it in a browser."""
    return web.Response(text=_FRONT)
