"""One call of the API: who asks, for what, and how the answer is given."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.core.job_fields import Reading
from bot.core.models import Actor
from bot.core.views import View
from bot.engine.services import Services
from bot.errors import Forbidden, Invalid, Problem
from bot.web import auth, bodies, errors
from bot.web.auth import Caller
from bot.web.base import LIMITS, SERVICES, keep_open

#: what a caller that only reads is not shown: with it one could send pings
_WITHHELD = frozenset({"uuid", "ping_url", "slug_url"})
_DIGITS = 9
_FLAGS = {"1": True, "true": True, "0": False, "false": False}


@dataclass(frozen=True, slots=True)
class Call:
    """A request to the API whose caller is known."""

    request: web.Request
    services: Services
    caller: Caller

    @property
    def actor(self) -> Actor:
        """Who does it, for the audit log."""
        return self.caller.actor

    @property
    def slug(self) -> str:
        """The job that the path names."""
        return self.request.match_info["slug"]

    @property
    def id(self) -> int:
        """The number that the path names."""
        return int(self.request.match_info["id"])

    async def table(self) -> dict[str, object]:
        """The JSON object in the body; raises Invalid, TooLarge and TooSlow."""
        limits = self.request.app[LIMITS]
        return await bodies.table(
            self.request, limit=limits.json, timeout_s=limits.body_timeout_s
        )

    async def fields(self, *known: str) -> Reading:
        """The body's fields; close with `done`."""
        return reading(await self.table(), *known)

    def query(
        self, *texts: str, number: str | None = None, flag: str | None = None
    ) -> Reading:
        """What stands after the question mark; close with `done`."""
        given: dict[str, object] = dict(self.request.query)
        if number in given:
            given[number] = _number(given[number])
        if flag in given:
            given[flag] = _FLAGS.get(str(given[flag]), given[flag])
        named = [name for name in (number, flag) if name]
        return reading(given, *texts, *named)


def reading(table: Mapping[str, object], *known: str) -> Reading:
    """The fields of a table; others than the known are refused."""
    fields = Reading(table)
    fields.expect(known, {})
    return fields


def done(reading: Reading) -> None:
    """Raise Invalid with everything that was refused."""
    if reading.problems:
        raise Invalid(*reading.problems)


def one_of(reading: Reading, key: str, known: Sequence[str]) -> str | None:
    """A text that must be one of these; None if it was not given."""
    text = reading.text(key, longest=100)
    if not text:
        return None
    if text not in known:
        reading.refuse(key, f"{text!r} is none of them", ", ".join(known))
    return text


def table_list(table: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """A list of tables in the body; raises Invalid for anything else."""
    found = table.get(key)
    if not isinstance(found, list):
        raise Invalid(Problem(key, "it is not a list", f'write {{"{key}": [...]}}'))
    for position, each in enumerate(found, 1):
        if not isinstance(each, dict):
            raise Invalid(Problem(f"{key}[{position}]", "it is not an object"))
    return found


def _number(value: object) -> object:
    text = str(value)
    is_number = text.isascii() and text.isdecimal() and len(text) <= _DIGITS
    return int(text) if is_number else value


@dataclass(frozen=True, slots=True)
class File:
    """An answer that is no JSON."""

    body: bytes
    content_type: str
    #: what a page may show; None: what every answer may, nothing
    policy: str | None = None

    def answer(self) -> web.Response:
        """It as it is sent."""
        headers = (
            {} if self.policy is None else {"Content-Security-Policy": self.policy}
        )
        charset = "utf-8" if self.content_type.startswith("text/") else None
        return web.Response(
            body=self.body,
            content_type=self.content_type,
            charset=charset,
            headers=headers,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One entry of the API; the documentation is made of these."""

    method: str
    path: str
    handler: (
        Callable[[Call], Awaitable[View | File]]
        | Callable[[Call], AsyncIterator[bytes]]
    )
    #: what it does, in words
    says: str
    #: the fields of the body or the query
    takes: str = ""
    status: int = 200
    #: over the Unix socket only
    local: bool = False

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Let in whoever may, call the handler, answer with what it returns."""
        caller = auth.identify(request)
        keep_open(request)
        auth.check_may(caller, request.method)
        if self.local and not caller.local:
            raise Forbidden(
                "this goes over the Unix socket: use the command line on the server"
            )
        if caller.key is not None:
            await request.app[SERVICES].keys.note_use(caller.key)
        answer = self.handler(Call(request, request.app[SERVICES], caller))
        if isinstance(answer, AsyncIterator):
            return await _stream(request, answer)
        view = await answer
        if isinstance(view, File):
            return view.answer()
        shown = view if caller.writes else withheld(view)
        return errors.answer(shown, status=self.status)


async def _stream(
    request: web.Request, events: AsyncIterator[bytes]
) -> web.StreamResponse:
    """Server-sent events; what goes wrong before the first is answered as always."""
    first = await anext(events)
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    )
    await response.prepare(request)
    await response.write(first)
    async for event in events:
        await response.write(event)
    await response.write_eof()
    return response


def withheld(value: object) -> object:
    """The value without anything that would let its reader send pings."""
    if isinstance(value, Mapping):
        return {k: withheld(v) for k, v in value.items() if k not in _WITHHELD}
    return [withheld(v) for v in value] if isinstance(value, list) else value
