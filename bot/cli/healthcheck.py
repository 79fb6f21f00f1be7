"""`cronitor healthcheck`: whether the server here is well; standard library only."""

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from bot.cli import options, output, text
from bot.cli.groups import Command
from bot.errors import CronitorError, NoServer

if TYPE_CHECKING:
    from bot.cli.client import Target

#: the server itself waits five seconds for a write
_PATIENCE_S = 8


class Answer(NamedTuple):
    """What the server says of itself."""

    where: str
    #: of /healthz
    status: int
    #: what is not well although it goes on, each with the reason if that may be known
    faults: dict[str, str]
    #: why it takes no pings; None: it does
    problem: str | None


_EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104


@click.command(cls=Command)
@options.uses_settings
@click.pass_context
def healthcheck(ctx: click.Context) -> None:
    """Ask the server on this machine whether it is well.

    Over its socket, else over the address in the settings. Exit code 0: it takes pings,
    also if something about it is degraded, which is named; 1: it does not, and why; 69:
    nobody answers.

    \b
    Examples:
      cronitor healthcheck
      cronitor healthcheck --data-dir /srv/cronitor

    Next: `cronitor check-config` if it does not start; its log if it is not well.
    """
    found = _ask()
    if found.status != 200:
        raise CronitorError(
            f"not well: {found.where} answers {found.status}; its log says why"
        )
    if found.problem is not None:
        raise CronitorError(f"not well: {found.where} takes no pings: {found.problem}")
    if not found.faults:
        output.say(f"well: {found.where} answers")
        return
    output.say(f"degraded: {found.where} answers, and its log says more")
    for part, fault in found.faults.items():
        said = f"{part}: {fault}" if fault else part
        output.say(f"  {text.visible(said)}")


def _ask() -> Answer:
    """What is answered, and where; raises NoServer."""
    from bot.cli.client import Far, Near

    place = options.data_dir()
    near = Near(place / "cronitor.sock")
    try:
        return _answer(near, str(near.socket_path))
    except NoServer as exc:
        url = address(place, options.config_path())
        try:
            return _answer(Far(url, ""), url)
        except NoServer:
            raise exc from None


def _answer(target: "Target", where: str) -> Answer:
    from bot.cli.client import Client

    client = Client(target, _PATIENCE_S)
    status, _, body = client.exchange("GET", "/healthz")
    said = _table(body)
    details, faults = said.get("details"), said.get("faults")
    if isinstance(details, dict):
        found = {str(part): str(fault) for part, fault in details.items()}
    else:
        names = faults if isinstance(faults, list) else []
        found = {str(part): "" for part in names}
    if status != 200:
        return Answer(where, status, found, None)
    ready, _, body = client.exchange("GET", "/readyz")
    why = text.visible(str(_table(body).get("reason", f"/readyz answers {ready}")))
    return Answer(where, status, found, None if ready == 200 else why)


def _table(body: bytes) -> dict[str, object]:
    """An object of JSON; what is none is no answer of Cronitor, and says nothing."""
    try:
        table = json.loads(body)
    except ValueError:
        return {}
    return table if isinstance(table, dict) else {}


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
