"""Errors on their way out: JSON for programs, no traceback for anybody."""

import json
import logging
from collections.abc import Awaitable, Callable
from http import HTTPStatus

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
    except web.HTTPException as exc:
        return _of_http(exc)
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


def _of_http(exc: web.HTTPException) -> web.Response:
    """aiohttp's own: no such route, a method that the route has not."""
    allowed = exc.headers.get("Allow")
    if allowed is not None:
        text = f"this path takes {allowed.replace(',', ', ')}"
        return answer({"error": text}, status=exc.status, headers={"Allow": allowed})
    text = "there is nothing here" if exc.status == HTTPStatus.NOT_FOUND else exc.reason
    return answer({"error": text}, status=exc.status)


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
