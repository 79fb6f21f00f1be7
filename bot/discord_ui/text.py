"""Texts for Discord: its limits, and what comes from outside made harmless.

Names, reasons and output are strangers' text: one called `@everyone` must not ping,
and output with backticks must not leave its block (SEMANTICS, section 7, point 11).
"""

import re
import unicodedata
from datetime import datetime, timedelta
from itertools import accumulate, takewhile

from bot.core import durations
from bot.core.outputs import ANSI

CONTENT = 2000
EMBED = 6000
TITLE = 256
DESCRIPTION = 4096
FIELDS = 25
FIELD_NAME = 256
FIELD_VALUE = 1024
FOOTER = 2048
#: ours: beside the longest description and title there is room for no more in EMBED
SHORT_FOOTER = 600
ROWS = 5
BUTTONS_IN_A_ROW = 5
LABEL = 80
CUSTOM_ID = 100
SELECT_OPTIONS = 25
MODAL_PARTS = 5
MODAL_TITLE = 45
AUTOCOMPLETE = 25
NONCE = 25
FILE = 10 * 1024 * 1024
#: what is read to those who do not see a picture
ALT = 1024

ELLIPSIS = "…"
#: breaks what Discord would read as one; nobody sees it
BREAK = "\u200b"

_FENCE = "```"
_ADJACENT = re.compile("`(?=`)")
#: no more of an output is looked at
_LONGEST_OUTPUT = 20_000
#: no more of a name is looked at
_LONGEST_NAME = 2000
_WAS_CUT = "… (cut)\n"
#: a cluster of more marks than this is no letter of any language
_LONGEST_CLUSTER = 16
_JOINER = "\u200d"

#: categories without a look of their own: controls, formats, halves of characters
_HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
#: letters and a space that look like nothing at all
_BLANK = "\u115f\u1160\u2800\u3164\uffa0\u034f"

_MARKDOWN = re.compile(r"[\\*~`|\[\]]")
#: between letters it is a part of a slug, and never the end of anything
_LONE_UNDERSCORE = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
#: headings, lists and quotes, which only the beginning of a line can be
_LINE_START = re.compile(r"^(?:[#>+-]|[0-9]+(?=[.)](?: |$)))")
#: what is clickable: any scheme, and the invitations that need none
_LINK = re.compile(r":(?=//)|(?<=\.gg)/|(?<=\.com)/|(?<=\.gift)/", re.IGNORECASE)
_EMOJI = re.compile(r":(?=[\w+~-]+:)")
_MENTION = re.compile(r"@(?=everyone|here)|<(?=[@#:/\w])", re.IGNORECASE)


def length(text: str) -> int:
    """Characters as Discord may count them: UTF-16 units, the larger number."""
    return len(text) + sum(char > "\uffff" for char in text)


def cut(text: str, limit: int) -> str:
    """The beginning of the text, within `limit`, with an ellipsis if it is cut."""
    if length(text) <= limit:
        return text
    head = text[: _fitting(text, limit - len(ELLIPSIS))]
    end = _whole(text, len(head))
    return f"{text[:end].rstrip()}{ELLIPSIS}"


def _fitting(text: str, limit: int) -> int:
    """How many characters from the start fit."""
    lengths = accumulate(map(length, text))
    return sum(1 for _ in takewhile(lambda so_far: so_far <= limit, lengths))


def _whole(text: str, end: int) -> int:
    """The last place up to `end` that does not part a letter and its marks."""
    for at in range(end, max(0, end - _LONGEST_CLUSTER), -1):
        if not _continues(text[at - 1], text[at]):
            return at
    return end


def _continues(before: str, char: str) -> bool:
    """Whether a character belongs to the one before it (marks, joined emoji)."""
    if _JOINER in (before, char) or before == "\\":
        return True
    return unicodedata.category(char).startswith("M") or "🏻" <= char <= "🏿"


def visible(text: str) -> str:
    """One line of what can be seen: no controls, no marks that turn the line around."""
    flat = " ".join(ANSI.sub("", text).split())
    return "".join(
        "\ufffd" if "\ud800" <= char <= "\udfff" else char
        for char in flat
        if "\ud800" <= char <= "\udfff" or not _is_hidden(char)
    ).strip()


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN or char in _BLANK


def escape(text: str) -> str:
    """A name from outside as it is written: no markdown, mention or link survives."""
    text = _MARKDOWN.sub(r"\\\g<0>", visible(text))
    text = _LONE_UNDERSCORE.sub(r"\\_", text)
    text = _LINE_START.sub(_quoted_start, text)
    text = _EMOJI.sub(r"\\:", _LINK.sub(r"\\\g<0>", text))
    return _disarmed(text)


def _quoted_start(found: re.Match[str]) -> str:
    """`1.` has its dot quoted, the others their first character."""
    return f"{found[0]}\\" if found[0].isdigit() else f"\\{found[0]}"


def _disarmed(text: str) -> str:
    return _MENTION.sub(rf"\g<0>{BREAK}", text)


def disarm(text: str) -> str:
    """Words of ours that hold a stranger's name: markdown stays, mentions do not."""
    return _disarmed("\n".join(visible(line) for line in text.splitlines()))


def name(text: str, instead: str = "?", limit: int = 100) -> str:
    """A name from outside, escaped and cut; `instead` if nothing of it can be seen."""
    shown = cut(visible(text[:_LONGEST_NAME]), limit)
    blank = all(unicodedata.category(char).startswith("M") for char in shown)
    return escape(instead if blank else shown)


def code_block(output: str, limit: int, *, is_cut: bool = False) -> str:
    """The end of some output as a block within `limit`; empty if there is nothing.

    `is_cut`: it is only the end of what there was, which is said in the block.
    """
    shown = _ADJACENT.sub(f"`{BREAK}", _printable(output[-_LONGEST_OUTPUT:]))
    room = limit - length(f"{_FENCE}\n\n{_FENCE}")
    note = _WAS_CUT if is_cut or len(output) > _LONGEST_OUTPUT else ""
    if length(note + shown) > room:
        note = _WAS_CUT
        shown = _tail(shown, room - length(note))
    return f"{_FENCE}\n{note}{shown}\n{_FENCE}" if shown.strip() else ""


def _printable(output: str) -> str:
    text = ANSI.sub("", output).replace("\r\n", "\n").replace("\r", "\n")
    kept = (c for c in text if c in "\n\t" or unicodedata.category(c) not in _HIDDEN)
    return "".join(kept).strip("\n").rstrip()


def _tail(text: str, room: int) -> str:
    """The end of the text, from the beginning of a line if one is near."""
    kept = text[len(text) - _fitting(text[::-1], room) :]
    line = kept.find("\n") + 1
    return kept[line:] if 0 < line <= len(kept) // 4 else kept


def when(at: datetime) -> str:
    """How long ago or how soon; Discord keeps it true by itself."""
    return f"<t:{int(at.timestamp())}:R>"


def moment(at: datetime) -> str:
    """Date and time in the reader's own zone."""
    return f"<t:{int(at.timestamp())}:f>"


def span(delta: timedelta) -> str:
    """A length of time: `12 min`, `2 h 5 min`, `3 d 4 h`."""
    return durations.about(delta)
