"""The log: plain for people or JSON for programs; secrets are masked in both."""

import json
import logging
import re
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TextIO

MASK = "***"
#: a shorter text would mask half of what is written
SHORTEST_SECRET = 6

_PATTERNS = (
    re.compile(r"(/ping/)[^\s\"'<>,;)]+"),
    re.compile(r"(/api/webhooks/\d+/)[\w-]+"),
    re.compile(r"()\b[\w-]{23,28}\.[\w-]{6}\.[\w-]{27,}\b"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]")
_FIELDS = ("action", "job", "incident", "kind")

_secrets: set[str] = set()


def register_secret(value: str) -> None:
    """Mask this value from now on, wherever it turns up in the log."""
    if len(value) >= SHORTEST_SECRET:
        _secrets.add(value)


def masked(text: str) -> str:
    """The text without known secrets, ping URLs, tokens and webhook URLs."""
    for secret in _secrets:
        text = text.replace(secret, MASK)
    for pattern in _PATTERNS:
        text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def one_line(text: str) -> str:
    """The text with control characters written out, so that nobody forges a line."""
    return _CONTROL.sub(lambda found: repr(found[0])[1:-1], text)


class PlainFormatter(logging.Formatter):
    """`2026-11-23 20:15:01 ERROR incident opened ... action=... job=...`."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, and the traceback below it."""
        at = datetime.fromtimestamp(record.created, UTC)
        fields = "".join(f" {key}={value}" for key, value in _fields(record).items())
        line = one_line(
            f"{at:%Y-%m-%d %H:%M:%S}Z {record.levelname} {record.getMessage()}{fields}"
        )
        return masked(line + _traceback(self, record))


class JsonFormatter(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC)
        said: dict[str, object] = {
            "ts": at.isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        traceback = _traceback(self, record)
        if traceback:
            said["exception"] = traceback.strip()
        return masked(json.dumps(said, default=str))


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {
        key: value
        for key in _FIELDS
        if (value := record.__dict__.get(key)) is not None
    }


def _traceback(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    if not record.exc_info:
        return ""
    return "\n" + formatter.formatException(record.exc_info)


def configure(
    *,
    format: str = "plain",
    level: str = "info",
    stream: TextIO | None = None,
    secrets: Iterable[str] = (),
) -> None:
    """Set the root logger up; `format` is plain or json."""
    for secret in secrets:
        register_secret(secret)
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonFormatter() if format == "json" else PlainFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
