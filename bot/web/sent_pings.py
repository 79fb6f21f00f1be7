"""Pings that a person sends through the API, by the job's slug."""

import base64
from datetime import datetime

from bot.core import events, pings
from bot.core.job_fields import Reading
from bot.core.kinds import PingKind
from bot.core.views import View
from bot.engine.pings import Answer, Incoming
from bot.errors import NotFound
from bot.web.base import LIMITS
from bot.web.calls import Call, done, one_of, reading
from bot.web.errors import Limited
from bot.web.ping_urls import named_host
from bot.web.pings import address_of, agent_of, agent_on

_KINDS = tuple(str(each) for each in PingKind if each is not PingKind.IGNORED)
_HIGHEST_STATUS = 255
_FIELDS = ("kind", "exit_status", "rid", "body", "body_b64", "event", "at", "host")
#: more than a JSON body may have
_LONGEST_BODY = 10_000_000


async def send(call: Call) -> View:
    """Record a ping of a job; the answer comes after its commit."""
    table = await call.table()
    fields = reading(table, *_FIELDS)
    body = _body(fields, table.get("body"))
    incoming = _incoming(call, fields, body, _moment(fields, table.get("at")))
    done(fields)
    received = await call.services.pings.receive(incoming)
    if received.answer is Answer.NOT_FOUND:
        raise NotFound(f"there is no job {call.slug!r}; see `cronitor job list`")
    if received.answer is Answer.LIMITED:
        raise Limited("too many pings of this job", received.retry_after_s)
    kind = received.kind or incoming.said
    return {"kind": kind, "reason": received.reason}


def _incoming(
    call: Call, fields: Reading, body: bytes, sent_at: datetime | None
) -> Incoming:
    kind = one_of(fields, "kind", _KINDS) or PingKind.SUCCESS
    exit_status = None
    if fields.has("exit_status"):
        exit_status = fields.whole(
            "exit_status", default=0, least=0, most=_HIGHEST_STATUS
        )
    return Incoming(
        said=PingKind(kind),
        slug=call.slug,
        exit_status=exit_status,
        rid=_uuid(fields, "rid"),
        method="POST",
        address=address_of(call.request),
        agent=agent_on(
            agent_of(call.request), named_host(fields.text("host", longest=100))
        ),
        body=pings.keep(body, call.request.app[LIMITS].body),
        body_size=len(body),
        source="cli" if call.caller.local else "http",
        event_id=_uuid(fields, "event"),
        sent_at=sent_at,
    )


def _uuid(fields: Reading, key: str) -> str | None:
    text = fields.text(key, longest=100)
    uuid = pings.parse_rid(text)
    if text and uuid is None:
        fields.refuse(key, "it is no UUID", "write it with dashes, as uuidgen does")
    return uuid


def _moment(fields: Reading, given: object) -> datetime | None:
    """When it was about, for a ping that its sender kept for later."""
    if not fields.has("at"):
        return None
    if not fields.has("event"):
        fields.refuse("at", "it stands beside an event", "give event, a new UUID")
    moment = events.parse_moment(str(given))
    if moment is None:
        hint = "RFC 3339 with an offset, or seconds since 1970"
        fields.refuse("at", "it is no moment", hint)
    return moment


def _body(fields: Reading, text: object) -> bytes:
    """The body as bytes; text is taken as it is, with its line breaks."""
    if text is not None and not isinstance(text, str):
        fields.refuse("body", "it is not a text", "put it in quotes")
        return b""
    if not fields.has("body_b64"):
        return (text or "").encode("utf-8", "replace")
    if text:
        fields.refuse("body", "body_b64 is given as well", "keep one of them")
    try:
        encoded = fields.text("body_b64", longest=_LONGEST_BODY)
        return base64.b64decode(encoded, validate=True)
    except ValueError:
        fields.refuse("body_b64", "it is no base64", "send plain text as body")
        return b""
