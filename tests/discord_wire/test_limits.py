"""Each of Discord's limits, one body just within and one just beyond it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.discord_wire.bots import ask
from tests.discord_wire.server import Discord

Json = dict[str, Any]
#: a body, and where Discord sees the fault in it
Case = tuple[str, Callable[[int], Any], int]


def embed(**parts: Any) -> Json:
    """A message of one card."""
    return {"embeds": [parts]}


def field(name: str = "n", value: str = "v") -> Json:
    """A field of a card."""
    return {"name": name, "value": value}


def button(number: int = 0, **parts: Any) -> Json:
    """A button."""
    return {"type": 2, "style": 1, "label": "x", "custom_id": f"c{number}", **parts}


def rows(*rows: list[Json]) -> Json:
    """A message of rows."""
    return {"components": [{"type": 1, "components": row} for row in rows]}


def select(options: list[Json], **parts: Any) -> Json:
    """A message of one select."""
    return rows([{"type": 3, "custom_id": "s", "options": options, **parts}])


def option(name: str = "v", **parts: str) -> Json:
    """An option of a select."""
    return {"label": "l", "value": name, **parts}


def cards(total: int) -> Json:
    """Cards with so many characters in all."""
    sizes = [4000, total - 4000]
    return {"embeds": [{"description": "x" * size} for size in sizes]}


def second(*parts: Json) -> Json:
    """A message of Components V2."""
    return {"flags": 1 << 15, "components": list(parts)}


def texts(total: int) -> Json:
    """A message of Components V2 with so much text."""
    return second({"type": 10, "content": "x" * total})


MESSAGES: list[Case] = [
    ("content", lambda n: {"content": "x" * n}, 2000),
    ("nonce", lambda n: {"content": "x", "nonce": "n" * n}, 25),
    ("embeds", lambda n: {"embeds": [{"title": "x"}] * n}, 10),
    ("embeds", cards, 6000),
    ("embeds.0.title", lambda n: embed(title="x" * n), 256),
    ("embeds.0.description", lambda n: embed(description="x" * n), 4096),
    ("embeds.0.author.name", lambda n: embed(author={"name": "x" * n}), 256),
    ("embeds.0.footer.text", lambda n: embed(footer={"text": "x" * n}), 2048),
    ("embeds.0.fields", lambda n: embed(fields=[field()] * n), 25),
    ("embeds.0.fields.0.name", lambda n: embed(fields=[field("x" * n)]), 256),
    ("embeds.0.fields.0.value", lambda n: embed(fields=[field("n", "x" * n)]), 1024),
    ("components", lambda n: rows(*([button(x)] for x in range(n))), 5),
    ("components.0.components", lambda n: rows([button(x) for x in range(n)]), 5),
    ("components.0.components.0.label", lambda n: rows([button(label="x" * n)]), 80),
    (
        "components.0.components.0.custom_id",
        lambda n: rows([button(custom_id="x" * n)]),
        100,
    ),
    (
        "components.0.components.0.options",
        lambda n: select([option(f"v{x}") for x in range(n)]),
        25,
    ),
    (
        "components.0.components.0.placeholder",
        lambda n: select([option()], placeholder="x" * n),
        150,
    ),
    (
        "components.0.components.0.options.0.label",
        lambda n: select([option(label="x" * n)]),
        100,
    ),
    ("components", lambda n: second(*({"type": 10, "content": "x"},) * n), 40),
    ("components", texts, 4000),
]

BROKEN: list[tuple[str, Json]] = [
    ("embeds.0.fields.0.value", embed(fields=[field("n", " ")])),
    ("embeds.0.fields.0.name", embed(fields=[field("")])),
    ("components", rows([button(1)], [button(1)])),
    ("components.0.components.0", rows([button(label="")])),
    ("components.0.components.0.custom_id", rows([button(custom_id="")])),
    ("components.0.components.0", rows([button(url="https://x.test")])),
    (
        "components.0.components.0",
        rows([button(style=5, url="https://x.test")]),
    ),
    ("components.0.components.0.url", rows([{"type": 2, "style": 5, "label": "x"}])),
    ("components.0.components", {"components": [{"type": 1, "components": []}]}),
    (
        "components.0.components",
        rows([button(), *select([option()])["components"][0]["components"]]),
    ),
    ("components.0.components.0.options", select([])),
    (
        "components.0.components.0.options",
        select([option(), option()]),
    ),
    ("content", {**texts(1), "content": "x"}),
    (
        "allowed_mentions",
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
    ),
]


def places(errors: Json, *path: str) -> list[str]:
    """Where an answer of Discord sees faults."""
    found = [".".join(path)] if "_errors" in errors else []
    for name, inside in errors.items():
        found += [] if name == "_errors" else places(inside, *path, name)
    return found


async def refused(server: Discord, method: str, path: str, body: Any) -> list[str]:
    """Where a body is refused; it was remembered."""
    status, told, _ = await ask(server, method, path, body)
    assert (status, told["code"]) == (400, 50035), told
    server.take_violations()
    return places(told["errors"])


@pytest.fixture(autouse=True)
def _limits_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the description, which knows many of them too."""
    monkeypatch.delenv("DISCORD_OPENAPI", raising=False)


