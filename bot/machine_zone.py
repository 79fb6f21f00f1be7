"""The name of the time zone that this machine is set to."""

from collections.abc import Mapping
from pathlib import Path

from bot.core import zones

#: a link to the zone's file, and on some systems a file with its name
_LOCALTIME, _TIMEZONE = Path("/etc/localtime"), Path("/etc/timezone")


def name(
    environ: Mapping[str, str],
    localtime: Path = _LOCALTIME,
    timezone: Path = _TIMEZONE,
) -> str:
    """Of `TZ`, else of the machine; UTC where neither names one that is known."""
    candidates = (
        environ.get("TZ", "").removeprefix(":"),
        _linked(localtime),
        _written(timezone),
    )
    return next((each for each in candidates if zones.is_known(each)), "UTC")


def _linked(path: Path) -> str:
    """`/usr/share/zoneinfo/Europe/Berlin` names Europe/Berlin."""
    try:
        return str(path.resolve(strict=True)).partition("zoneinfo/")[2]
    except OSError:
        return ""


def _written(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
