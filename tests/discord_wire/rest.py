"""The REST side: reads a request, finds its route, and answers."""

import json
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_wire import checks
from tests.discord_wire.calls import Call, Dispatch, Handler
from tests.discord_wire.errors import ApiError, InvalidForm, Problem, unauthorized
from tests.discord_wire.faults import Exchange, Faults
from tests.discord_wire.ratelimits import RateLimits
from tests.discord_wire.replies import Reply, failure
from tests.discord_wire.requests import Request
from tests.discord_wire.routes import channels, commands, guilds, interactions, users
from tests.discord_wire.state import State

BASE = "/api/v10"
#: those that are called with a token in their path
#: of these a channel takes so many, each for itself
_LIMITED = {("POST", channels.MESSAGES), ("PATCH", channels.MESSAGE)}
_NEEDS_NO_TOKEN = ("/interactions/", "/webhooks/")
_ROUTES: dict[tuple[str, str], Handler] = {
    **channels.ROUTES,
    **commands.ROUTES,
    **guilds.ROUTES,
    **interactions.ROUTES,
    **users.ROUTES,
}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


#: those with fewer names for ids first: `@original` is no id
_TEMPLATES = sorted(
    ((template, _pattern(template)) for template in {t for _, t in _ROUTES}),
    key=lambda pair: (pair[0].count("{"), pair[0]),
)


class Rest:
    """Answers every request below the base."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        dispatch: Dispatch,
        more: Mapping[tuple[str, str], Handler],
    ) -> None:
        self._state = state
        self._faults = faults
        self._dispatch = dispatch
        self._limits = RateLimits(state.clock)
        #: what everything is answered with instead
        self.failing: int | None = None
        self._routes = {**_ROUTES, **more}
        self._templates = [
            *((template, _pattern(template)) for _, template in more),
            *_TEMPLATES,
        ]

    async def serve(self, http: web.Request) -> web.StreamResponse:
        """The handler of all paths below the base."""
        request = await self._read(http)
        self._state.requests.add(request)
        exchange = Exchange(
            http=http,
            request=request,
            clock=self._state.clock,
            process=lambda: self.process(request),
        )
        if self.failing is not None:
            return exchange.settle(failure(self.failing), "down")
        return await self._faults.apply(exchange)

    async def _read(self, http: web.Request) -> Request:
        request = Request(
            method=http.method,
            path=http.path.removeprefix(BASE),
            query=dict(http.query),
            headers=dict(http.headers),
            at=self._state.clock.monotonic(),
        )
        if http.content_type == "multipart/form-data":
            files: dict[str, bytes] = {}
            async for part in await http.multipart():
                assert isinstance(part, BodyPartReader)
                content = bytes(await part.read())
                if part.name == "payload_json":
                    request.raw = content
                else:
                    files[part.filename or str(part.name)] = content
            request.files = files
        else:
            request.raw = await http.read()
        request.body = _parse(request.raw)
        request.template = next((t for t, _ in self._matching(request.path)), None)
        return request

    def process(self, request: Request) -> web.Response:
        """Do what the request asks for; errors become answers."""
        try:
            reply = self._answer(request)
        except ApiError as error:
            reply = Reply(error.status, error.payload())
            if error.is_violation:
                self._state.violate(request, *_problems(error))
        except Exception:
            self._state.violate(request, f"not foreseen: {traceback.format_exc()}")
            reply = Reply(500, {"message": "500: Internal Server Error", "code": 0})
        finally:
            request.answered_at = self._state.clock.monotonic()
            self._state.changes.notify()
        request.status, request.answer = reply.status, reply.body
        return reply.response()

    def _answer(self, request: Request) -> Reply:
        handler, params, template = self._find(request)
        if not request.path.startswith(_NEEDS_NO_TOKEN):
            self._authorize(request)
        if request.raw and request.body is None:
            text = "The request body contains invalid JSON."
            raise ApiError(400, 50109, text, is_violation=True)
        checks.check_files(request, self._state.rules.file_bytes)
        checks.check(request, template)
        limited = self._limited(request)
        if limited.status == 429:
            return limited
        reply = handler(Call(self._state, request, params, self._dispatch))
        reply.headers |= limited.headers
        return reply

    def _limited(self, request: Request) -> Reply:
        """The headers of the limit of a channel, or its 429."""
        called = (request.method, request.template)
        if self._state.rules.limits_messages and called in _LIMITED:
            channel = request.path.split("/messages")[0]
            return self._limits.count(f"{request.method} {channel}")
        return Reply()

    def _find(self, request: Request) -> tuple[Handler, dict[str, str], str]:
        for template, params in self._matching(request.path):
            handler = self._routes.get((request.method, template))
            if handler is None:
                text = "405: Method Not Allowed"
                raise ApiError(405, 0, text, is_violation=True)
            return handler, params, template
        raise ApiError(404, 0, "404: Not Found", is_violation=True)

    def _matching(self, path: str) -> Iterator[tuple[str, dict[str, str]]]:
        for template, pattern in self._templates:
            match = pattern.fullmatch(path)
            if match is not None:
                yield template, match.groupdict()

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("Authorization", "")
        if self._state.token is None or given != f"Bot {self._state.token}":
            raise unauthorized()


def _parse(raw: bytes) -> Any:
    """The JSON of a body; None for none, and for what is no JSON."""
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _problems(error: ApiError) -> Iterable[Problem | str]:
    return error.problems if isinstance(error, InvalidForm) else [str(error)]
