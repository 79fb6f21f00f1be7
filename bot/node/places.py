"""Where a server is, and how a report reads there as a request."""

import os

from bot.node import jobs
from bot.node.reports import START, Report
from bot.node.settings import Settings

#: the same number as in pyproject.toml; asking the installed package takes longer
VERSION = "0.1.0"
_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
)
_HIGHEST_PORT = 65_535


class Unknown(Exception):
    """No server can be made out; says what is missing."""


class Place:
    """A server by its address or by its Unix socket."""

    __slots__ = ("host", "key", "port", "prefix", "secure", "shown", "socket_path")

    def __init__(self, *, shown: str, key: str = "", socket_path: str = "") -> None:
        #: for people: without a key, or what stands before the host
        self.shown = shown
        self.key = key
        #: empty: by host and port
        self.socket_path = socket_path
        self.host = "localhost"
        self.port = 80
        self.secure = False
        self.prefix = ""

    def lacks(self, job: str) -> str:
        """What is missing to report for that job; empty: nothing."""
        if self.key or self.socket_path or jobs.is_uuid(job):
            return ""
        return f"to report to {self.shown} by slug, set CRONITOR_PING_KEY"

    def request(self, report: Report, at: float | None) -> bytes:
        """The request that reports; `at`: it is about that moment, and comes late."""
        if self.socket_path and not jobs.is_uuid(report.job):
            path = f"/v1/jobs/{report.job}/ping"
            return self._post(path, _json_of(report, at), json=True)
        named = report.job
        if not jobs.is_uuid(report.job):
            named = f"{_quoted(self.key)}/{report.job}"
        query = [f"rid={report.rid}", f"event={report.event}"]
        if at is not None:
            query.append(f"at={at:.3f}")
        if report.create and not jobs.is_uuid(report.job):
            query.append("create=1")
        if report.took is not None:
            query.append(f"duration={report.took:.3f}")
        if report.host:
            query.append(f"host={_quoted(report.host)}")
        path = f"/ping/{named}/{report.said}?{'&'.join(query)}"
        return self._post(path, report.body)

    def creation(self, job: str) -> bytes:
        """Over the Unix socket: the request that makes what `create=1` would."""
        table = f'{{"slug": "{job}", "every": "24h", "grace": "1h"}}'
        return self._post("/v1/jobs", table.encode(), json=True)

    def question(self) -> bytes:
        """A request whose answer says what time the server has."""
        return self._post("/healthz", None)

    def _post(self, path: str, body: bytes | None, *, json: bool = False) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.secure else 80)
        lines = [
            f"{'GET' if body is None else 'POST'} {self.prefix}{path} HTTP/1.1",
            f"Host: {host}" if usual else f"Host: {host}:{self.port}",
            f"User-Agent: cronitor-exec/{VERSION}",
        ]
        if body is not None:
            lines.append(f"Content-Length: {len(body)}")
        if json:
            lines.append("Content-Type: application/json")
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def find(settings: Settings) -> Place:
    """The server that reports go to; raises Unknown."""
    if settings.url:
        return _by_url(settings.url, settings.ping_key)
    if settings.data_dir_given or os.path.isdir(settings.data_dir):
        path = os.path.join(settings.data_dir, "cronitor.sock")
        return Place(shown=path, socket_path=path)
    raise Unknown("no server is known: set CRONITOR_URL and CRONITOR_PING_KEY")


def _by_url(url: str, key: str) -> Place:
    scheme, mark, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    host, port = _split(authority)
    secure = scheme.lower() == "https"
    plain = url.isascii() and url.isprintable() and not set(" @?#").intersection(url)
    if scheme.lower() not in ("http", "https") or not mark or not host or not plain:
        raise Unknown("CRONITOR_URL is no URL like https://cron.example.com")
    if port and (not port.isdigit() or not 0 < int(port[:6]) <= _HIGHEST_PORT):
        raise Unknown("CRONITOR_URL has a port that is none")
    place = Place(shown=f"{scheme.lower()}://{authority}", key=key)
    place.host, place.secure = host, secure
    place.port = int(port) if port else (443 if secure else 80)
    place.prefix = f"{slash}{path}".rstrip("/")
    return place


def _split(authority: str) -> tuple[str, str]:
    """Host and port; an address of IPv6 stands in brackets."""
    if authority.startswith("["):
        host, _, rest = authority[1:].partition("]")
        return host, rest.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


def _quoted(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    return "".join(chr(x) if x in _PLAIN else f"%{x:02X}" for x in raw)


def _json_of(report: Report, at: float | None) -> bytes:
    """The report as the API takes it; every value is one that needs no escape."""
    from binascii import b2a_base64

    fields = [f'"rid": "{report.rid}"', f'"event": "{report.event}"']
    if report.said == START:
        fields.append('"kind": "start"')
    else:
        fields.append(f'"exit_status": {int(report.said)}')
    if at is not None:
        fields.append(f'"at": "{at:.3f}"')
    if report.body:
        text = b2a_base64(report.body, newline=False).decode("ascii")
        fields.append(f'"body_b64": "{text}"')
    return f"{{{', '.join(fields)}}}".encode()
