"""`cronitor healthcheck`: whether the server here is well; standard library only."""

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bot.cli import options, output, text
from bot.cli.groups import Command
from bot.errors import CronitorError, NoServer

if TYPE_CHECKING:
    from bot.cli.client import Target

_PATIENCE_S = 5
#: the status, and the names of what is not well although it goes on
Answer = tuple[int, list[str]]
_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


@click.command(cls=Command)
@options.uses_settings
@click.pass_context
def healthcheck(ctx: click.Context) -> None:
    """Ask the server on this machine whether it is well.

    Over its socket, else over the address in the settings. Exit code 0: it is, also
    if something about it is degraded, which is named; 1: it is not; 69: nobody answers.

    \b
    Examples:
      cronitor healthcheck
      cronitor healthcheck --data-dir /srv/cronitor

    Next: `cronitor check-config` if it does not start; its log if it is not well.
    """
    (status, faults), where = _ask()
    if status != 200:
        raise CronitorError(f"not well: {where} answers {status}; its log says why")
    if faults:
        named = ", ".join(map(text.visible, faults))
        output.say(f"degraded: {named}; {where} answers, its log says why")
        return
    output.say(f"well: {where} answers")


def _ask() -> tuple[Answer, str]:
    """What /healthz answers and where; raises NoServer."""
    from bot.cli.client import Far, Near

    place = options.data_dir()
    near = Near(place / "cronitor.sock")
    try:
        return _answer(near), str(near.socket_path)
    except NoServer as exc:
        url = address(place, options.config_path())
        try:
            return _answer(Far(url, "")), url
        except NoServer:
            raise exc from None


def _answer(target: "Target") -> Answer:
    from bot.cli.client import Client

    status, _, body = Client(target, _PATIENCE_S).exchange("GET", "/healthz")
    try:
        faults = json.loads(body)["faults"]
    except (ValueError, LookupError, TypeError):
        # all is well, or what answers there is no Cronitor
        faults = []
    return status, faults if isinstance(faults, list) else []


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
