"""`cronitor healthcheck`: whether the server here is well; standard library only."""

import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import options, output
from bot.cli.groups import Command
from bot.errors import CronitorError, NoServer

if TYPE_CHECKING:
    from bot.cli.client import Target

_PATIENCE_S = 5
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


@click.command(cls=Command)
@options.uses_settings
@click.pass_context
def healthcheck(ctx: click.Context) -> None:
    """Ask the server on this machine whether it is well.

    Over its socket, else over the address in the settings. Exit code 0: it is; 1: it
    is not; 69: nobody answers.

    \b
    Examples:
      cronitor healthcheck
      cronitor healthcheck --data-dir /srv/cronitor

    Next: `cronitor check-config` if it does not start; its log if it is not well.
    """
    status, where = _ask()
    if status != 200:
        raise CronitorError(f"not well: {where} answers {status}; its log says why")
    output.say(f"well: {where} answers")


def _ask() -> tuple[int, str]:
    """The status of /healthz and where it came from; raises NoServer."""
    from bot.cli.client import Far, Near

    place = options.data_dir()
    near = Near(place / "cronitor.sock")
    try:
        return _status(near), str(near.socket_path)
    except NoServer as exc:
        url = address(place, options.config_path())
        try:
            return _status(Far(url, "")), url
        except NoServer:
            raise exc from None


def _status(target: "Target") -> int:
    from bot.cli.client import Client

    return Client(target, _PATIENCE_S).exchange("GET", "/healthz")[0]


def address(place: Path, config: Path | None) -> str:
    """Where the settings say that the server listens; wrong settings count as none.

    Read without the settings' own module, which takes a third of a second to load.
    """
    server = _server(config or place / "config.toml")
    host = os.environ.get("CRONITOR_SERVER__HOST") or server.get("host", "127.0.0.1")
    port = os.environ.get("CRONITOR_SERVER__PORT") or server.get("port", 8787)
    host = _EVERYWHERE.get(str(host), host)
    return f"http://[{host}]:{port}" if ":" in str(host) else f"http://{host}:{port}"


def _server(file: Path) -> dict[str, object]:
    try:
        server = tomllib.loads(file.read_text("utf-8")).get("server")
    except (OSError, ValueError):
        return {}
    return server if isinstance(server, dict) else {}
