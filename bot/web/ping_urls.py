"""What a ping URL says (SEMANTICS, section 4)."""

import re
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote

from bot.core import events, pings
from bot.core.kinds import PingKind
from bot.web.replies import BAD_EVENT, BAD_MOMENT, BAD_RID, BAD_URL, NOT_FOUND, Reply

_HEX = "[0-9a-fA-F]"
_PATH = re.compile(
    rf"/ping/(?:({_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}})|([^/]+)/([-\w]+))"
    r"(?:/(start|fail|log|[0-9]+)?)?",
    re.ASCII,
)
_SAID = {
    "start": PingKind.START,
    "fail": PingKind.FAIL,
    "log": PingKind.LOG,
}
_HIGHEST_STATUS = 255
_STATUS_DIGITS = 3


class Place(NamedTuple):
    """Which job a path names, by UUID or by ping key and slug, and what it says."""

    said: PingKind
    uuid: str | None
    key: str
    slug: str | None
    exit_status: int | None


#: characters of names of hosts, those of other alphabets and of macOS among them
_HOST = re.compile(r"[\w.:-]{1,100}")


class Question(NamedTuple):
    """What the part after the question mark adds."""

    rid: str | None
    create: bool
    #: its sender kept it for later: its id, and the moment that it is about
    event_id: str | None = None
    sent_at: datetime | None = None
    #: the machine that it names itself; shown, and believed by nobody
    host: str = ""


NO_QUESTION = Question(rid=None, create=False)


@lru_cache(maxsize=4096)
def read_path(path: str) -> Place | Reply:
    """The place that a path names, or what to answer instead."""
    found = _PATH.fullmatch(unquote(path) if "%" in path else path)
    if found is None:
        return NOT_FOUND
    uuid, key, slug, suffix = found.groups()
    if slug and slug != slug.lower():
        return BAD_URL
    said = PingKind.SUCCESS if not suffix else _SAID.get(suffix)
    exit_status = None
    if said is None:
        said, exit_status = PingKind.SUCCESS, _exit_status(suffix)
        if exit_status > _HIGHEST_STATUS:
            return BAD_URL
    return Place(said, uuid and uuid.lower(), key or "", slug, exit_status)


def _exit_status(digits: str) -> int:
    # a number of thousands of digits is refused by int() with an exception
    return int(digits.lstrip("0")[: _STATUS_DIGITS + 1] or "0")


def read_query(query: str) -> Question | Reply:
    """Run id, `create`, event; as in Healthchecks the last of several counts."""
    if not query:
        return NO_QUESTION
    given = dict(parse_qsl(query, keep_blank_values=True, errors="replace"))
    text = given.get("rid")
    rid = None if text is None else pings.parse_rid(text)
    if text is not None and rid is None:
        return BAD_RID
    create = given.get("create") == "1"
    host = named_host(given.get("host", ""))
    if "event" not in given and "at" not in given:
        return Question(rid, create, host=host)
    event_id = pings.parse_rid(given.get("event", ""))
    if event_id is None:
        return BAD_EVENT
    sent_at = events.parse_moment(given["at"]) if "at" in given else None
    if "at" in given and sent_at is None:
        return BAD_MOMENT
    return Question(rid, create, event_id, sent_at, host)


def named_host(text: str) -> str:
    """What may be a host's name; anything else is none, and refuses no ping."""
    return text if _HOST.fullmatch(text) else ""
