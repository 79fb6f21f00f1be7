"""Clients that report without end while the server comes and goes.

Whatever they do is written down: what was sent, and what was acknowledged. Each draws
from its own random numbers, so that a seed gives the same intentions again.
"""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp

from tests.acceptance.server import POLL_S

Json = dict[str, Any]

#: a client waits for an answer no longer, since the server may have been killed
ANSWER_S = 10.0
#: before the next try, when nobody listens
AWAY_S = 0.25
#: between two pings of a client, at most
LONGEST_PAUSE_S = 0.08

#: the suffixes that say how a run has ended, and what the store calls them
ENDS = (("", "success"), ("/0", "success"), ("/fail", "fail"), ("/7", "fail"))


@dataclass(frozen=True, slots=True)
class Sent:
    """A ping as its client means it."""

    slug: str
    kind: str
    rid: str | None


@dataclass
class Book:
    """All that was sent, by the body, which no two of them share."""

    sent: dict[str, Sent] = field(default_factory=dict)
    #: those that were answered 200
    answered: set[str] = field(default_factory=set)


class Reporter:
    """Sends pings, one after another, and writes them down."""

    def __init__(self, name: str, book: Book, session: aiohttp.ClientSession) -> None:
        self._name = name
        self._book = book
        self._session = session
        self._count = 0

    async def report(
        self,
        slug: str,
        url: str,
        *,
        suffix: str = "",
        kind: str = "success",
        rid: str | None = None,
    ) -> bool:
        """Ping once; whether it was acknowledged. A lost answer is nobody's word."""
        self._count += 1
        body = f"{self._name}-{self._count} {'x' * (self._count % 3 * 400)}"
        self._book.sent[body] = Sent(slug, kind, rid)
        query = {} if rid is None else {"rid": rid}
        try:
            async with self._session.post(
                url + suffix, params=query, data=body
            ) as response:
                if response.status == 200:
                    self._book.answered.add(body)
                return response.status == 200
        except (aiohttp.ClientError, TimeoutError):
            await asyncio.sleep(AWAY_S)
            return False


class Clients:
    """Pings of all kinds for a few jobs that are busy."""

    def __init__(self, book: Book, seed: int) -> None:
        self._book = book
        self._seed = seed
        #: ping URLs by slug
        self.urls: dict[str, str] = {}
        self.stopping = False

    async def run(self, count: int) -> None:
        """So many clients at once, until told to stop."""
        patience = aiohttp.ClientTimeout(total=ANSWER_S)
        async with (
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=count), timeout=patience
            ) as session,
            asyncio.TaskGroup() as group,
        ):
            for number in range(count):
                reporter = Reporter(f"client {number}", self._book, session)
                group.create_task(self._client(reporter, number))

    async def _client(self, reporter: Reporter, number: int) -> None:
        rng = random.Random(f"{self._seed} client {number}")
        while not self.stopping:
            slug = rng.choice(sorted(self.urls))
            await self._one(reporter, rng, slug)
            await asyncio.sleep(rng.uniform(0, LONGEST_PAUSE_S))

    async def _one(self, reporter: Reporter, rng: random.Random, slug: str) -> None:
        """A run from its start to its end, or a word of another kind."""
        url, draw = self.urls[slug], rng.random()
        if draw < 0.2:
            await reporter.report(slug, url)
        elif draw < 0.3:
            await reporter.report(slug, url, suffix="/log", kind="log")
        else:
            rid = str(UUID(int=rng.getrandbits(128), version=4))
            await reporter.report(slug, url, suffix="/start", kind="start", rid=rid)
            await asyncio.sleep(rng.uniform(0, LONGEST_PAUSE_S))
            suffix, kind = rng.choice(ENDS)
            await reporter.report(slug, url, suffix=suffix, kind=kind, rid=rid)


@dataclass(frozen=True, slots=True)
class Plot:
    """How the incident of a story must end."""

    #: the kinds of its notifications, in order, as a pattern; empty: no incident
    told: str
    kind: str = ""
    #: all of its incident's outcomes come from pings, so that they can be counted
    is_counted: bool = False


