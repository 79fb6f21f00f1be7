"""Errors on their way out: JSON for programs, no traceback for anybody."""

import json
import logging
from collections.abc import Awaitable, Callable

from aiohttp import web

from bot.errors import (
    Conflict,
    CronitorError,
    Forbidden,
    Invalid,
    NotFound,
    Unavailable,
)

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Unauthorized(CronitorError):
    """No key, or a wrong one."""


class TooLarge(CronitorError):
    """The body is too large."""


class TooSlow(CronitorError):
    """The body did not come in time."""


class Limited(CronitorError):
    """Too many of them."""

    def __init__(self, message: str, retry_after_s: int) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(message)


_STATUS: dict[type[CronitorError], int] = {
    Invalid: 400,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    TooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    Limited: 429,
    Unavailable: 503,
}


def answer(
    body: object, *, status: int = 200, headers: dict[str, str] | None = None
) -> web.Response:
    """A JSON response; characters that UTF-8 has not are replaced."""
    text = json.dumps(body, ensure_ascii=False, indent=2)
    return web.Response(
        body=f"{text}\n".encode("utf-8", "replace"),
        status=status,
        headers=headers,
        content_type="application/json",
    )


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn every error into an answer; the border at which nothing goes further."""
    try:
        return await handler(request)
    except CronitorError as exc:
        return _of_error(exc)
    except Exception:
        # the path may be a ping URL, so the log names the route
        logger.exception(
            "%s %s failed",
            request.method,
            route_of(request),
            extra={"action": "request_failed"},
        )
        return answer({"error": "something went wrong here; see the log"}, status=500)


def route_of(request: web.Request) -> str:
    """The pattern that the request matched, such as `/v1/jobs/{slug}`."""
    resource = request.match_info.route.resource
    return "unknown route" if resource is None else resource.canonical


async def nothing_here(request: web.Request) -> web.Response:
    """What no route takes: another method of one, or nothing at all."""
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        allowed |= (await resource.resolve(request))[1]
    # the star is the route that has led here
    allowed.discard("*")
    if not allowed:
        return answer({"error": "there is nothing here"}, status=404)
    methods = ", ".join(sorted(allowed))
    error = {"error": f"this path takes {methods}"}
    return answer(error, status=405, headers={"Allow": methods})


def _of_error(exc: CronitorError) -> web.Response:
    status = _STATUS.get(type(exc), 500)
    body: dict[str, object] = {"error": str(exc)}
    headers: dict[str, str] = {}
    if isinstance(exc, Invalid):
        body["problems"] = [
            {"field": each.field, "reason": each.reason, "hint": each.hint}
            for each in exc.problems
        ]
    if isinstance(exc, Unavailable | Limited):
        headers["Retry-After"] = str(max(1, exc.retry_after_s))
    if isinstance(exc, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    return answer(body, status=status, headers=headers)
