"""The server's `/v1`, over its Unix socket or from afar; the standard library only."""

import http
import http.client
import json
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from bot.errors import (
    Conflict,
    CronitorError,
    Forbidden,
    Invalid,
    NoServer,
    NotFound,
    Problem,
    Unavailable,
)


class Target(Protocol):
    """A place where a server may be."""

    @property
    def prefix(self) -> str:
        """What stands before every path."""
        ...

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection that is not open yet."""
        ...

    def headers(self) -> dict[str, str]:
        """What each request must say."""
        ...

    def absent(self) -> str:
        """That nobody answers there, and what to do."""
        ...


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a socket file."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True)
class Near:
    """A server on this machine."""

    socket_path: Path
    prefix: str = ""

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection to the socket."""
        return _UnixConnection(self.socket_path, timeout_s)

    def headers(self) -> dict[str, str]:
        """Nothing: the server sees whose process this is."""
        return {}

    def absent(self) -> str:
        """That nobody answers there, and what to do."""
        return (
            f"no server answers at {self.socket_path}; "
            "start one with `cronitor up`, or give --url and --key"
        )


class Far:
    """A server elsewhere, which wants an API key."""

    def __init__(self, url: str, key: str) -> None:
        try:
            parts = urlsplit(url)
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError:
            parts, self._host = urlsplit(""), ""
        if parts.scheme not in ("http", "https") or not self._host:
            hint = "write it like https://cron.example.com"
            raise Invalid(Problem("--url", f"{url!r} is no URL of a server", hint))
        self._url = url
        self._key = key
        self._secure = parts.scheme == "https"
        self.prefix = parts.path.rstrip("/")
        if not key.isascii() or not key.isprintable():
            hint = "give what `api.key` says in the settings of the server"
            raise Invalid(Problem("--key", "it has characters that no key has", hint))

    def connection(self, timeout_s: float) -> http.client.HTTPConnection:
        """A connection to the host of the URL."""
        if self._secure:
            return http.client.HTTPSConnection(
                self._host, self._port, timeout=timeout_s
            )
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout_s)

    def headers(self) -> dict[str, str]:
        """The key."""
        return {"X-Api-Key": self._key}

    def absent(self) -> str:
        """That nobody answers there, and what to do."""
        return f"no server answers at {self._url}; look at --url"


class Client:
    """One server; every method raises what the answer means (`bot.errors`)."""

    def __init__(self, target: Target, timeout_s: float = 30) -> None:
        self._target = target
        self._timeout_s = timeout_s
        #: the server's time at its last answer: what "5 min ago" is reckoned from
        self.now = datetime.min.replace(tzinfo=UTC)

    def get(self, path: str, **query: str | int | None) -> Any:
        """Read; what is None stays out of the query."""
        given = {key: value for key, value in query.items() if value is not None}
        tail = f"?{urlencode(given)}" if given else ""
        return self._call("GET", path + tail)

    def file(self, path: str, **query: str | int | None) -> bytes:
        """Read what is no JSON; what is None stays out of the query."""
        given = {key: value for key, value in query.items() if value is not None}
        status, headers, content = self.exchange("GET", f"{path}?{urlencode(given)}")
        if status == http.HTTPStatus.OK:
            return content
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        raise _failure(status, headers, answer)

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:
        """Do."""
        return self._call("POST", path, body or {})

    def patch(self, path: str, body: Mapping[str, object]) -> Any:
        """Change."""
        return self._call("PATCH", path, body)

    def delete(self, path: str) -> Any:
        """Remove."""
        return self._call("DELETE", path)

    def events(self, path: str) -> Iterator[tuple[str, Any]]:
        """Server-sent events with their data; raises as the other methods do."""
        headers = {"Accept": "text/event-stream", **self._target.headers()}
        with closing(self._target.connection(self._timeout_s)) as connection:
            try:
                connection.request("GET", self._target.prefix + path, headers=headers)
                response = connection.getresponse()
                if response.status != 200:
                    answer = json.loads(response.read() or b"null")
                    raise _failure(response.status, response.headers, answer)
                yield from _events(response)
            except (OSError, http.client.HTTPException) as exc:
                raise NoServer(_because(self._target, exc)) from exc

    def _call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Any:
        status, headers, content = self.exchange(method, path, body)
        try:
            answer = json.loads(content) if content else None
        except ValueError:
            answer = None
        if 200 <= status < 300 and (answer is not None or not content):
            return answer
        raise _failure(status, headers, answer)

    def exchange(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """One request as it is; raises NoServer, and Forbidden for another's socket."""
        # str: a date, which TOML has and JSON has not, is refused by the server
        content = None if body is None else json.dumps(body, default=str).encode()
        headers = {"Accept": "application/json", **self._target.headers()}
        if content is not None:
            headers["Content-Type"] = "application/json"
        try:
            with closing(self._target.connection(self._timeout_s)) as connection:
                url = self._target.prefix + path
                connection.request(method, url, content, headers)
                response = connection.getresponse()
                received = response.read()
        except PermissionError as exc:
            raise Forbidden(
                f"{exc.strerror}: the socket belongs to another user; "
                "be the one who runs the server, or root"
            ) from exc
        except TimeoutError as exc:
            raise NoServer(
                f"{self._target.absent()} (silent for {self._timeout_s:g} s)"
            ) from exc
        except (OSError, http.client.HTTPException) as exc:
            raise NoServer(_because(self._target, exc)) from exc
        self.now = _date(response.headers)
        return response.status, response.headers, received


def _events(lines: Iterable[bytes]) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in lines:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def segment(text: object) -> str:
    """Text as one part of a path, whatever it holds."""
    return quote(str(text), safe="")


def _because(target: Target, exc: Exception) -> str:
    """A missing socket explains itself; anything else is told with its cause."""
    if isinstance(target, Near) and isinstance(
        exc, FileNotFoundError | ConnectionRefusedError
    ):
        return target.absent()
    reason = (isinstance(exc, OSError) and exc.strerror) or str(exc)
    return f"{target.absent()} ({reason or type(exc).__name__})"


def _date(headers: http.client.HTTPMessage) -> datetime:
    try:
        return parsedate_to_datetime(headers["Date"]).astimezone(UTC)
    except (TypeError, ValueError):
        from bot.clock import SystemClock

        return SystemClock().now()


def _failure(
    status: int, headers: http.client.HTTPMessage, answer: Any
) -> CronitorError:
    if not isinstance(answer, dict) or "error" not in answer:
        return _stranger(status, headers)
    said = str(answer["error"])
    match status:
        case 400 if answer.get("problems"):
            return Invalid(*(_problem(each) for each in answer["problems"]))
        case 401 | 403:
            return Forbidden(said)
        case 404:
            return NotFound(said)
        case 409:
            return Conflict(said)
        case 503:
            wait = headers["Retry-After"]
            return Unavailable(f"{said}; try again in {wait} s" if wait else said)
        case _:
            return CronitorError(said)


def _problem(each: Mapping[str, Any]) -> Problem:
    return Problem(str(each["field"]), str(each["reason"]), str(each.get("hint") or ""))


def _stranger(status: int, headers: http.client.HTTPMessage) -> CronitorError:
    """What answers is not Cronitor, or something stands between."""
    reason = http.client.responses.get(status, "")
    if 300 <= status < 400:
        return CronitorError(
            f"the server sends elsewhere ({status} {reason}): "
            f"give --url as {headers['Location']} has it"
        )
    return CronitorError(
        f"the answer ({status} {reason}) is not Cronitor's; look at --url, "
        "or at the proxy between"
    )
