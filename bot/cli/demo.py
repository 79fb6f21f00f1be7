"""`cronitor demo`: the real server and jobs that misbehave, in half a minute."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING

import click

from bot.cli import text
from bot.cli.groups import Command

if TYPE_CHECKING:
    from bot.cli.demo_scene import Scene
    from bot.cli.demo_server import DemoServer

_BETWEEN_LOOKS_S = 0.4


@click.command(cls=Command)
@click.option(
    "--seconds",
    type=click.IntRange(1, 86_400),
    metavar="N",
    help="End by itself after so long [default: at Ctrl-C].",
)
@click.option(
    "--plain", is_flag=True, help="Lines instead of a live table; so to a pipe."
)
def demo(seconds: int | None, plain: bool) -> None:
    """See misses, incidents and a recovery in half a minute.

    A real server runs in a directory that is removed at the end, and jobs ping it
    over HTTP: one is healthy, one goes quiet, one fails, one overruns, one flaps.

    \b
    Examples:
      cronitor demo
      cronitor demo --seconds 30 --plain

    Next: `cronitor up` starts a server that stays.
    """
    from bot.cli import demo_screen
    from bot.cli.demo_scene import Scene
    from bot.cli.demo_server import DemoServer

    show = _plainly if plain or not text.is_terminal() else _lively
    with _ended_by_signals(), DemoServer() as server:
        scene = Scene(server.client)
        with _quiet_interrupt(), _cast(server):
            show(server, scene, seconds)
    demo_screen.closing(scene)


@contextmanager
def _cast(server: "DemoServer") -> Iterator[None]:
    """Make the jobs, and have them ping."""
    from bot.cli import demo_screen
    from bot.cli.demo_jobs import PLAYS, Cast

    demo_screen.opening(str(server.path))
    made = [server.client.post("/v1/jobs", play.definition()) for play in PLAYS]
    with Cast({job["slug"]: job["ping_url"] for job in made}):
        yield


def _plainly(server: "DemoServer", scene: "Scene", seconds: int | None) -> None:
    from bot.cli import demo_screen

    for _ in _looks(server, seconds):
        demo_screen.lines(scene.look())


def _lively(server: "DemoServer", scene: "Scene", seconds: int | None) -> None:
    from rich.live import Live

    from bot.cli import demo_screen, tables

    console = tables.console()
    # asked now: while it lives, standard output is rich's, which has no encoding
    ascii_only = text.is_ascii()
    with Live(console=console, auto_refresh=False, transient=False) as live:
        for elapsed_s in _looks(server, seconds):
            scene.look()
            screen = demo_screen.screen(
                scene,
                elapsed_s=elapsed_s,
                height=console.height,
                ascii_only=ascii_only,
            )
            live.update(screen, refresh=True)


def _looks(server: "DemoServer", seconds: int | None) -> Iterator[float]:
    """The elapsed seconds, again and again, until the time is up."""
    from bot.clock import SystemClock

    now: Callable[[], float] = SystemClock().monotonic
    began, pause = now(), Event()
    while seconds is None or now() - began < seconds:
        server.check()
        yield now() - began
        pause.wait(_BETWEEN_LOOKS_S)


@contextmanager
def _quiet_interrupt() -> Iterator[None]:
    """Ctrl-C is how a demo ends, and no failure."""
    try:
        yield
    except KeyboardInterrupt:
        return


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end it as Ctrl-C does, so that nothing is left behind."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    numbers = (signal.SIGTERM, signal.SIGHUP)
    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
