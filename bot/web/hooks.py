"""Webhooks: a request from outside that starts a job."""

from math import ceil

from aiohttp import web

from bot.engine.hooks import Delivery, Denied, Taken
from bot.errors import Unavailable
from bot.web import bodies, errors
from bot.web.base import LIMITS, SERVICES, keep_open
from bot.web.errors import Limited, Unauthorized

PATH = "/hook/{slug:[a-z0-9][a-z0-9_-]*}/{token:[0-9a-f]{32}}"


async def handle(request: web.Request) -> web.Response:
    """Start the job that the address names, if the request may."""
    services, limits = request.app[SERVICES], request.app[LIMITS]
    place = request.match_info
    hook = await services.causes.hooks.find(place["slug"], place["token"])
    keep_open(request)
    wait_s = services.causes.hooks.wait_s(hook)
    if wait_s:
        raise Limited("too many requests to this webhook", ceil(wait_s))
    body = await bodies.whole(
        request, limit=limits.payload, timeout_s=limits.body_timeout_s
    )
    try:
        taken = await services.causes.hooks.take(hook, _delivery(request, body))
    except Denied:
        raise Unauthorized("not accepted") from None
    except Unavailable as exc:
        # the reason is for the log, not for whoever sends
        raise Unavailable("not taken; try again", exc.retry_after_s) from exc
    return _answer(taken)


def url(base: str, slug: str, token: str) -> str:
    """The address of a job's webhook, for whoever may know it."""
    return f"{base}/hook/{slug}/{token}"


def _answer(taken: Taken) -> web.Response:
    if taken.run is None:
        return errors.answer({"run": None, "reason": taken.why})
    run = taken.run
    said = {"run": run["id"], **{k: run[k] for k in ("run_id", "stage", "end")}}
    return errors.answer(said, status=202)


def _delivery(request: web.Request, body: bytes) -> Delivery:
    """What GitHub, GitLab and others say in the headers."""
    headers = request.headers
    names = ("X-GitHub-Delivery", "Idempotency-Key", "X-Gitlab-Event-UUID")
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    return Delivery(
        body=body,
        event=headers.get("X-GitHub-Event", headers.get("X-Gitlab-Event", "")),
        id=next((headers[name] for name in names if headers.get(name)), ""),
        signature=headers.get("X-Hub-Signature-256", ""),
        token=headers.get("X-Gitlab-Token")
        or (token.strip() if scheme.lower() == "bearer" else ""),
        is_github="X-GitHub-Event" in headers,
    )
