"""Settings as text: what is in force, and the example file."""

import json
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from bot.config import Settings
from bot.core import durations

MASK = "********"

#: of these it is shown where they lead
_SECRET_URLS = ("webhook_url", "heartbeat_url")

_HEAD = """\
# Settings of Cronitor. Every key is shown with its default; take away the # to change
# one. Copy this file to config.toml in the data directory: `cronitor up` prints where
# that is, and `cronitor check-config` what is in force.
#
# Each key may also be a variable of the environment, CRONITOR_SECTION__KEY, or a file
# that CRONITOR_SECTION__KEY_FILE names; a variable beats this file, and such a file
# beats both. An empty text "" means: not set.
"""


class Line(NamedTuple):
    """One setting as `cronitor check-config` prints it."""

    section: str
    key: str
    #: a TOML value; of a secret only the fact that there is one
    value: str
    #: `default`, `config.toml:12` or a variable
    origin: str


def describe(settings: Settings) -> list[Line]:
    """Every setting that is in force, secrets masked, and where it is from."""
    return [
        Line(section, key, _shown(key, value), settings.origin(section, key))
        for section, table in settings
        for key, value in table
    ]


def example() -> str:
    """The text of `config.example.toml`."""
    parts = [_HEAD]
    for section, table in Settings():
        parts.append(f"\n# {_summary(table)}\n[{section}]\n")
        parts += [
            f"# {_comment(info)}\n# {key} = {toml_value(getattr(table, key))}\n"
            for key, info in type(table).model_fields.items()
        ]
    return "".join(parts)


def toml_value(value: object) -> str:
    """A value in TOML; what is not set is the empty text."""
    match value:
        case None:
            return '""'
        case SecretStr():
            return _quoted(MASK)
        case timedelta():
            return _quoted(durations.text(value))
        case tuple():
            return f"[{', '.join(toml_value(each) for each in value)}]"
        case bool():
            return "true" if value else "false"
        case float():
            return f"{value:g}"
        case int():
            return str(value)
        case _:
            return _quoted(str(value))


def _shown(key: str, value: object) -> str:
    if key in _SECRET_URLS and isinstance(value, SecretStr):
        return _quoted(_origin_of(value.get_secret_value()))
    return toml_value(value)


def _origin_of(url: str) -> str:
    """Scheme, host and port: user name, path and query are secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/{MASK}"


def _quoted(text: str) -> str:
    # a JSON text is a TOML one, but for the one control character that JSON allows
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _summary(table: BaseModel) -> str:
    return (table.__doc__ or "").strip()


def _comment(info: FieldInfo) -> str:
    return info.description or ""
