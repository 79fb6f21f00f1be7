"""What the values of settings must look like; each refusal names the way out.

A reader takes what a file or a variable holds, and returns the value or raises
ValueError with `reason (way out)`. No refusal repeats the value: it may be a secret
that stands in the wrong place.
"""

import ipaddress
import json
import re
from base64 import urlsafe_b64decode
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from bot.core import day_times, durations, escalation_texts, zones
from bot.errors import Invalid

Read = TypeVar("Read")

LOWEST_KEY_LENGTH = 16
LONGEST_SECRET = 4096
_MAX_SNOWFLAKE = 2**63 - 1
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9._-]{1,253}")
_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: the id of the bot, the time of making, and the signature
_BOT_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
#: what stands near the token in the Developer Portal, and is pasted instead
_NO_BOT_TOKEN = (
    (re.compile(r"[0-9a-f]{64}"), "the public key"),
    (re.compile(r"[0-9]{15,20}"), "an id"),
    (re.compile(r"(https?://|discord\.gg/).*", re.DOTALL), "an invitation"),
    (re.compile(r"[A-Za-z0-9_-]{32}"), "the client secret"),
)


def optional(reader: Callable[[object], Read]) -> Callable[[object], Read | None]:
    """Take an empty text as "not set"."""

    def read(value: object) -> Read | None:
        return None if value is None or value == "" else reader(value)

    return read


def whole_number(low: int, high: int, note: str = "") -> Callable[[object], int]:
    """Read an integer, also out of a text."""
    hint = f"from {low} to {high}" + (f"; {note}" if note else "")

    def read(value: object) -> int:
        number = _integer(value)
        if number is None or not low <= number <= high:
            raise ValueError(f"must be a whole number ({hint})")
        return number

    return read


def number(low: int, high: int, note: str) -> Callable[[object], float]:
    """Read a number with or without a fraction, also out of a text."""

    def read(value: object) -> float:
        text = value if isinstance(value, str) else repr(value)
        plain = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", text.strip(), re.ASCII)
        if not plain or not low <= float(text) <= high:
            raise ValueError(f"must be a number (from {low} to {high}; {note})")
        return float(text)

    return read


def duration(low: timedelta, high: timedelta) -> Callable[[object], timedelta]:
    """Read a length of time, as 30s or 1h30m, or a number of seconds."""
    span = f"from {durations.text(low)} to {durations.text(high)}"

    def read(value: object) -> timedelta:
        read = _duration(value)
        if read is None or not low <= read <= high:
            raise ValueError(f"must be a duration ({span}, such as 30s or 5m)")
        return read

    return read


