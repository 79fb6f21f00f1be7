"""What a test lets go wrong with requests."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiohttp import web

from bot.clock import Clock
from tests.discord_wire.errors import ApiError
from tests.discord_wire.replies import Reply, banned, failure, too_many
from tests.discord_wire.requests import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request that has arrived, and how to process it."""

    http: web.Request
    request: Request
    clock: Clock
    process: Callable[[], web.Response]

    def give_up(self) -> None:
        """Nothing is going to be answered."""
        if self.request.answered_at is None:
            self.request.answered_at = self.clock.monotonic()

    def settle(self, answer: web.Response, fault: str) -> web.Response:
        """Answer this, without processing."""
        self.request.fault, self.request.status = fault, answer.status
        self.give_up()
        return answer

    def cut(self) -> web.Response:
        """Tear the connection down; the answer goes nowhere."""
        self.give_up()
        if self.http.transport is not None:
            self.http.transport.abort()
        return web.Response()


Effect = Callable[[Exchange, asyncio.Event], Awaitable[web.StreamResponse]]


@dataclass(slots=True, kw_only=True, eq=False)
class Rule:
    """What happens to the next requests of a kind."""

    name: str
    effect: Effect
    method: str
    path: str
    #: how many more; None: all
    times: int | None
    #: how many are let through before
    skip: int
    hits: list[Request] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    def stop(self) -> None:
        """Let further requests through, and end what hangs."""
        self.times = 0
        self.released.set()

    def takes(self, request: Request) -> bool:
        """Whether it is the turn of this rule."""
        if self.times == 0 or not request.matches(self.method, self.path):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.times = None if self.times is None else self.times - 1
        self.hits.append(request)
        request.fault = self.name
        return True


class Faults:
    """Rules, of which the oldest that fits is taken.

    All take a method and a path in which `*` stands for anything, how many `times` they
    happen (None: until stopped), and how many requests they `skip` first.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        self._notify = notify
        self._rules: list[Rule] = []

    async def apply(self, exchange: Exchange) -> web.StreamResponse:
        """Answer a request, as far as the rules let it."""
        for rule in self._rules:
            if rule.takes(exchange.request):
                self._notify()
                return await rule.effect(exchange, rule.released)
        return exchange.process()

    def clear(self) -> None:
        """Stop all rules."""
        for rule in self._rules:
            rule.stop()
        self._rules.clear()

    def add(
        self,
        name: str,
        effect: Effect,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Add a rule with an effect of one's own."""
        rule = Rule(
            name=name, effect=effect, method=method, path=path, times=times, skip=skip
        )
        self._rules.append(rule)
        return rule

    def rate_limited(
        self,
        method: str = "*",
        path: str = "*",
        *,
        retry_after_s: float = 0.2,
        is_global: bool = False,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Answer 429, as Discord itself does."""

        async def effect(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
            scope = "global" if is_global else "user"
            reply = too_many(retry_after_s, exchange.clock.now().timestamp(), scope)
            return exchange.settle(reply.response(), "429")

        return self.add("429", effect, method, path, times=times, skip=skip)

    def banned(
        self,
        method: str = "*",
        path: str = "*",
        *,
        retry_after_s: float = 60.0,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Answer 429 without `Via`, as Cloudflare does with an address it bans."""

        async def effect(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
            return exchange.settle(banned(retry_after_s), "banned")

        return self.add("banned", effect, method, path, times=times, skip=skip)

    def status(
        self,
        status: int,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Answer a 5xx with a page of HTML; nothing is processed."""

        async def effect(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
            return exchange.settle(failure(status), str(status))

        return self.add(str(status), effect, method, path, times=times, skip=skip)

    def refuse(
        self,
        status: int,
        code: int,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Answer an error of Discord's own, with its code; nothing is processed."""

        async def effect(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
            error = ApiError(status, code, "refused by the test")
            reply = Reply(status, error.payload())
            return exchange.settle(reply.response(), str(code))

        return self.add(str(code), effect, method, path, times=times, skip=skip)

    def hang(
        self,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Never answer, and process nothing."""
        return self.add("hang", _hang, method, path, times=times, skip=skip)

    def cut(
        self,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Tear the connection down before anything is processed."""
        return self.add("cut", _cut, method, path, times=times, skip=skip)

    def lose_answer(
        self,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Process it, and tear the connection down instead of answering."""
        return self.add("lose_answer", _lose, method, path, times=times, skip=skip)

    def hold_answer(
        self,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Process it, and never answer."""
        return self.add("hold_answer", _hold, method, path, times=times, skip=skip)

    def slow(
        self,
        seconds: float,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Process it at once, and answer so much later."""

        async def effect(
            exchange: Exchange, released: asyncio.Event
        ) -> web.StreamResponse:
            answer = exchange.process()
            await exchange.clock.wait(released, seconds)
            return answer

        return self.add("slow", effect, method, path, times=times, skip=skip)

    def delay(
        self,
        seconds: float,
        method: str = "*",
        path: str = "*",
        *,
        times: int | None = 1,
        skip: int = 0,
    ) -> Rule:
        """Process it so much later, as if it had arrived only then."""

        async def effect(
            exchange: Exchange, released: asyncio.Event
        ) -> web.StreamResponse:
            await exchange.clock.wait(released, seconds)
            return exchange.process()

        return self.add("delay", effect, method, path, times=times, skip=skip)


async def _hang(exchange: Exchange, released: asyncio.Event) -> web.StreamResponse:
    exchange.give_up()
    await released.wait()
    return exchange.cut()


async def _cut(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
    return exchange.cut()


async def _lose(exchange: Exchange, _: asyncio.Event) -> web.StreamResponse:
    exchange.process()
    return exchange.cut()


async def _hold(exchange: Exchange, released: asyncio.Event) -> web.StreamResponse:
    exchange.process()
    await released.wait()
    return exchange.cut()
