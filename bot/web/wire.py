"""Plain requests for ping URLs, read from bytes, and their answers as bytes.

This is no HTTP server. It recognises the requests that nearly every ping is, and says
of everything else that it does not understand; such bytes go to aiohttp untouched.
"""

import re
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from typing import NamedTuple

from aiohttp.helpers import rfc822_formatted_time

from bot.web.replies import Reply

#: a longer head is not for us
LONGEST_HEAD = 16_384

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_HEAD = re.compile(
    rb"(" + _TOKEN + rb") (/ping/[^\x00-\x20#\x7f]*) HTTP/1\.([01])\r?\n"
    rb"((?:" + _TOKEN + rb":[^\r\n\0]*\r?\n)*)\r?\n"
)
_END_OF_HEAD = re.compile(rb"\n\r?\n")
#: as far as it came, it may become a request
_BEGINNING = re.compile(rb"[A-Z]{1,20}(?: .*)?", re.DOTALL)
_FIELD = re.compile(
    rb"^(user-agent|content-length|connection|transfer-encoding|expect|upgrade"
    rb"|x-forwarded-for):[ \t]*([^\r\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_LENGTH = re.compile(rb"[0-9]{1,12}")
_REQUEST_LINE = re.compile(rb"[A-Z]+ [^\x00-\x20\x7f]+ HTTP/1\.1\r?\n")
_HOST = re.compile(rb"^host:", re.IGNORECASE | re.MULTILINE)
#: larger ones are too rare to be remembered
_REMEMBERED_BLOCK = _REMEMBERED_HEAD = 512


class Unread(Enum):
    """Why the bytes are no request yet, or none of ours."""

    #: more bytes may make it one
    INCOMPLETE = "incomplete"
    #: something that is to be left to aiohttp
    STRANGE = "strange"


class Fields(NamedTuple):
    """What the header fields of a plain request say."""

    agent: str
    #: bytes of the body
    length: int
    #: the client wants no further request on this connection
    closes: bool
    #: what proxies say, their lines joined by commas; anybody can write it
    forwarded: str = ""


class Request(NamedTuple):
    """A plain request, without its body."""

    method: str
    path: str
    query: str
    fields: Fields
    #: bytes of the head
    size: int


def read(data: bytes, at: int = 0) -> Request | Unread:
    """The request that the bytes from `at` on begin with."""
    end = data.find(b"\r\n\r\n", at, at + _REMEMBERED_HEAD)
    if end >= 0:
        request = _remembered(data[at : end + 4])
        if request is not None:
            return request
    head = _HEAD.match(data, at)
    if head is None:
        return _unread(data[at:])
    if head.end() - at > LONGEST_HEAD:
        return Unread.STRANGE
    return _request(head) or Unread.STRANGE


@lru_cache(maxsize=4096)
def _remembered(data: bytes) -> Request | None:
    """The plain request that these bytes are the whole head of: most come again."""
    head = _HEAD.fullmatch(data)
    return None if head is None else _request(head)


def _request(head: re.Match[bytes]) -> Request | None:
    """What a head says; None if that is more than plain."""
    method, target, version, block = head.groups()
    small = len(block) <= _REMEMBERED_BLOCK
    fields = _read_fields(block) if small else _parse_fields(block)
    if fields is None:
        return None
    if version == b"0":
        fields = fields._replace(closes=True)
    path, _, query = target.decode("utf-8", "replace").partition("?")
    size = head.end() - head.start()
    return Request(method.decode("ascii"), path, query, fields, size)


def _unread(data: bytes) -> Unread:
    waits = (
        len(data) <= LONGEST_HEAD
        and _BEGINNING.fullmatch(data) is not None
        and _END_OF_HEAD.search(data) is None
    )
    return Unread.INCOMPLETE if waits else Unread.STRANGE


def has_head(data: bytes) -> bool:
    """Whether the bytes begin with a whole head; empty lines before it are skipped."""
    return _END_OF_HEAD.search(data.lstrip(b"\r\n")) is not None


def is_endless(data: bytes, at: int) -> bool:
    """Whether the head that begins there is longer than any head may be."""
    if len(data) - at <= LONGEST_HEAD:
        return False
    return _END_OF_HEAD.search(data, at, at + LONGEST_HEAD) is None


def _parse_fields(block: bytes) -> Fields | None:
    """What the header fields say; None if that is more than plain."""
    agent: str | None = None
    length: int | None = None
    closes = False
    forwarded: list[str] = []
    for name, value in _FIELD.findall(block):
        value = value.rstrip(b" \t")
        match name.lower():
            case b"user-agent":
                agent = value.decode("utf-8", "replace") if agent is None else agent
            case b"content-length" if length is None and _LENGTH.fullmatch(value):
                length = int(value)
            case b"connection" if value.lower() in (b"close", b"keep-alive"):
                closes = closes or value.lower() == b"close"
            case b"x-forwarded-for":
                forwarded.append(value.decode("ascii", "replace"))
            case _:
                return None
    return Fields(agent or "", length or 0, closes, ",".join(forwarded))


#: a fleet sends few different blocks of fields
_read_fields = lru_cache(maxsize=1024)(_parse_fields)


def with_host(data: bytes) -> bytes:
    """The bytes, with a Host where the request that they begin with has none.

    aiohttp refuses HTTP/1.1 without Host; a ping that was typed by hand has none.
    """
    line = _REQUEST_LINE.match(data, 0, LONGEST_HEAD)
    end = _END_OF_HEAD.search(data, 0, LONGEST_HEAD)
    if line is None or end is None or _HOST.search(data, line.end(), end.end()):
        return data
    return data[: line.end()] + b"Host: unknown\r\n" + data[line.end() :]


def said(reply: Reply, *, is_head: bool = False, closes: bool) -> bytes:
    """The answer as it is sent now."""
    date = rfc822_formatted_time()
    return render(reply, is_head=is_head, closes=closes, date=date)


@lru_cache(maxsize=256)
def render(reply: Reply, *, is_head: bool, closes: bool, date: str) -> bytes:
    """The answer as bytes; `is_head` leaves its body out."""
    body = reply.text.encode()
    lines = [
        f"HTTP/1.1 {reply.status} {HTTPStatus(reply.status).phrase}",
        f"Date: {date}",
        "Server: cronitor",
        "X-Content-Type-Options: nosniff",
        *(f"{name}: {value}" for name, value in reply.headers),
    ]
    if body:
        lines += ["Content-Type: text/plain; charset=utf-8"]
    if reply.status != HTTPStatus.NO_CONTENT:
        lines += [f"Content-Length: {len(body)}"]
    if closes:
        lines += ["Connection: close"]
    head = "\r\n".join([*lines, "", ""]).encode("ascii")
    return head if is_head else head + body
