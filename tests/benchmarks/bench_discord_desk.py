"""How long people in Discord wait, with a large store and while pings come in.

`python -m tests.benchmarks.bench_discord_desk [--jobs 10000] [--pings 1000000]
[--rate 500]`: the real process beside a local Discord, and the same with twenty jobs
and no pings, in turn. Milliseconds from what a person does until the answer can be
read: what was deferred is waited for.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from tests.acceptance.server import POLL_S, Server
from tests.benchmarks import stores
from tests.benchmarks.bench_backup import ping_at
from tests.benchmarks.bench_deadlines import apply
from tests.benchmarks.bench_discord import until_connected
from tests.benchmarks.bench_pings import resident_mb
from tests.benchmarks.bench_scale import QUIET, pid_of, until_idle
from tests.discord_wire.interactions import Answer, NoAnswer
from tests.discord_wire.messages import Message
from tests.discord_wire.server import Discord

#: jobs of the store that is called empty
FEW = 20
#: incidents, each with a card whose button is pressed
CARDS = 100
#: what somebody types, letter by letter
TYPED = [word[:n] for word in ("many-1234", "backup-77", "card-5") for n in range(10)]
KEYSTROKES_A_SECOND = 100
TYPISTS = 10
TYPING_S = 10.0

Act = Callable[["Desk", int], Awaitable[Answer]]


class Desk:
    """A server with its store, its Discord, and somebody who asks it things."""

    def __init__(self, discord: Discord, server: Server) -> None:
        self.discord = discord
        self.server = server
        self.ada = discord.person("ada", manage_guild=True)
        self.urls: list[str] = []
        self.cards: list[Message] = []
        #: milliseconds until Discord had a first answer
        self.first_ms: list[float] = []

    async def open(self, jobs: int, pings: int) -> None:
        """Fill the store, start the server, and let some jobs fail."""
        await stores.template(self.server)
        uuids = stores.build(self.server, jobs=jobs, pings=pings)
        self.urls = [f"{self.server.url}/ping/{uuid}" for uuid in uuids]
        await self.server.start()
        await until_connected(self.server)
        declared: list[dict[str, object]] = [
            # many of one node would be told as one storm
            {"slug": f"card-{n}", "every": "10h", "node": f"node-{n}"}
            for n in range(CARDS)
        ]
        await apply(self.server, declared)
        async with aiohttp.ClientSession() as session:
            for table in declared:
                view = await self.server.get(f"/v1/jobs/{table['slug']}")
                async with session.post(f"{view['ping_url']}/fail") as response:
                    assert response.status == 200
        while len(self.cards) < CARDS:
            await asyncio.sleep(POLL_S)
            said = self.discord.messages()
            self.cards = [each for each in said if "Acknowledge" in each.labels]

    @asynccontextmanager
    async def pinged(self, rate: int) -> AsyncIterator[None]:
        """While pings come in."""
        done = asyncio.Event()
        async with aiohttp.ClientSession() as session:
            asked = ping_at(session, self.urls, rate=rate, until=done)
            pinging = asyncio.create_task(asked)
            try:
                yield
            finally:
                done.set()
                await pinging

    async def timed(self, act: Act, times: int) -> list[float]:
        """Milliseconds until each answer could be read."""
        found = []
        for number in range(times):
            began = time.monotonic()
            answer = await act(self, number)
            found.append((time.monotonic() - began) * 1000)
            self.first_ms.append(answer.seconds * 1000)
        return found

    async def type(self) -> tuple[list[float], int]:
        """Milliseconds of keystrokes that come at a fixed rate, and the lost ones."""
        typing: list[asyncio.Task[Answer]] = []
        people = [self.discord.person(f"typist-{n}") for n in range(TYPISTS)]
        due = time.perf_counter()
        for number in range(round(TYPING_S * KEYSTROKES_A_SECOND)):
            due += 1 / KEYSTROKES_A_SECOND
            await asyncio.sleep(max(0, due - time.perf_counter()))
            text = TYPED[number % len(TYPED)]
            # each types at the speed of a person
            person = people[number % TYPISTS]
            typed = person.autocomplete("job show", "job", text)
            typing.append(asyncio.create_task(typed))
        answers = await asyncio.gather(*typing, return_exceptions=True)
        found = [each.seconds * 1000 for each in answers if isinstance(each, Answer)]
        lost = sum(isinstance(each, NoAnswer) for each in answers)
        return found, lost


async def _acknowledge(desk: Desk, number: int) -> Answer:
    """Until the card says who has it."""
    card = desk.cards[number]
    answer = await desk.ada.press(card, "Acknowledge")
    await desk.discord.until(lambda: card.content.startswith("🟠"))
    return answer


ACTS: dict[str, Act] = {
    "/job list": lambda desk, _: desk.ada.command("job list"),
    "/job list, last page": lambda desk, _: desk.ada.command("job list", page=100_000),
    "/job list status:down": lambda desk, _: desk.ada.command(
        "job list", status="down"
    ),
    "/job show": lambda desk, n: desk.ada.command("job show", job=f"many-{n % FEW}"),
    "/job why": lambda desk, n: desk.ada.command("job why", job=f"card-{n % CARDS}"),
    "/status": lambda desk, _: desk.ada.command("status"),
    "/incident list": lambda desk, _: desk.ada.command("incident list"),
    "Acknowledge, until the card shows it": _acknowledge,
}


def row(name: str, found: dict[str, list[float]]) -> str:
    """Median and p99 of both stores, and the ratio of the medians."""
    marks = {}
    for store, delays in found.items():
        cuts = statistics.quantiles(delays, n=100)
        marks[store] = (cuts[49], cuts[98])
    (empty, empty_p99), (full, full_p99) = marks["empty"], marks["full"]
    return (
        f"| {name} | {empty:.0f} | {empty_p99:.0f} | {full:.0f} | {full_p99:.0f} "
        f"| {full / empty:.2f} |"
    )


async def measure(desks: dict[str, Desk], rate: int, times: int) -> None:
    """Ask both in turn, and print what it took; no `times`: only type."""
    print("| ms | empty, median | p99 | full, median | p99 | ratio |")
    print("|---|---|---|---|---|---|")
    for name, act in ACTS.items() if times else ():
        found = {}
        for store, desk in desks.items():
            async with desk.pinged(rate):
                found[store] = await desk.timed(act, times)
        print(row(name, found), flush=True)
    typed, lost = {}, {}
    for store, desk in desks.items():
        async with desk.pinged(rate):
            typed[store], lost[store] = await desk.type()
    print(row(f"a keystroke, {KEYSTROKES_A_SECOND}/s", typed))
    for store, desk in desks.items():
        print(
            f"{store}: slowest first answer {max(desk.first_ms, default=0):.0f} ms, "
            f"{lost[store]} keystrokes lost, {resident_mb(pid_of(desk.server)):.0f} MB"
        )


async def main(jobs: int, pings: int, rate: int, times: int) -> None:
    """Both stores, one after the other for each question."""
    async with AsyncExitStack() as stack:
        made = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        desks = {}
        for store, counts in (("empty", (FEW, 0)), ("full", (jobs, pings))):
            (made / store).mkdir()
            discord = await stack.enter_async_context(Discord())
            server = Server(
                made / store, **QUIET, **discord.environ(), **discord.settings()
            )
            desks[store] = desk = Desk(discord, server)
            await desk.open(*counts)
            stack.push_async_callback(server.stop)
        await until_idle(desks["full"].server)
        print(f"{jobs} jobs, {pings} pings, {rate} pings/s, load {os.getloadavg()[0]}")
        await measure(desks, rate, times)
        print(f"load at the end {os.getloadavg()[0]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--pings", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--times", type=int, default=CARDS)
    given = parser.parse_args()
    asyncio.run(main(given.jobs, given.pings, given.rate, given.times))
