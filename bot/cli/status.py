"""`cronitor status`: the whole of it at a glance."""

from collections.abc import Mapping
from datetime import datetime

import click

from bot.cli import options, output, tables, text, times
from bot.core import states
from bot.core.states import State, View


@click.command()
@options.as_json
@options.reaches_server
def status(as_json: bool) -> None:
    """Show how everything stands at a glance.

    Jobs, incidents, mutes, what waits to be delivered, and the server.

    \b
    Examples:
      cronitor status
      cronitor status --json

    Next: `cronitor job list` and `cronitor incident list` name what is wrong.
    """
    client = options.client()
    view = client.get("/v1/status")
    if as_json:
        output.print_json(view)
        return
    output.say(states.tally({State(k): v for k, v in view["states"].items()}))
    tables.show(tables.facts(_rows(view, client.now)))


def _rows(view: View, now: datetime) -> list[tables.Row]:
    muted = [
        f"{tables.muted(each)}: {tables.ends(each, now)}" for each in view["mutes"]
    ]
    rows: list[tables.Row] = [
        ("incidents", _counted(view["incidents"]) or "none"),
        ("muted", "\n".join(muted) or "nothing"),
        ("waiting to be delivered", _waiting(view["backlog"]) or "nothing"),
        ("discord", view["discord"]),
        ("server", f"{view['version']}, since {times.both(view['started_at'], now)}"),
    ]
    if view["not_well"]:
        told = [f"{part}: {fault}" for part, fault in view["not_well"].items()]
        rows.append(("not well", "\n".join(map(text.visible, told))))
    return rows


def _counted(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {word}" for word, count in counts.items() if count)


def _waiting(backlog: Mapping[str, int]) -> str:
    return ", ".join(f"{count} for {name}" for name, count in backlog.items() if count)
