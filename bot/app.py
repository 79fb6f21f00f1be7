"""The composition root: builds everything, starts it in order, stops it in reverse."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import interpreter, provisions, systemd
from bot.client import bots
from bot.clock import Clock, SystemClock
from bot.config import Settings
from bot.declaring import Declaring
from bot.engine import services
from bot.engine.choices import Choices
from bot.engine.ping_keys import PingKeys
from bot.engine.services import Services
from bot.errors import ConfigError
from bot.executing import Executing
from bot.notifiers.base import CardPlace
from bot.stopping import Stages, end, last_sign
from bot.systemd import Reporter
from bot.watching import Watching
from bot.web.auth import Keys
from bot.web.server import WebServer
from storage.database import Database

if TYPE_CHECKING:
    from bot.notifiers.discord import Handle

logger = logging.getLogger(__name__)

#: how long each stage of a stop may take
STOP_WEB_S = 10.0
STOP_STORE_S = 30.0
STOP_CARDS_S = 5.0
STOP_DISCORD_S = 10.0
#: beside what the settings give runs to end by themselves
STOP_RUNS_S = 5.0
SOCKET = "cronitor.sock"
_STDIN = 0

Parts = Sequence[asyncio.Task[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """What the first screen tells."""

    url: str
    data_dir: Path
    database: Path
    durability: str
    config_path: Path | None
    jobs: int
    api: bool
    webhook: bool
    #: what the settings say about Discord: off, on, or on but with nowhere to post
    discord: str
    version: str


class App:
    """One server, from its settings to its end."""

    def __init__(
        self,
        settings: Settings,
        data_dir: Path,
        *,
        config_path: Path | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._settings = settings
        self._data_dir = data_dir
        self._config_path = config_path
        self._clock = clock or SystemClock()
        self._stopping = asyncio.Event()
        self._manager = systemd.find(os.environ)
        self._runs = Executing(settings.runs, data_dir, self._clock)
        self._declaring = Declaring(settings.jobs.files, data_dir, os.environ)
        self._has_terminal = os.isatty(_STDIN)
        #: the way to the client of Discord, once there is one
        self._handle: Handle | None = None

    def stop(self) -> None:
        """Begin a clean stop; the second call ends the process at once."""
        if self._stopping.is_set():
            logger.warning("stopped by force", extra={"action": "server_stopped"})
            logging.shutdown()
            os._exit(1)
        logger.info("stopping", extra={"action": "server_stopping"})
        self._stopping.set()

    def hang_up(self) -> None:
        """Apply the files of jobs again; a terminal that has gone ends the server."""
        if self._has_terminal and not os.isatty(_STDIN):
            self.stop()
        else:
            self._declaring.wanted.set()

    async def run(self, banner: Callable[[Started], None]) -> int:
        """Serve until stopped; 0 after a clean stop, 1 when a part of it died."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.hang_up)
        async with self._serving() as (started, parts):
            logger.info(
                "cronitor %s listens on %s",
                started.version,
                started.url,
                extra={"action": "server_started"},
            )
            banner(started)
            self._manager.tell(READY=1)
            died = await self._wait(parts)
            self._manager.tell(STOPPING=1)
        logger.info("stopped", extra={"action": "server_stopped"})
        return 1 if died else 0

    async def _wait(self, parts: Parts) -> bool:
        """Until somebody stops us, or a part dies: then True."""
        stopping = asyncio.create_task(self._stopping.wait(), name="stop")
        done, _ = await asyncio.wait(
            {stopping, *parts}, return_when=asyncio.FIRST_COMPLETED
        )
        died = [task for task in done if task is not stopping]
        for task in died:
            _raise_settings(task)
        for task in died:
            logger.error(
                "%s has died",
                task.get_name(),
                exc_info=None if task.cancelled() else task.exception(),
                extra={"action": "loop_failed"},
            )
        await end([stopping])
        return bool(died)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[tuple[Started, Parts]]:
        """Everything, running; each stage ends within its own time on the way out."""
        async with AsyncExitStack() as stack:
            db = await Database.open(
                self._database(),
                clock=self._clock,
                durability=self._settings.storage.durability,
                backup_dir=self._settings.storage.backup_dir,
                ballast_bytes=self._settings.storage.ballast_mb * 1_000_000,
            )
            writer = asyncio.create_task(db.run(), name="writer")
            stages = Stages(stack, self._manager)
            stages.push(STOP_STORE_S, "store", db.close)
            ping_keys = await self._ping_keys(db)
            web = self._web(ping_keys)
            engine = await self._engine(db, web, ping_keys, stack)
            await web.start(engine)
            stages.push(STOP_STORE_S, "alive", last_sign(engine))
            stages.push(STOP_WEB_S, "web", web.stop)
            stack.callback(engine.pulse.close)
            await self._declaring.apply(engine)
            loops = [
                asyncio.create_task(loop.run(), name=loop.name) for loop in engine.loops
            ]
            stack.push_async_callback(end, loops)
            outside = self._outside(engine)
            stack.push_async_callback(end, outside)
            runs = self._runs.parts(engine)
            runs_s = STOP_RUNS_S + self._runs.stop_s
            stages.push(runs_s, "runs", partial(self._runs.stop, engine, runs))
            for cards in engine.cards.values():
                stages.push(STOP_CARDS_S, "cards", cards.close)
            discord = self._discord(engine)
            stages.push(STOP_DISCORD_S, "Discord", partial(end, discord))
            reporter = self._reporter(engine)
            stack.push_async_callback(end, reporter)
            stack.callback(engine.readiness.stop)
            started = await self._started(engine, web.url)
            interpreter.settle()
            yield started, [writer, *loops, *outside, *runs, *discord, *reporter]

    def _outside(self, engine: Services) -> list[asyncio.Task[None]]:
        """What waits for files to change, and for a word to read those of jobs."""
        watching = Watching(engine.causes.watches, engine.health, self._clock)
        return [
            asyncio.create_task(self._declaring.run(engine), name="job files"),
            asyncio.create_task(watching.run(), name="watching files"),
        ]

    def _reporter(self, engine: Services) -> list[asyncio.Task[None]]:
        """What tells systemd, if that has started us."""
        if not self._manager.is_there:
            return []
        reporter = Reporter(self._manager, engine, self._clock)
        return [asyncio.create_task(reporter.run(), name="systemd")]

    def _database(self) -> Path:
        return self._settings.storage.path or self._data_dir / "cronitor.db"

    async def _ping_keys(self, db: Database) -> PingKeys:
        fixed = provisions.secret(self._settings.api.ping_key)
        ping_keys = PingKeys(db, self._clock, fixed=fixed)
        await ping_keys.open()
        return ping_keys

    def _web(self, ping_keys: PingKeys) -> WebServer:
        """The receiver and the API, not listening yet."""
        server, api = self._settings.server, self._settings.api
        keys = Keys(
            ping=ping_keys.current,
            full=provisions.secret(api.key),
            readonly=provisions.secret(api.readonly_key),
            rotating=ping_keys,
        )
        return WebServer(
            host=server.host,
            port=server.port,
            socket_path=self._data_dir / SOCKET,
            public_url=server.public_url,
            body_limit=server.body_limit,
            connections=server.connections,
            trusted_proxies=server.trusted_proxies,
            keys=keys,
        )

    async def _engine(
        self, db: Database, web: WebServer, ping_keys: PingKeys, stack: AsyncExitStack
    ) -> Services:
        notifiers = await provisions.notifiers(self._settings, db, self._clock)
        choices = await self._choices(db)
        for notifier in notifiers:
            stack.push_async_callback(notifier.close)
        rules = provisions.sounds(self._settings)
        return await services.build(
            db,
            clock=self._clock,
            notifiers=notifiers,
            card_places=self._card_places(choices),
            ping_urls=web.ping_urls,
            rate_limit=self._settings.server.rate_limit,
            version=version("cronitor-bot"),
            sound_rules=rules,
            backups=provisions.backup_plan(self._settings, self._data_dir),
            keep=provisions.keep(self._settings),
            ping_keys=ping_keys,
            heartbeat=provisions.heartbeat_plan(self._settings),
            runs=self._runs.plan,
            choices=choices,
        )

    async def _choices(self, db: Database) -> Choices:
        """What the settings say of channels and roles, and what was chosen beside."""
        discord = self._settings.discord
        choices = Choices(
            db, self._clock, fixed=bots.fixed(discord), guild_id=discord.guild_id
        )
        await choices.open()
        return choices

    def _card_places(self, choices: Choices) -> list[CardPlace]:
        """Where incidents are shown as cards: channels of Discord, once there are any.

        They may be chosen while the server runs.
        """
        if self._settings.discord.token is None:
            return []
        from bot.notifiers.discord import DiscordPlace, Handle

        self._handle = Handle()
        threads = self._settings.discord.threads
        return [DiscordPlace(self._handle, choices.places, threads=threads)]

    def _discord(self, engine: Services) -> list[asyncio.Task[None]]:
        """The bot, if there is a token."""
        bot = bots.of(self._settings.discord, self._settings.escalation)
        if bot is None:
            return []
        from bot.client.supervisor import Supervisor
        from bot.notifiers.discord import Handle

        handle = self._handle or Handle()
        supervisor = Supervisor(engine, handle, bot, self._clock)
        return [asyncio.create_task(supervisor.run(), name="discord")]

    def _discord_state(self, engine: Services) -> str:
        if self._settings.discord.token is None:
            return "off"
        return "on" if engine.choices.places else "nowhere"

    async def _started(self, engine: Services, url: str) -> Started:
        return Started(
            url=url,
            data_dir=self._data_dir,
            database=self._database(),
            durability=self._settings.storage.durability,
            config_path=self._config_path,
            jobs=await engine.reads.job_count(),
            api=self._settings.api.key is not None or not engine.keys.is_empty,
            webhook=self._settings.notify.webhook_url is not None,
            discord=self._discord_state(engine),
            version=version("cronitor-bot"),
        )


def run(
    settings: Settings,
    data_dir: Path,
    *,
    banner: Callable[[Started], None],
    config_path: Path | None = None,
) -> int:
    """Serve until a signal; the exit code of the process."""

    async def main() -> int:
        return await App(settings, data_dir, config_path=config_path).run(banner)

    return interpreter.run(main())


def _raise_settings(task: asyncio.Task[Any]) -> None:
    """A part that ended because of the settings ends the server as they do."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, ConfigError):
        raise error