#: a first ping that was stored without an answer may be missed before it is repeated
_MISSED = "opened( resolved reopened)*"
PLOTS = {
    "missed": Plot(_MISSED, "missed"),
    "overran": Plot("opened", "overran"),
    "failed": Plot("opened", "failed", is_counted=True),
    "healed": Plot("opened resolved", "failed", is_counted=True),
    "worse": Plot(f"{_MISSED} worsened", "failed"),
    "fine": Plot(""),
}


class Storyteller:
    """Makes one job after another, and lets each live through a plot.

    Every step is repeated until it was acknowledged, so that a plot is lived to its end
    however often the server is killed meanwhile.
    """

    def __init__(self, name: str, book: Book, socket: Path, seed: int) -> None:
        self._name = name
        self._book = book
        self._socket = socket
        self._rng = random.Random(f"{seed} {name}")
        #: the plots that were lived to their end, by slug
        self.told: dict[str, str] = {}
        self.stopping = False

    async def run(self) -> None:
        """Tell until told to stop; the story that was begun is told to its end."""
        patience = aiohttp.ClientTimeout(total=ANSWER_S)
        connector = aiohttp.UnixConnector(str(self._socket))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=patience) as local,
            aiohttp.ClientSession(timeout=patience) as session,
        ):
            reporter = Reporter(self._name, self._book, session)
            number = 0
            while not self.stopping:
                number += 1
                plot = self._rng.choice(sorted(PLOTS))
                slug = f"{self._name}-{number}-{plot}"
                await self._story(slug, plot, local, reporter)
                self.told[slug] = plot
                await asyncio.sleep(self._rng.uniform(0, 0.8))

    async def _story(
        self,
        slug: str,
        plot: str,
        local: aiohttp.ClientSession,
        reporter: Reporter,
    ) -> None:
        url = (await self._make(slug, plot, local))["ping_url"]

        async def report(suffix: str = "", kind: str = "success") -> None:
            while not await reporter.report(slug, url, suffix=suffix, kind=kind):
                pass

        if plot in ("overran", "fine"):
            await report("/start", "start")
        if plot in ("missed", "worse", "fine"):
            await report()
        if plot in ("missed", "worse"):
            await self._until_down(slug, local)
        if plot in ("failed", "healed", "worse"):
            for _ in range(self._rng.randint(1, 3)):
                await report("/fail", "fail")
        if plot == "healed":
            await report()
        if plot in ("missed", "worse"):
            # or it would go on missing, and its card go on changing
            await self._ask(local, "PATCH", f"/v1/jobs/{slug}", {"every": 36_000})

    async def _make(self, slug: str, plot: str, local: aiohttp.ClientSession) -> Json:
        # a node of its own: nothing is gathered into a storm
        table: Json = {"slug": slug, "node": slug}
        wait_s = self._rng.randint(1, 2)
        if plot in ("missed", "worse"):
            table |= {"every": wait_s, "grace": self._rng.randint(0, 1)}
        elif plot == "overran":
            table |= {"max_runtime": wait_s}
        await self._ask(local, "POST", "/v1/jobs", table)
        return await self._ask(local, "GET", f"/v1/jobs/{slug}")

    async def _until_down(self, slug: str, local: aiohttp.ClientSession) -> None:
        while (await self._ask(local, "GET", f"/v1/jobs/{slug}"))["status"] != "down":
            await asyncio.sleep(10 * POLL_S)

    async def _ask(
        self,
        local: aiohttp.ClientSession,
        method: str,
        path: str,
        table: Json | None = None,
    ) -> Json:
        """Ask again until there is an answer; 409: an earlier try was acknowledged."""
        while True:
            try:
                status, answer = await _exchange(local, method, path, table)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(AWAY_S)
                continue
            if status in (200, 201, 409):
                return answer
            assert status == 503, answer
            await asyncio.sleep(POLL_S)


async def _exchange(
    local: aiohttp.ClientSession, method: str, path: str, table: Json | None
) -> tuple[int, Json]:
    url = f"http://local{path}"
    async with local.request(method, url, json=table) as response:
        answer: Json = await response.json()
        return response.status, answer
