"""A look-alike of a chat in which messages stand, as HTML; nothing in it is Discord's.

It knows as much of markdown, embeds and components as Cronitor sends.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from bot.core import drawings
from bot.core.drawings import Drawing
from bot.reports import draw

Json = Mapping[str, Any]

_STYLE = """
body { margin: 0; background: #17181d; color: #e3e4e8; width: max-content;
  font: 15px/1.34 "Noto Sans", "Liberation Sans", "DejaVu Sans", "Noto Color Emoji",
  sans-serif; }
main { display: flex; gap: 14px; align-items: flex-start; padding: 2px; }
section { width: %(width)dpx; }
section + section { border-left: 1px solid #2c2e36; padding-left: 14px; }
article { margin-bottom: 12px; overflow-wrap: anywhere; }
.asked, .private { color: #a3a6b1; font-size: 13px; }
.who b { color: #fff; } .who i { font-style: normal; color: #a3a6b1; font-size: 12px; }
.embed { margin-top: 5px; background: #24262d; border-left: 4px solid;
  padding: 9px 11px; border-radius: 5px; }
.title { font-weight: 700; margin-bottom: 5px; color: #fff; }
.name { font-weight: 700; margin-top: 8px; font-size: 14px; color: #fff; }
.value, .description { font-size: 14px; }
img { display: block; width: 100%%; border-radius: 7px; margin-top: 5px; }
.footer { margin-top: 8px; color: #a3a6b1; font-size: 12px; }
code { background: #101116; border-radius: 3px; padding: 0 3px;
  font: 13px "DejaVu Sans Mono", monospace; }
pre { background: #101116; border-radius: 4px; padding: 6px 8px; margin: 4px 0 0;
  white-space: pre-wrap; font: 12px/1.35 "DejaVu Sans Mono", monospace; }
time { background: #34363f; border-radius: 3px; padding: 0 2px; }
.row { display: flex; flex-wrap: wrap; gap: 7px; margin-top: 7px; }
.row span { background: #3a3c46; color: #fff; border-radius: 7px; padding: 5px 13px;
  font-size: 14px; }
.row .primary { background: #3f63c9; } .row .success { background: #2c7a48; }
.row .danger { background: #b03a3a; } .row .off { opacity: .45; }
.row .select { flex: 1 0 60%%; background: #101116; color: #a3a6b1; }
"""
_STYLES = {1: "primary", 2: "", 3: "success", 4: "danger"}
_SELECTS = (3, 6, 8)
#: what the channels and roles of scenes are called, by their ids
NAMES = {1: "alerts", 2: "ops-backup", 3: "on-call"}

_TOKEN = re.compile(
    r"```(?:\w*\n)?(?P<block>.*?)```|`(?P<code>[^`]+)`|\\(?P<plain>[^\w\s])"
    r"|<t:(?P<at>-?\d+):(?P<form>[fR])>|(?P<bold>\*\*)"
    r"|<(?P<mark>[#@])&?(?P<id>\d+)>|<(?P<link>https?://[^>]+)>",
    re.DOTALL,
)
_UNITS = (
    (timedelta(days=365), "year"),
    (timedelta(days=30), "month"),
    (timedelta(days=1), "day"),
    (timedelta(hours=1), "hour"),
    (timedelta(minutes=1), "minute"),
    (timedelta(seconds=1), "second"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A message and how it came there."""

    content: str = ""
    embeds: Sequence[Json] = ()
    components: Sequence[Json] = ()
    #: of what its picture is drawn
    drawing: Drawing | None = None
    #: the command that it answers, with who gave it
    asked: str = ""
    #: nobody but who asked sees it
    private: bool = False
    #: when somebody looks at it
    at: datetime

    def payload(self) -> Json:
        """What Discord would get, and what is written around it."""
        return {
            "around": [self.asked, self.private, self.at.isoformat()],
            "content": self.content,
            "embeds": list(self.embeds),
            "components": list(self.components),
            **({"picture": drawings.view(self.drawing)} if self.drawing else {}),
        }


def relative(at: datetime, now: datetime) -> str:
    """`12 minutes ago`, `in 3 hours`."""
    apart = abs(now - at)
    for unit, word in _UNITS:
        if apart >= unit:
            count = round(apart / unit)
            many = f"{count} {word}{'' if count == 1 else 's'}"
            return f"{many} ago" if at <= now else f"in {many}"
    return "now"


def markdown(text: str, now: datetime) -> str:
    """A text as it is shown."""
    found, last, is_bold = list[str](), 0, False
    for token in _TOKEN.finditer(text):
        found.append(_lines(text[last : token.start()]))
        last = token.end()
        if token["bold"]:
            is_bold = not is_bold
            found.append("<b>" if is_bold else "</b>")
        else:
            found.append(_token(token, now))
    return "".join([*found, _lines(text[last:]), "</b>" if is_bold else ""])


def _token(token: re.Match[str], now: datetime) -> str:
    if token["block"] is not None:
        return f"<pre>{escape(token['block'].rstrip())}</pre>"
    if token["code"]:
        return f"<code>{escape(token['code'])}</code>"
    if token["at"]:
        at = datetime.fromtimestamp(int(token["at"]), UTC)
        said = relative(at, now) if token["form"] == "R" else f"{at:%-d %B %Y %H:%M}"
        return f"<time>{said}</time>"
    if token["id"]:
        return f"<time>{token['mark']}{NAMES[int(token['id'])]}</time>"
    return escape(token["plain"] or token["link"] or "")


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _message(shown: Shown) -> str:
    now, parts = shown.at, ["<article>"]
    if shown.asked:
        parts.append(f"<div class=asked>↱ {escape(shown.asked)}</div>")
    parts.append("<div class=who><b>Cronitor</b> <i>bot</i></div>")
    if shown.content:
        parts.append(f"<div>{markdown(shown.content, now)}</div>")
    if shown.drawing is not None:
        png = draw.png(json.dumps(drawings.view(shown.drawing)).encode())
        parts.append(f"<img src='data:image/png;base64,{b64encode(png).decode()}'>")
    parts += (_embed(embed, now) for embed in shown.embeds)
    parts += (_row(row["components"]) for row in shown.components)
    if shown.private:
        parts.append("<div class=private>only you see this</div>")
    return "".join([*parts, "</article>"])


def _embed(embed: Json, now: datetime) -> str:
    parts = [f"<div class=embed style='border-color:#{embed.get('color', 0):06x}'>"]
    for key, name in (("title", "title"), ("description", "description")):
        if embed.get(key):
            parts.append(f"<div class={name}>{markdown(embed[key], now)}</div>")
    # a phone shows no field beside another
    for field in embed.get("fields", ()):
        name, value = (markdown(field[key], now) for key in ("name", "value"))
        parts.append(f"<div class=name>{name}</div><div class=value>{value}</div>")
    if "footer" in embed:
        parts.append(f"<div class=footer>{escape(embed['footer']['text'])}</div>")
    return "".join([*parts, "</div>"])


def _row(components: Iterable[Json]) -> str:
    return f"<div class=row>{''.join(map(_component, components))}</div>"


def _component(component: Json) -> str:
    off = " off" if component.get("disabled") else ""
    if component["type"] in _SELECTS:
        chosen = [NAMES[int(x["id"])] for x in component.get("default_values") or ()]
        said = ", ".join(chosen) or component["placeholder"]
        return f"<span class='select{off}'>{escape(said)} ▾</span>"
    emoji = (component.get("emoji") or {}).get("name", "")
    label = f"{emoji} {component['label']}".strip()
    return f"<span class='{_STYLES[component['style']]}{off}'>{escape(label)}</span>"


def page(columns: Sequence[Sequence[Shown]], *, width: int) -> str:
    """Messages below each other, in columns beside each other."""
    sections = (
        f"<section>{''.join(_message(shown) for shown in column)}</section>"
        for column in columns
    )
    head = f"<!doctype html><meta charset=utf-8><style>{_STYLE % {'width': width}}"
    return f"{head}</style><main>{''.join(sections)}</main>"
