"""Where the server is and how to report, as this machine says it.

The environment, else client.toml, else what is true of a machine without either.
"""

import os
import stat

from bot.node.orders import OUTPUT_LIMIT

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS = ("url", "ping_key", "spool_dir", "output_limit")
_BARE = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_")
#: what a TOML string of one line may hold without meaning something else
_ODD = frozenset("\"'\\")


class Settings:
    """What is in force; what is wrong with it stands in `problem`."""

    __slots__ = (
        *("data_dir", "data_dir_given", "output_limit", "ping_key", "problem"),
        *("quiet", "spool_dir", "url"),
    )

    def __init__(self) -> None:
        self.url = ""
        self.ping_key = ""
        self.spool_dir = ""
        self.output_limit = OUTPUT_LIMIT
        #: of a server on this machine
        self.data_dir = ""
        self.data_dir_given = False
        self.quiet = False
        #: one line that says what is wrong; empty: nothing
        self.problem = ""


def read(environ: "Mapping[str, str]", data_dir: str | None = None) -> Settings:
    """What the environment and client.toml say; never raises for what is wrong."""
    settings = Settings()
    path = _client_file(environ)
    if path:
        _use_file(settings, path)
    settings.url = environ.get("CRONITOR_URL") or settings.url
    settings.ping_key = environ.get("CRONITOR_PING_KEY") or settings.ping_key
    place = environ.get("CRONITOR_SPOOL") or settings.spool_dir
    settings.spool_dir = os.path.expanduser(place) if place else _spool()
    given = data_dir or environ.get("CRONITOR_DATA_DIR")
    settings.data_dir_given = bool(given)
    settings.data_dir = os.path.abspath(
        os.path.expanduser(given) if given else _data_dir(environ)
    )
    settings.quiet = bool(environ.get("CRONITOR_QUIET"))
    return settings


def _spool() -> str:
    if os.geteuid() == 0:
        return "/var/spool/cronitor"
    return os.path.expanduser("~/.local/state/cronitor/spool")


def _data_dir(environ: "Mapping[str, str]") -> str:
    """The data directory of a server that was started without saying one."""
    if os.uname().sysname == "Darwin":
        return os.path.expanduser("~/Library/Application Support/cronitor")
    home = environ.get("XDG_DATA_HOME", "").strip()
    return os.path.join(home or os.path.expanduser("~/.local/share"), "cronitor")


def _client_file(environ: "Mapping[str, str]") -> str:
    """The file that counts; empty if there is none."""
    given = environ.get("CRONITOR_CLIENT_CONFIG")
    if given:
        return os.path.expanduser(given)
    own = os.path.expanduser("~/.config/cronitor/client.toml")
    for path in (own, "/etc/cronitor/client.toml"):
        if os.path.exists(path):
            return path
    return ""


def _use_file(settings: Settings, path: str) -> None:
    try:
        with open(path, "rb") as file:
            found = os.fstat(file.fileno())
            content = file.read()
    except OSError as exc:
        settings.problem = f"cannot read {path}: {exc.strerror}"
        return
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        settings.problem = f"{path} may be written by others: chmod go-w {path}"
        return
    if found.st_uid not in (0, os.geteuid()):
        settings.problem = f"{path} belongs to another user: chown it"
        return
    try:
        text = content.decode("utf-8")
        table = plain_table(text)
        _use(settings, table if table is not None else _any_table(text))
    except ValueError as exc:
        settings.problem = f"{path}: {exc}"


def plain_table(text: str) -> dict[str, object] | None:
    """A table of texts and numbers, one a line; None: TOML that says more than that."""
    table: dict[str, object] = {}
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name or not _BARE.issuperset(name) or name in table:
            return None
        inner = value[1:-1]
        if len(value) >= 2 and value[0] == value[-1] == '"':
            if _ODD.intersection(inner) or not inner.isprintable():
                return None
            table[name] = inner
        elif value.isascii() and value.isdigit() and (value[0] != "0" or value == "0"):
            table[name] = int(value)
        else:
            return None
    return table


def _any_table(text: str) -> dict[str, object]:
    import tomllib

    return tomllib.loads(text)


def _use(settings: Settings, table: dict[str, object]) -> None:
    unknown = [name for name in table if name not in _KEYS]
    if unknown:
        raise ValueError(f"{unknown[0]} is no setting; there are {', '.join(_KEYS)}")
    for name in _KEYS[:3]:
        value = table.get(name, "")
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a text in quotes")
        setattr(settings, name, value)
    from bot.node import orders

    given = orders.limit(str(table.get("output_limit", OUTPUT_LIMIT)))
    if given is None:
        most = orders.MOST_OUTPUT
        raise ValueError(f"output_limit must be a number from 0 to {most}")
    settings.output_limit = given
