"""The log: lines for people or JSON for programs; secrets are masked in both.

Masking and escaping happen where a line is written, so that they hold for every
logger, those of libraries too. `docs/logging.md` has the format and the actions.
"""

import json
import logging
import math
import os
import re
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO
from urllib.parse import quote, urlsplit

from bot.core import outputs
from bot.core.outputs import MASK

#: everything that the log says as `action`; each is explained in docs/logging.md
ACTIONS = frozenset(
    {
        *("server_started", "server_stopping", "server_stopped", "settings_ignored"),
        *("job_added", "job_changed", "job_removed", "job_paused", "job_resumed"),
        *("job_never_seen", "incident_opened", "incident_worsened"),
        *("incident_reopened", "incident_reminder", "incident_unsilenced"),
        *("incident_down_for_good", "incident_acknowledged", "incident_resolved"),
        *("incident_noted", "incident_escalated"),
        *("mute_added", "mute_ended", "notification_failed", "notification_delivered"),
        *("maintenance_added", "maintenance_ended", "storm"),
        *("ping_refused", "request_failed", "loop_failed", "row_parked"),
        *("storage_failed", "storage_recovered", "checkpoint_failed"),
        *("storage_lost", "storage_back"),
        *("database_checked", "database_restored"),
        *("key_added", "key_removed", "ping_key_rotated"),
        *("backup_written", "backup_failed", "migrated"),
        *("channel_lost", "channel_back", "picture_failed"),
        *("event_loop_late", "watchdog_withheld", "outward_heartbeat_unwell"),
        *("outward_heartbeat_failed", "outward_heartbeat_back"),
        *("discord_connected", "discord_lost", "discord_setup", "choice_changed"),
        *("cut_off", "cut_off_over", "job_parked"),
        *("job_files_applied", "watch_failed", "watch_loop", "watched_missing"),
        *("webhook_failed", "summary", "summary_failed"),
        *("run_wished", "run_skipped", "run_cancelled", "run_ended", "runs_left"),
        *("run_lost_sight", "output_unreadable", "outputs_removed"),
        *("supervisor_lost", "supervisor_hangs", "supervisor_unreachable"),
        *("discord_commands_synced", "blind_time", "blind", "blind_unknown"),
    }
)

#: a shorter text would mask half of what is written
SHORTEST_SECRET = 6
#: a shorter path of a secret URL says nothing, and is a word of other texts
_SHORTEST_PATH = 16

#: control characters, line ends of Unicode, what turns the direction of writing,
#: and halves of characters, which no stream takes
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_NEEDS_QUOTES = re.compile(r'[\s"=]|^$')
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_COLOURS = {"WARNING": "33", "ERROR": "31", "CRITICAL": "1;31", "DEBUG": "2"}
_CHATTY = ("aiosqlite", "asyncio")
#: it prints a traceback at every try to reach Discord; `bot.client` says it in a line
_NOISY = ("discord.client",)


class Redactor:
    """Knows what must not be written, and takes it out of texts."""

    def __init__(self) -> None:
        #: the longest first: one may hold another
        self._known: list[str] = []

    def register(self, secret: str) -> None:
        """Mask this value from now on; of a URL also its path alone."""
        forms = {secret, quote(secret, safe="")}
        if "://" in secret:
            parts = urlsplit(secret)
            path = parts._replace(scheme="", netloc="").geturl()
            forms |= {path} if len(path) >= _SHORTEST_PATH else set()
        fit = {form for form in forms if len(form) >= SHORTEST_SECRET}
        self._known = sorted(fit.union(self._known), key=len, reverse=True)

    def mask(self, text: str) -> str:
        """The text without known secrets, ping URLs, tokens and webhook URLs."""
        for secret in self._known:
            text = text.replace(secret, MASK)
        lower = text.lower()
        for needles, pattern in outputs.COMMON:
            if any(needle in lower for needle in needles):
                text = pattern.sub(rf"\g<1>{MASK}", text)
        return text


_redactor = Redactor()


def register_secret(value: str) -> None:
    """Mask this value from now on, wherever it turns up in the log."""
    _redactor.register(value)