def one_of(*words: str) -> Callable[[object], str]:
    """Read one of a few words, in any letter case."""

    def read(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() not in words:
            raise ValueError(f"must be one of these words ({', '.join(words)})")
        return value.strip().lower()

    return read


def host(value: object) -> str:
    """Read a host name or an address to listen on, IPv6 without brackets."""
    text = _text(value)
    if not _is_address(text) and not _HOST_NAME.fullmatch(text):
        raise ValueError(
            "must be a host name or an address, without port and brackets "
            "(such as 127.0.0.1, 0.0.0.0 or ::)"
        )
    return text


def public_url(value: object) -> str:
    """Read the URL under which others reach the server; without the last slash."""
    text = _text(value)
    parts = _url(text)
    if parts is None or re.search("[?#]", text) or parts.username is not None:
        raise ValueError(
            "must be an http or https URL without query, fragment and user name "
            "(such as https://cron.example.com)"
        )
    return text.rstrip("/")


def webhook_url(value: object) -> SecretStr:
    """Read a URL to post to; all but its scheme and host is secret."""
    text = _text(value)
    if _url(text) is None:
        raise ValueError(
            "must be an http or https URL (such as https://hooks.example.com/cronitor)"
        )
    return SecretStr(text)


def secret(value: object) -> SecretStr:
    """Read a secret of whatever form: no spaces, nothing that is not printed."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    is_fit = isinstance(text, str) and re.fullmatch(r"[!-~]+", text)
    if not isinstance(text, str) or not is_fit or len(text) > LONGEST_SECRET:
        raise ValueError(
            "must be one word of printable ASCII characters "
            "(look for a space or a line break)"
        )
    return SecretStr(text)


def key(value: object) -> SecretStr:
    """Read a secret that somebody could guess if it were short."""
    read = secret(value)
    if len(read) < LOWEST_KEY_LENGTH:
        raise ValueError(
            f"must have at least {LOWEST_KEY_LENGTH} characters "
            "(make one with: openssl rand -hex 20)"
        )
    return read


def bot_token(value: object) -> SecretStr:
    """Read the token of a bot of Discord."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    text = text.strip() if isinstance(text, str) else ""
    found = _BOT_TOKEN.fullmatch(text)
    if found is None or len(text) > LONGEST_SECRET or not _is_base64_id(found[1]):
        raise ValueError(
            f"is no token of a bot{_mistaken(text)} "
            "(three parts with dots between; Developer Portal, your application, "
            "page Bot, Reset Token)"
        )
    return SecretStr(text)


def _is_base64_id(part: str) -> bool:
    """Whether it is the text of an id in base64, without the padding."""
    try:
        decoded = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        return False
    return re.fullmatch(rb"[0-9]{1,20}", decoded) is not None


def _mistaken(text: str) -> str:
    """What was pasted instead, as far as it can be known by its form."""
    for form, name in _NO_BOT_TOKEN:
        if form.fullmatch(text):
            return f": it looks like {name}"
    return ": was the client secret, the public key or an invitation pasted?"


def ping_key(value: object) -> SecretStr:
    """Read a key that stands in a URL, where a UUID would be taken for a job's."""
    read = key(value)
    text = read.get_secret_value()
    if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
        raise ValueError(
            "must have letters, digits, - and _ only, since it stands in URLs "
            "(make one with: openssl rand -hex 20)"
        )
    if _UUID.fullmatch(text):
        raise ValueError(
            "must not be a UUID, since ping URLs name jobs by those "
            "(make one with: openssl rand -hex 20)"
        )
    return read


def snowflake(value: object) -> int:
    """Read an id of Discord, a number or a text of digits."""
    read = _integer(value)
    if read is None or not 0 < read <= _MAX_SNOWFLAKE:
        raise ValueError(
            "must be an id of Discord, which is a number "
            "(right-click in Discord with developer mode on, Copy ID)"
        )
    return read


def snowflakes(value: object) -> tuple[int, ...]:
    """Read ids of Discord: a list, or a text with JSON or commas."""
    return tuple(dict.fromkeys(snowflake(each) for each in _list(value)))


def networks(value: object) -> tuple[str, ...]:
    """Read addresses and networks: a list, or a text with JSON or commas."""
    found = tuple(dict.fromkeys(_text(each).strip() for each in _list(value)))
    for each in found:
        try:
            ipaddress.ip_network(each)
        except ValueError:
            raise ValueError(
                "must be addresses or networks (such as 127.0.0.1, 10.0.0.0/8 or ::1)"
            ) from None
    return found


def hours(value: object) -> str:
    """Read two times of a day."""
    text = _text(value)
    if day_times.span(text) is None:
        raise ValueError("must be two different times of a day (such as 22:00-07:00)")
    return text


def weekdays(value: object) -> tuple[str, ...]:
    """Read days of the week: a list, or a text with JSON or commas."""
    found = tuple(dict.fromkeys(_text(each).lower() for each in _list(value)))
    if not set(found) <= set(day_times.DAYS):
        raise ValueError(f"must be days of the week ({', '.join(day_times.DAYS)})")
    return found


def waits(value: object) -> tuple[str, ...]:
    """Read tags with durations: a list, or a text with JSON or commas."""
    found = tuple(_text(each) for each in _list(value))
    for each in found:
        wait = day_times.wait(each)
        if wait is None:
            raise ValueError("must be tags with up to 10 minutes each (such as db=30s)")
    return found


def escalation_steps(value: object) -> tuple[str, ...]:
    """Read steps of escalations: a list, or a text with JSON or commas."""
    found = tuple(_text(each) for each in _list(value))
    for each in found:
        escalation_texts.line(each)
    return found


def timezone(value: object) -> str:
    """Read the name of a time zone."""
    name = _text(value)
    if not zones.is_known(name):
        raise ValueError("must be a time zone (such as Europe/Berlin)")
    return name


def time_of_day(value: object) -> str:
    """Read a time of day, as 03:30, or `never`."""
    text = _text(value)
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|never", text):
        raise ValueError("must be a time of day (such as 03:30), or never")
    return text


def path(value: object) -> Path:
    """Read a path; `~` is the home directory."""
    if isinstance(value, Path):
        return value
    text = _text(value)
    if not text or not text.isprintable():
        raise ValueError("must be a path (such as jobs.toml)")
    return Path(text).expanduser()


def paths(value: object) -> tuple[Path, ...]:
    """Read paths: a list, or a text with JSON or commas."""
    return tuple(path(each) for each in _list(value))


def _list(value: object) -> list[object] | tuple[object, ...]:
    if isinstance(value, str):
        return _list_in(value.strip())
    if isinstance(value, list | tuple):
        return value
    raise ValueError("must be a list (in TOML [1, 2]; in a variable 1,2)")


def _list_in(text: str) -> list[object]:
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        read = json.loads(text)
    except ValueError:
        read = None
    if not isinstance(read, list):
        raise ValueError("must be a list (as JSON [1, 2], or with commas 1,2)")
    return read


def _integer(value: object) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    is_text = isinstance(value, str) and re.fullmatch("[0-9]{1,20}", value.strip())
    return int(value) if isinstance(value, str) and is_text else None


def _duration(value: object) -> timedelta | None:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str | int | float):
        return None
    try:
        return durations.parse(value)
    except Invalid:
        return None


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return value.strip() if isinstance(value, str) else ""


def _url(text: str) -> SplitResult | None:
    """The parts of an absolute http or https URL; None for anything else."""
    if not re.fullmatch(r"[!-~]+", text) or "\\" in text:
        return None
    try:
        parts = urlsplit(text)
        has_port = parts.port is None or parts.port > 0
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and has_port
    return parts if is_web and parts.hostname else None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
