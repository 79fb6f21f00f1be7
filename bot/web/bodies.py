"""Bodies, read piece by piece: none is too large, none may take for ever."""

import asyncio
import contextlib
import json
from typing import Any, NoReturn, Protocol

from aiohttp import web

from bot.core.pings import BodyKeeper
from bot.errors import Invalid, Problem
from bot.web.errors import TooLarge, TooSlow

#: what aiohttp raises when a body ends before its end
_BROKEN = (web.RequestPayloadError, ConnectionError, RuntimeError)


async def expect(request: web.Request) -> None:
    """Tell a client that asks first to go on; any other expectation is ignored."""
    asked = request.headers.get("Expect", "").lower()
    if asked != "100-continue" or request.version < (1, 1):
        return
    # a client that has gone meanwhile may have sent a ping all the same
    with contextlib.suppress(ConnectionError):
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # what was written so far is no part of the answer
        request.writer.output_size = 0


#: remarks on pings whose body is not whole
BROKEN_OFF = "the connection broke before the body was complete; kept what came"
TOO_MANY = "too many bodies were coming in; kept the ends of what came"
STOPPING = "Cronitor stopped before the body was complete; kept what came"
#: bytes that are kept of a body that made room for others
CUT_TO = 4_000


def too_slow(timeout_s: float) -> str:
    """The remark on a body that took too long."""
    return f"the body took longer than {timeout_s:g} s; kept what came"


#: pings with bodies that are handed in at the same time
_MOST_ONWARD = 64


class Cuttable(Protocol):
    """A body that is coming in."""

    def cut(self) -> None:
        """End it where it is; it is not counted any more."""
        ...


class Bodies:
    """The bodies that are coming in: together they may hold so many bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        #: what each of them holds, the oldest first
        self._held: dict[Cuttable, int] = {}
        self._total = 0
        #: a few at a time go on to the store, so that they do not fill its queue
        self.onward = asyncio.Semaphore(_MOST_ONWARD)

    def note(self, body: Cuttable, held: int) -> None:
        """One of them holds so much now; too much in all is the end of the oldest."""
        self._total += held - self._held.get(body, 0)
        self._held[body] = held
        while self._total > self._most:
            oldest = next(iter(self._held))
            self.forget(oldest)
            oldest.cut()

    def forget(self, body: Cuttable) -> None:
        """It is complete, or ended; twice is fine."""
        self._total -= self._held.pop(body, 0)


BODIES = web.AppKey("bodies", Bodies)


class _Awaited:
    """A body that is read within a timeout."""

    def __init__(self, until: asyncio.Timeout, keeper: BodyKeeper) -> None:
        self._until = until
        self._keeper = keeper
        self.was_cut = False

    def cut(self) -> None:
        """Let its time be over."""
        self.was_cut = True
        self._keeper.shrink(CUT_TO)
        self._until.reschedule(0.0)


async def keep(request: web.Request, keeper: BodyKeeper, timeout_s: float) -> str:
    """Feed a ping's body to the keeper; say what was odd about how it came.

    A body that stalls, breaks off or is nonsense on the wire does not lose the ping:
    what came of it is kept.
    """
    bodies = request.app[BODIES]
    until = asyncio.timeout(timeout_s)
    body = _Awaited(until, keeper)
    try:
        async with until:
            while piece := await request.content.readany():
                keeper.feed(piece)
                bodies.note(body, keeper.held)
    except TimeoutError:
        return TOO_MANY if body.was_cut else too_slow(timeout_s)
    except _BROKEN:
        return BROKEN_OFF
    finally:
        bodies.forget(body)
    return ""


async def table(
    request: web.Request, *, limit: int, timeout_s: float
) -> dict[str, Any]:
    """The JSON object in the body; an empty body is an empty one.

    Raises Invalid with the position of what is wrong, TooLarge and TooSlow.
    """
    raw = await whole(request, limit=limit, timeout_s=timeout_s)
    if not raw.strip():
        return {}
    value = _parse(raw)
    if not isinstance(value, dict):
        raise _invalid("it is not a JSON object", 'write {"key": value}')
    return value


async def whole(request: web.Request, *, limit: int, timeout_s: float) -> bytes:
    """All of the body; raises Invalid if it breaks off, TooLarge and TooSlow."""
    try:
        async with asyncio.timeout(timeout_s):
            return await _collected(request, limit)
    except TimeoutError as exc:
        raise TooSlow(f"the body took longer than {timeout_s:g} s") from exc
    except _BROKEN as exc:
        raise _invalid("it broke off", "send the whole of it") from exc


async def _collected(request: web.Request, limit: int) -> bytes:
    raw = bytearray()
    while piece := await request.content.readany():
        raw += piece
        if len(raw) > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
    return bytes(raw)


def _parse(raw: bytes) -> object:
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as exc:
        raise _invalid(f"byte {exc.start + 1} is not UTF-8", "send UTF-8") from exc
    except json.JSONDecodeError as exc:
        where = f"line {exc.lineno}, column {exc.colno}"
        raise _invalid(f"no JSON at {where}: {exc.msg}", "") from exc
    except RecursionError as exc:
        raise _invalid("it is nested too deeply", "") from exc
    except ValueError as exc:
        raise _invalid("it has a number of too many digits", "") from exc


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise Invalid(Problem(twice[:100], "it is given twice", "keep one"))
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise _invalid(f"{name} is no JSON", "write a number or null")


def _invalid(reason: str, hint: str) -> Invalid:
    return Invalid(Problem("body", reason, hint))