def masked(text: str) -> str:
    """The text without known secrets, ping URLs, tokens and webhook URLs."""
    return _redactor.mask(text)


def one_line(text: str) -> str:
    """The text with control characters written out, so that nobody forges a line."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)


class PlainFormatter(logging.Formatter):
    """`2026-11-23 20:15:01 ERROR backup was missed action=incident_opened job=backup`.

    The time is that of the machine's zone. A traceback follows, indented.
    """

    def __init__(self, *, colour: bool = False) -> None:
        super().__init__(datefmt="%Y-%m-%d %H:%M:%S")
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it."""
        fields = "".join(
            f" {one_line(key)}={_word(value)}" for key, value in _fields(record).items()
        )
        said = one_line(masked(record.getMessage()))
        head = f"{self.formatTime(record, self.datefmt)} {self._level(record)}"
        below = [f"    {one_line(line)}" for line in _traceback(self, record)]
        return "\n".join([f"{head} {said}{fields}", *below])

    def _level(self, record: logging.LogRecord) -> str:
        code = _COLOURS.get(record.levelname)
        if code is None or not self._colour:
            return record.levelname
        return f"\x1b[{code}m{record.levelname}\x1b[0m"


class JsonFormatter(logging.Formatter):
    """One object a line; what is not ASCII is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC)
        said: dict[str, object] = {
            "ts": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        said = {**_fields(record), **said}
        if below := _traceback(self, record):
            said["exception"] = "\n".join(below)
        order = ("ts", "level", "logger", "message", "action")
        first = {key: said.pop(key) for key in order if key in said}
        return json.dumps(first | said)


class _Handler(logging.StreamHandler[TextIO]):
    """Never prints the arguments of a line that it could not write."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Say that a line is missing, and where it is from."""
        kind = sys.exc_info()[0]
        why = "unknown" if kind is None else kind.__name__
        said = one_line(masked(str(record.msg)))
        with suppress(Exception):
            self.stream.write(f"a line of {record.name} is lost: {why}: {said}\n")


def configure(
    *,
    format: str = "plain",
    level: str = "info",
    stream: TextIO | None = None,
    secrets: Iterable[str] = (),
) -> None:
    """Let everything from `level` up be written to `stream`, by default stderr.

    `format` is plain or json. A second call takes the place of the first.
    """
    for secret in secrets:
        register_secret(secret)
    handler = _Handler(stream or sys.stderr)
    plain = PlainFormatter(colour=_is_colourful(handler.stream))
    handler.setFormatter(JsonFormatter() if format == "json" else plain)
    root = logging.getLogger()
    for earlier in [each for each in root.handlers if isinstance(each, _Handler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for name in _CHATTY:
        # they repeat every statement with its values
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    logging.getLogger("discord").setLevel(max(logging.WARNING, root.level))
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _is_colourful(stream: TextIO) -> bool:
    wanted = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and stream.isatty()


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """What `extra` added, masked: the action, the job, then the rest."""
    extra = {k: v for k, v in vars(record).items() if k not in _OWN and v is not None}
    first = {key: extra.pop(key) for key in ("action", "job") if key in extra}
    return {key: _clean(value) for key, value in (first | extra).items()}


def _clean(value: object) -> object:
    """The value as JSON knows it, with all its texts masked."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case bool() | int() | float() | None:
            return value
        case Mapping():
            return {masked(str(key)): _clean(each) for key, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean(each) for each in value]
        case _:
            return masked(str(value))


def _word(value: object) -> str:
    if isinstance(value, dict | list):
        return one_line(json.dumps(value, ensure_ascii=False))
    text = str(value)
    quoted = _NEEDS_QUOTES.search(text)
    return one_line(json.dumps(text, ensure_ascii=False) if quoted else text)


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> list[str]:
    """Its lines, masked; and those of the stack, where one was asked for."""
    parts = [record.stack_info or ""]
    if record.exc_info:
        parts.insert(0, formatter.formatException(record.exc_info))
    return masked("\n".join(filter(None, parts))).split("\n") if any(parts) else []
