"""The ping endpoints: a request becomes an Incoming, what became of it a Reply."""

import asyncio
import logging
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from bot.core.kinds import PingKind
from bot.core.pings import BodyKeeper
from bot.engine.pings import Answer, Incoming, Received
from bot.errors import Invalid, Unavailable, Unreadable
from bot.web import bodies, ping_urls, replies
from bot.web.auth import Keys
from bot.web.base import LIMITS, PROXIES, Limits, Pings, keep_open
from bot.web.bodies import BODIES
from bot.web.replies import Reply

logger = logging.getLogger(__name__)

#: characters of a user agent that are kept, as in Healthchecks
AGENT_LENGTH = 200
_METHODS = frozenset({"GET", "HEAD", "POST"})
#: a person has to mend what is stored of the job first
_UNREADABLE_RETRY_S = 60


class Target(NamedTuple):
    """What the request line of a ping says."""

    said: PingKind
    uuid: str | None
    slug: str | None
    exit_status: int | None
    rid: str | None
    create: bool
    event_id: str | None
    sent_at: datetime | None
    host: str


class Receiver:
    """Reads ping URLs and hands pings in; knows nothing of connections."""

    def __init__(self, pings: Pings, *, keys: Keys, limits: Limits) -> None:
        self._pings = pings
        self._keys = keys
        self.body_limit = limits.body
        ok = replies.recorded(200, "OK", body_limit=limits.body)
        created = replies.recorded(201, "Created", body_limit=limits.body)
        self._answers = {
            Answer.OK: ok,
            Answer.CREATED: created,
            Answer.NOT_FOUND: replies.NOT_FOUND,
        }

    def read(self, method: str, path: str, query: str) -> Target | Reply:
        """What the request line says, or what to answer without looking further."""
        if method not in _METHODS:
            return replies.OPTIONS if method == "OPTIONS" else replies.NOT_ALLOWED
        place = ping_urls.read_path(path)
        if isinstance(place, Reply):
            return place
        if place.slug is not None and not self._keys.opens_pings(place.key):
            return replies.NOT_FOUND
        question = ping_urls.read_query(query)
        if isinstance(question, Reply):
            return question
        said, uuid, _, slug, exit_status = place
        return Target(said, uuid, slug, exit_status, *question)

    async def receive(self, incoming: Incoming) -> Reply:
        """Hand a ping in; the answer comes after its commit. Never raises."""
        handed_in = self.submit(incoming)
        if isinstance(handed_in, Reply):
            return handed_in
        await asyncio.wait((handed_in,))
        return self.reply(incoming, handed_in)

    def submit(self, incoming: Incoming) -> asyncio.Future[Received] | Reply:
        """Hand a ping in: what is done after its commit, or the answer at once."""
        try:
            return self._pings.submit(incoming)
        except Exception as exc:
            return _refused(incoming, exc)

    def is_storing(self) -> bool:
        """Whether pings are on their way to the disk."""
        return self._pings.are_waiting

    def turned_away(self) -> None:
        """There was no room for a connection."""
        self._pings.turned_away()

    def reply(self, incoming: Incoming, done: asyncio.Future[Received]) -> Reply:
        """What to answer once that is done. Never raises."""
        exc = done.exception()
        if exc is not None:
            return _refused(incoming, exc)
        received = done.result()
        return self._answers.get(received.answer) or _limited(received)


def incoming_of(
    target: Target,
    *,
    method: str,
    agent: str,
    address: str,
    body: bytes,
    body_size: int,
    remark: str = "",
) -> Incoming:
    """The ping that a request is."""
    said, uuid, slug, exit_status, rid, create, event_id, sent_at, host = target
    return Incoming(
        said=said,
        uuid=uuid,
        slug=slug,
        create=create,
        exit_status=exit_status,
        rid=rid,
        method=method,
        address=address,
        agent=agent_on(agent, host),
        body=body,
        body_size=body_size,
        remark=remark,
        event_id=event_id,
        sent_at=sent_at,
    )


def agent_on(agent: str, host: str) -> str:
    """Which program reports, and from which machine if it says so."""
    agent = agent[:AGENT_LENGTH]
    return f"{agent} on {host}" if host else agent


def _refused(incoming: Incoming, exc: BaseException) -> Reply:
    match exc:
        case Unavailable():
            # the reason is for the log and for /readyz, not for whoever pings
            return replies.later(503, "not stored; try again", exc.retry_after_s)
        case Unreadable():
            return replies.later(503, "not stored; try again", _UNREADABLE_RETRY_S)
        case Invalid():
            return Reply(400, f"invalid {exc}")
    # the border to the network; the target is a secret, so it is not told
    logger.error(
        "a ping (%s) could not be taken",
        incoming.said,
        exc_info=exc,
        extra={"action": "request_failed"},
    )
    return replies.FAILED


def _limited(received: Received) -> Reply:
    return replies.later(429, "too many pings of this job", received.retry_after_s)


RECEIVER = web.AppKey("receiver", Receiver)


async def handle(request: web.Request) -> web.Response:
    """Answer a ping of any shape; plain ones are answered by `connections` already."""
    receiver, limits = request.app[RECEIVER], request.app[LIMITS]
    url = request.rel_url
    target = receiver.read(request.method, url.raw_path, url.raw_query_string)
    if isinstance(target, Reply):
        return _response(target)
    keeper = BodyKeeper(limits.body)
    remark = await bodies.keep(request, keeper, limits.body_timeout_s)
    keep_open(request)
    incoming = incoming_of(
        target,
        method=request.method,
        agent=agent_of(request),
        address=address_of(request),
        body=keeper.body(),
        body_size=keeper.size,
        remark=remark,
    )
    # a body that broke off stays alive with what aiohttp says of that
    keeper.shrink(0)
    async with request.app[BODIES].onward:
        response = _response(await receiver.receive(incoming))
    if remark:
        # what would follow on this connection is the rest of that body
        response.force_close()
    return response


def agent_of(request: web.Request) -> str:
    """The user agent as text that can be stored: headers are bytes of any kind."""
    raw = request.headers.get("User-Agent", "")
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def address_of(request: web.Request) -> str:
    """Whose request it is; empty on the Unix socket.

    What proxies say counts if the settings trust them.
    """
    peer = request.remote or ""
    forwarded = request.headers.getall("X-Forwarded-For", [])
    return request.app[PROXIES].client(peer, ",".join(forwarded))


def _response(reply: Reply) -> web.Response:
    if not reply.text:
        return web.Response(status=reply.status, headers=reply.headers)
    return web.Response(status=reply.status, text=reply.text, headers=reply.headers)
