"""Why a job or an incident stands as it does, on a terminal."""

from datetime import datetime
from typing import TYPE_CHECKING

from bot.cli import tables, text, times
from bot.core.states import View

if TYPE_CHECKING:
    from rich.console import RenderableType

#: lines of output that are shown, from its end
_SHOWN_LINES = 20


def card(why: View, now: datetime) -> list["RenderableType"]:
    """The rules, the moments behind them, what was around it, and the next sound."""
    from rich.text import Text

    number = "" if why["incident"] is None else f"#{why['incident']} "
    heading = f"{number}{text.visible(why['job'])}: {text.visible(why['headline'])}"
    found: list[RenderableType] = [Text(heading, style="bold")]
    found += [_plain(text.visible(rule)) for rule in why["rules"]]
    found += [_plain("\nsounds next"), _plain(_sound(why["sounds_next"], now))]
    moments = [
        (text.visible(each["label"]), times.both(each["at"], now))
        for each in why["moments"]
    ]
    if moments:
        found += [_plain("\nmoments"), tables.facts(moments)]
    if why["around"]:
        found += [_plain("\naround it"), *around(why)]
    if why["pings"]:
        pings = [
            (times.relative(ping["at"], now), _ping(ping)) for ping in why["pings"]
        ]
        found += [_plain("\nnewest pings"), tables.facts(pings)]
    return [*found, *_output(why)]


def around(view: View) -> list["RenderableType"]:
    """What is known of the run beside its exit code, a sentence in each line."""
    return [_plain(text.visible(sentence)) for sentence in view["around"]]


def _sound(sound: View, now: datetime) -> str:
    at = "" if sound["at"] is None else f" {times.both(sound['at'], now)}"
    return f"{text.visible(sound['text'])}{at}"


def _ping(ping: View) -> str:
    parts = [ping["kind"]]
    if ping["exit_status"] is not None:
        parts.append(f"exit status {ping['exit_status']}")
    if ping["duration"] is not None:
        parts.append(f"after {times.took(ping['duration'])}")
    if ping["address"]:
        parts.append(f"from {text.visible(ping['address'])}")
    return ", ".join(parts)


def _output(why: View) -> list["RenderableType"]:
    lines = [text.visible(line) for line in why["output"].splitlines()]
    if not lines:
        return []
    cut = why["output_is_cut"] or len(lines) > _SHOWN_LINES
    heading = "\noutput (its end)" if cut else "\noutput"
    return [_plain(heading), *(_plain(f"  {line}") for line in lines[-_SHOWN_LINES:])]


def _plain(said: str) -> "RenderableType":
    from rich.text import Text

    return Text(said)
