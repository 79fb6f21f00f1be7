"""The REST side: reads a request, finds its route, and answers."""

import json
import re
import traceback
from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_wire.calls import Call, Dispatch, Handler, Reply
from tests.discord_wire.errors import ApiError, InvalidForm, Problem, unauthorized
from tests.discord_wire.faults import Exchange, Faults, failure
from tests.discord_wire.requests import Request
from tests.discord_wire.routes import channels, commands, guilds, interactions, users
from tests.discord_wire.state import State

BASE = "/api/v10"
#: those that are called with a token in their path
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
        return response(reply)

    def _answer(self, request: Request) -> Reply:
        handler, params = self._find(request)
        if not request.path.startswith(_NEEDS_NO_TOKEN):
            self._authorize(request)
        request.body = _parse(request)
        return handler(Call(self._state, request, params, self._dispatch))

    def _find(self, request: Request) -> tuple[Handler, dict[str, str]]:
        for template, pattern in self._templates:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            request.template = template
            handler = self._routes.get((request.method, template))
            if handler is None:
                text = "405: Method Not Allowed"
                raise ApiError(405, 0, text, is_violation=True)
            return handler, match.groupdict()
        raise ApiError(404, 0, "404: Not Found", is_violation=True)

    def _authorize(self, request: Request) -> None:
        given = request.headers.get("Authorization", "")
        if self._state.token is None or given != f"Bot {self._state.token}":
            raise unauthorized()


def _parse(request: Request) -> Any:
    """The JSON of a body; none with methods that have no body."""
    if not request.raw:
        return None
    try:
        return json.loads(request.raw)
    except ValueError:
        text = "The request body contains invalid JSON."
        raise ApiError(400, 50109, text, is_violation=True) from None


def _problems(error: ApiError) -> Iterable[Problem | str]:
    return error.problems if isinstance(error, InvalidForm) else [str(error)]


def response(reply: Reply) -> web.Response:
    """An answer as it goes over the wire; discord.py compares the type exactly."""
    headers = {"Via": "1.1 google", **reply.headers}
    if reply.status == 204:
        return web.Response(status=204, headers=headers)
    headers["Content-Type"] = "application/json"
    body = json.dumps(reply.body).encode()
    return web.Response(status=reply.status, headers=headers, body=body)
