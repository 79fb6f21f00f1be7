"""From a deadline to the request that Discord receives, and from a press to its answer.

`python -m tests.benchmarks.bench_discord [--single 30] [--together 1000]`: the real
process beside a local Discord without rate limits. A real one takes five messages in
five seconds in a channel: what is more than that is what storms are for.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from tests.acceptance.server import POLL_S, Server
from tests.benchmarks.bench_deadlines import apply, summary, tables
from tests.discord_wire.people import Person
from tests.discord_wire.server import Discord

OPENINGS = "SELECT id, opened_at FROM incidents"
POSTS = ("POST", "/channels/*/messages")
#: presses are timed so often
PRESSES = 30


async def until_connected(server: Server) -> None:
    """Wait until the bot is ready."""
    while "discord_connected" not in server.output():
        await asyncio.sleep(POLL_S)


def delays(discord: Discord, server: Server, epoch_s: float) -> list[float]:
    """Milliseconds from each deadline to its card's request."""
    opened = {f"#{row[0]} ": row[1] / 1e6 for row in server.rows(OPENINGS)}
    arrived: dict[str, float] = {}
    for request in discord.requests.of(*POSTS):
        footer = request.body["embeds"][0]["footer"]["text"].removeprefix("incident ")
        arrived.setdefault(f"{footer.split(' ')[0]} ", request.at + epoch_s)
    return sorted(
        (arrived[number] - at) * 1000
        for number, at in opened.items()
        if number in arrived
    )


async def measure(folder: Path, rounds: int, together: int) -> list[float]:
    """Delays of so many rounds of so many jobs that miss at the same moment."""
    epoch_s = time.time() - time.monotonic()
    async with Discord() as discord:
        environ = discord.environ("bot.notifiers.pace:WINDOW_S=0")
        server = Server(folder, **environ, **discord.settings())
        await server.start()
        try:
            await until_connected(server)
            for number in range(rounds):
                await one_round(discord, server, number, together)
            if together == 1:
                ada = discord.person("ada", manage_guild=True)
                summary("press to answer", await presses(discord, ada))
            return delays(discord, server, epoch_s)
        finally:
            await server.kill()


async def one_round(
    discord: Discord, server: Server, number: int, together: int
) -> None:
    """Let so many jobs miss at the same moment, and wait for their cards."""
    declared = tables(together, 2.0 + number / 1000)
    for table in declared:
        table["slug"] = f"{table['slug']}-{number}"
        # of a storm only what is critical has a card of its own
        table["severity"] = "critical"
    await apply(server, declared)
    while _cards(discord) < (number + 1) * together:
        await asyncio.sleep(POLL_S)


def _cards(discord: Discord) -> int:
    posts = discord.requests.of(*POSTS)
    footers = (each.body["embeds"][0]["footer"]["text"] for each in posts)
    return len({each for each in footers if each.startswith("incident ")})


async def presses(discord: Discord, person: Person) -> list[float]:
    """Milliseconds from a press, and from a command, to the first answer."""
    found = []
    for message in discord.messages()[:PRESSES]:
        why = await person.press(message, "Why?", settle=False)
        found.append(why.seconds * 1000)
        if "Acknowledge" in message.labels:
            pressed = await person.press(message, "Acknowledge", settle=False)
            found.append(pressed.seconds * 1000)
        listed = await person.command("job list", settle=False)
        found.append(listed.seconds * 1000)
    return sorted(found)


async def main(single: int, together: int) -> None:
    """One job at a time, then many at once."""
    with tempfile.TemporaryDirectory() as folder:
        summary("one at a time", await measure(Path(folder), single, 1))
    with tempfile.TemporaryDirectory() as folder:
        name = f"{together} at once"
        summary(name, await measure(Path(folder), 1, together))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--single", type=int, default=30)
    parser.add_argument("--together", type=int, default=1000)
    given = parser.parse_args()
    asyncio.run(main(given.single, given.together))
