"""What a ping is answered with."""

from typing import NamedTuple

#: what a ping URL can be asked with, as the header Allow lists it
METHODS = "GET, HEAD, POST, OPTIONS"


class Reply(NamedTuple):
    """An answer to a ping, before it is put on the wire."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


BAD_RID = Reply(400, "invalid uuid format")
BAD_EVENT = Reply(400, "invalid event: it is a UUID, written with dashes")
BAD_MOMENT = Reply(
    400, "invalid at: RFC 3339 with an offset, or seconds since 1970, beside an event"
)
BAD_URL = Reply(400, "invalid url format")
TOO_LONG = Reply(431, "the request line or the headers are too long")
NOT_FOUND = Reply(404, "not found")
NOT_ALLOWED = Reply(405, "use GET, HEAD or POST", (("Allow", METHODS),))
FAILED = Reply(500, "something went wrong here; the log of the server says what")
#: also what a browser asks before it sends a ping from another site
OPTIONS = Reply(
    204,
    "",
    (
        ("Allow", METHODS),
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", METHODS),
        ("Access-Control-Allow-Headers", "Content-Type"),
        ("Access-Control-Max-Age", "86400"),
    ),
)


def recorded(status: int, text: str, *, body_limit: int) -> Reply:
    """The answer to a ping that is on the disk."""
    headers = (
        ("Ping-Body-Limit", str(body_limit)),
        ("Access-Control-Allow-Origin", "*"),
        ("Cache-Control", "no-cache"),
    )
    return Reply(status, text, headers)


def later(status: int, text: str, retry_after_s: int) -> Reply:
    """The answer to a ping that was not recorded and should come again."""
    return Reply(status, text, (("Retry-After", str(max(1, retry_after_s))),))