async def test_messages_are_accepted_up_to_each_limit() -> None:
    async with Discord() as server:
        path = f"/channels/{server.channel.id}/messages"
        for place, body, most in MESSAGES:
            status, told, _ = await ask(server, "POST", path, body(most))
            assert status == 200, (place, told)


@pytest.mark.parametrize(("place", "body", "most"), MESSAGES)
async def test_a_message_beyond_a_limit_is_refused(
    place: str, body: Callable[[int], Json], most: int
) -> None:
    async with Discord() as server:
        path = f"/channels/{server.channel.id}/messages"
        assert await refused(server, "POST", path, body(most + 1)) == [place]
        assert server.messages() == []


@pytest.mark.parametrize(("place", "body"), BROKEN)
async def test_a_message_that_cannot_be_is_refused(place: str, body: Json) -> None:
    async with Discord() as server:
        path = f"/channels/{server.channel.id}/messages"
        assert await refused(server, "POST", path, body) == [place]


@pytest.mark.parametrize("body", [{}, {"content": ""}, {"embeds": []}])
async def test_an_empty_message_is_refused(body: Json) -> None:
    async with Discord() as server:
        path = f"/channels/{server.channel.id}/messages"
        status, told, _ = await ask(server, "POST", path, body)
        assert (status, told["code"]) == (400, 50006)
        server.take_violations("empty message")


def command(**parts: Any) -> list[Json]:
    """One command."""
    return [{"name": "job", "description": "Jobs", **parts}]


def options(*listed: Json) -> list[Json]:
    """One command with options of strings."""
    shared = {"type": 3, "description": "d"}
    return command(options=[{**shared, **each} for each in listed])


COMMANDS: list[tuple[str, list[Json]]] = [
    ("0.name", command(name="Job")),
    ("0.name", command(name="x" * 33)),
    ("0.name", command(name="a b")),
    ("0.description", command(description="")),
    ("0.description", command(description="x" * 101)),
    ("0.options", options(*({"name": f"n{x}"} for x in range(26)))),
    ("0.options", options({"name": "a"}, {"name": "a"})),
    ("0.options", options({"name": "a"}, {"name": "b", "required": True})),
    ("0.options", options({"name": "a"}, {"name": "b", "type": 1})),
    ("0.options.0.name", options({"name": "A"})),
    (
        "0.options.0.choices",
        options({"name": "a", "choices": [{"name": "x", "value": "y"}] * 26}),
    ),
    (
        "0.options.0.choices.0.name",
        options({"name": "a", "choices": [{"name": "x" * 101, "value": "y"}]}),
    ),
    ("", [*command(), *command()]),
]


@pytest.mark.parametrize(("place", "body"), COMMANDS)
async def test_a_command_beyond_a_limit_is_refused(
    place: str, body: list[Json]
) -> None:
    async with Discord() as server:
        application, guild = server.state.application_id, server.guild.id
        path = f"/applications/{application}/guilds/{guild}/commands"
        assert await refused(server, "PUT", path, body) == [place]
        assert server.state.commands.of(guild) == []


CALLBACKS: list[tuple[str, Json]] = [
    ("data.content", {"type": 4, "data": {"content": "x" * 2001}}),
    ("data.choices", {"type": 8, "data": {"choices": [field()] * 26}}),
    ("data.choices.0.name", {"type": 8, "data": {"choices": [field("x" * 101)]}}),
    (
        "data.choices.0.value",
        {"type": 8, "data": {"choices": [field("n", "x" * 101)]}},
    ),
    ("data.title", {"type": 9, "data": {"title": "x" * 46, "custom_id": "m"}}),
    ("data.custom_id", {"type": 9, "data": {"title": "x", "custom_id": "m" * 101}}),
    (
        "data.components",
        {"type": 9, "data": {**rows(*[[]] * 6), "title": "x", "custom_id": "m"}},
    ),
]


@pytest.mark.parametrize(("place", "body"), CALLBACKS)
async def test_an_answer_beyond_a_limit_is_refused(place: str, body: Json) -> None:
    async with Discord() as server:
        assert place in await refused(
            server, "POST", "/interactions/1/t/callback", body
        )


async def test_what_discord_does_not_know_is_a_violation() -> None:
    async with Discord() as server:
        assert (await ask(server, "GET", "/nope"))[0] == 404
        assert (await ask(server, "PUT", "/users/@me"))[0] == 405
        assert len(server.take_violations("/nope|@me")) == 2


async def test_a_violation_that_nobody_took_raises_at_the_end() -> None:
    with pytest.raises(AssertionError, match="broke Discord's rules:\nGET /nope: 404"):
        async with Discord() as server:
            await ask(server, "GET", "/nope")
