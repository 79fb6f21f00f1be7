"""One connection to a server, with a deadline for everything.

As much of HTTP as a report needs. The library's client takes 40 ms to import, which a
wrapped `true` would pay for.
"""

from bot.clock import SystemClock
from bot.node.places import Place

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
else:
    # the library's own module takes 9 ms to import, the one below it none
    import _socket as socket

_LONGEST_HEAD = 65_536
#: of an answer's length that is waited for
_LENGTH_DIGITS = 5
_PIECE = 65_536


class Answer:
    """What the server said."""

    __slots__ = ("headers", "status", "text")

    def __init__(self, status: int, headers: dict[str, str], text: str) -> None:
        self.status = status
        #: by their names in small letters
        self.headers = headers
        #: the first line of the body
        self.text = text


class Wire:
    """Asks one server; keeps its connection for the next question."""

    def __init__(self, place: Place, clock: SystemClock) -> None:
        self._place = place
        self._clock = clock
        self._socket: socket.socket | None = None

    def ask(self, request: bytes, until: float) -> Answer:
        """One request, answered by that moment (monotonic); raises OSError."""
        if self._socket is not None:
            try:
                return self._exchange(self._socket, request, until)
            except OSError:
                # it was closed while it was not used; asking again does no harm
                self.close()
        self._socket = self._open(until)
        try:
            return self._exchange(self._socket, request, until)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Hang up."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _left(self, until: float) -> float:
        left = until - self._clock.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left

    def _open(self, until: float) -> "socket.socket":
        place = self._place
        if place.socket_path:
            return self._connected(
                socket.AF_UNIX, socket.SOCK_STREAM, 0, place.socket_path, until
            )
        failure: OSError = OSError(f"{place.host} has no address")
        # bytes: text would load the tables of internationalised names, 12 ms
        host = place.host.encode()
        found = socket.getaddrinfo(host, place.port, 0, socket.SOCK_STREAM)
        for family, kind, protocol, _, address in found:
            try:
                made = self._connected(family, kind, protocol, address, until)
            except OSError as exc:
                failure = exc
            else:
                return self._secured(made, until) if place.secure else made
        raise failure

    def _connected(
        self, family: int, kind: int, protocol: int, address: object, until: float
    ) -> "socket.socket":
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(self._left(until))
            made.connect(address)  # type: ignore[arg-type]
            if family != socket.AF_UNIX:
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            made.close()
            raise
        return made

    def _secured(self, made: "socket.socket", until: float) -> "socket.socket":
        import ssl
        from socket import socket as library_socket

        plain = library_socket(fileno=made.detach())
        try:
            plain.settimeout(self._left(until))
            context = ssl.create_default_context()
            return context.wrap_socket(plain, server_hostname=self._place.host)
        except BaseException:
            plain.close()
            raise

    def _exchange(
        self, opened: "socket.socket", request: bytes, until: float
    ) -> Answer:
        opened.settimeout(self._left(until))
        opened.sendall(request)
        head, rest = self._head(opened, until)
        status, headers = _parsed(head)
        length = headers.get("content-length", "")
        known = length.isascii() and length.isdigit() and len(length) <= _LENGTH_DIGITS
        while known and len(rest) < int(length):
            rest += self._received(opened, until)
        if not known or headers.get("connection", "").lower() == "close":
            # where the next answer would begin is not known
            self.close()
        line = rest.split(b"\n", 1)[0][:200].decode("utf-8", "replace").strip()
        return Answer(status, headers, line if line.isprintable() else "")

    def _head(self, opened: "socket.socket", until: float) -> tuple[bytes, bytes]:
        data = b""
        while True:
            head, end, rest = data.partition(b"\r\n\r\n")
            if end and not head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1")):
                return head, rest
            if end:
                data = rest
                continue
            if len(data) > _LONGEST_HEAD:
                raise ConnectionError("its answer has no end")
            data += self._received(opened, until)

    def _received(self, opened: "socket.socket", until: float) -> bytes:
        opened.settimeout(self._left(until))
        piece = opened.recv(_PIECE)
        if not piece:
            raise ConnectionError("it hung up without an answer")
        return piece


def _parsed(head: bytes) -> tuple[int, dict[str, str]]:
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ", 2)
    if len(words) < 2 or not words[0].startswith("HTTP/1.") or not words[1].isdigit():
        raise ConnectionError("what answers speaks no HTTP")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    return int(words[1][:4]), headers
