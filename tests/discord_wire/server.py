"""A Discord on loopback: its REST API and its gateway, for the real discord.py.

    async with Discord() as discord:
        admin = discord.person("ada", manage_guild=True)
        server = Server(tmp_path, **discord.environ(), **discord.settings())
        await discord.gateway.until_connected()
        answer = await admin.command("job list", status="down")
        (message,) = await discord.until_messages(1)
        await admin.press(message, "Acknowledge")

What there is, by where it is written in full:

- here: `token`, `guild`, `channel`, changes of guilds (`add_channel`, `delete_channel`,
  `delete_message`, `revoke`, `grant`, `change_role`, `kick`, `invite_again`,
  `revoke_token`), `messages`, `until_messages`, `until`, `down`/`up`, `environ`,
  `in_this_process`, `violations` and `take_violations`
- `requests` (`requests.Requests`): all that was asked for and answered
- `gateway` (`gateway.Gateway`): drop, abort, refuse, hang, silence, invalidate ...
- `faults` (`faults.Faults`): 429, 5xx, hanging, cut and lost answers, by path
- `rules` (`state.Rules`): time limits and rate limits of Discord's
- `person` (`people.Person`): command, autocomplete, press, choose, submit; each returns
  an `interactions.Answer`

Every body is checked against Discord's limits, and against its OpenAPI description
where DISCORD_OPENAPI names the file. What breaks them is answered as Discord does, and
raises at the end of the block unless the test has taken it with `take_violations`.
"""

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from aiohttp import web

from bot.clock import Clock
from tests.discord_wire import patches
from tests.discord_wire.administration import Administration
from tests.discord_wire.calls import Call
from tests.discord_wire.faults import Faults
from tests.discord_wire.gateway import Gateway
from tests.discord_wire.guilds import Channel
from tests.discord_wire.listeners import Listener
from tests.discord_wire.messages import Message
from tests.discord_wire.replies import Reply
from tests.discord_wire.requests import Requests
from tests.discord_wire.rest import BASE, Rest
from tests.discord_wire.state import Rules, State, Violation

T = TypeVar("T")


class Discord(Administration):
    """The server; an asynchronous context manager."""

    def __init__(self, clock: Clock | None = None) -> None:
        state = State(clock)
        super().__init__(state, Gateway(state))
        self.faults = Faults(state.changes.notify)
        more = {("GET", "/gateway/bot"): self._gateway_bot}
        self._rest = Rest(state, self.faults, self.gateway.dispatch, more)

    async def __aenter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="discord-wire-")
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/resume", self.gateway.serve)
        app.router.add_route("*", "/{path:.*}", self._rest.serve)
        self._listener = Listener(app)
        await self._listener.open()
        self.gateway.url = f"ws://127.0.0.1:{self._listener.port}"
        source = Path(patches.__file__).read_text("utf-8")
        Path(self._folder.name, "sitecustomize.py").write_text(source, "utf-8")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.faults.clear()
        self.gateway.accept()
        await self._listener.end()
        self._folder.cleanup()
        if error is None:
            broken = "\n".join(map(str, self.violations))
            assert not broken, f"the bot broke Discord's rules:\n{broken}"

    @property
    def url(self) -> str:
        """The base of the REST API."""
        return f"http://127.0.0.1:{self._listener.port}{BASE}"

    @property
    def token(self) -> str:
        """What the bot logs in with."""
        return self.state.token or self.state.former_token

    @property
    def requests(self) -> Requests:
        """All that was asked for and answered."""
        return self.state.requests

    @property
    def rules(self) -> Rules:
        """Limits of Discord's that a test may change."""
        return self.state.rules

    @property
    def violations(self) -> list[Violation]:
        """Requests that no bot may make."""
        return self.state.violations

    def take_violations(self, pattern: str = "") -> list[Violation]:
        """Those that match, which were expected: at least one."""
        taken = [each for each in self.violations if re.search(pattern, str(each))]
        assert taken, f"no violation {pattern!r} among {[*map(str, self.violations)]}"
        self.state.violations = [x for x in self.violations if x not in taken]
        return taken

    def messages(self, channel: Channel | None = None) -> list[Message]:
        """What everybody sees in a channel, oldest first."""
        return self.state.messages_in((channel or self.channel).id)

    async def until_messages(
        self, count: int, channel: Channel | None = None
    ) -> list[Message]:
        """Wait until a channel has at least so many messages."""

        def found() -> list[Message]:
            there = self.messages(channel)
            return there if len(there) >= count else []

        return await self.until(found, f"{count} messages")

    async def until(self, condition: Callable[[], T], what: str = "it") -> T:
        """Wait until a condition over anything here holds; its value."""
        changes = self.state.changes
        about = "%s; requests:\n%s"
        return await changes.until(condition, lambda: about % (what, self.requests))

    async def down(self) -> None:
        """Refuse all connections, and tear down those that are."""
        await self._listener.close()

    async def up(self) -> None:
        """Undo `down`, on the same port."""
        await self._listener.open()

    def fail(self, status: int = 503) -> None:
        """Answer everything with an error, and drop the gateway, until `work`."""
        self._rest.failing = status
        self.gateway.refuse(status)
        self.gateway.abort()

    def work(self) -> None:
        """Undo `fail`."""
        self._rest.failing = None
        self.gateway.accept()

    def environ(self, *constants: str) -> dict[str, str]:
        """What a child process needs to take this for Discord.

        Constants of the product may be set too: `bot.client:SILENT_AFTER_S=2`.
        """
        former = os.environ.get("PYTHONPATH")
        path = [self._folder.name, *([former] if former else [])]
        lines = [*self._constants(), *constants]
        return {
            "PYTHONPATH": os.pathsep.join(path),
            patches.VARIABLE: "\n".join(lines),
        }

    def settings(self, channel: Channel | None = None) -> dict[str, str]:
        """The product's settings for the bot, the guild and a channel."""
        return {
            "CRONITOR_DISCORD__TOKEN": self.token,
            "CRONITOR_DISCORD__GUILD_ID": str(self.guild.id),
            "CRONITOR_DISCORD__ALERT_CHANNEL_ID": str((channel or self.channel).id),
        }

    @contextmanager
    def in_this_process(self, *constants: str) -> Iterator[None]:
        """Let this very process take it for Discord."""
        wanted = patches.parse("\n".join([*self._constants(), *constants]))
        undo = [
            patches.change(import_module(module), name, value)
            for module, changes in wanted.items()
            for name, value in changes
        ]
        try:
            yield
        finally:
            for owner, name, old in reversed(undo):
                setattr(owner, name, old)

    def _constants(self) -> list[str]:
        origin = f"http://127.0.0.1:{self._listener.port}"
        return [
            f"discord.http:Route.BASE={self.url}",
            f"discord.gateway:DiscordWebSocket.DEFAULT_GATEWAY={self.gateway.url}/gateway",
            f"discord.asset:Asset.BASE={origin}/cdn",
        ]

    def _gateway_bot(self, _: Call) -> Reply:
        starts = {"total": 1000, "remaining": 999, "reset_after": 0}
        limit = {**starts, "max_concurrency": 1}
        url = f"{self.gateway.url}/gateway"
        return Reply(200, {"url": url, "shards": 1, "session_start_limit": limit})
