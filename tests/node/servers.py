"""A server that says what it was told to, and keeps what it was asked."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

#: the answer of a server that has taken a ping
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def answer(status: int, text: str = "", **headers: str) -> bytes:
    """An answer with such headers."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + f"\r\n\r\n{text}").encode()


class Scripted:
    """Answers one request after the other; the last answer stays."""

    def __init__(self, *answers: bytes, unix: str | None = None) -> None:
        self._answers = list(answers)
        self.asked: list[bytes] = []
        self.connections = 0
        if unix is None:
            self._listener = socket.create_server(("127.0.0.1", 0))
        else:
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(unix)
            self._listener.listen()
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def lines(self) -> list[str]:
        """The request lines, without the method and the version."""
        return [x.split(b" ", 2)[1].decode() for x in self.asked]

    def close(self) -> None:
        """Listen no more."""
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            with connection:
                self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        while request := self._request(connection):
            self.asked.append(request)
            said = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
            connection.sendall(said)
            if (
                not said
                or b"Connection: close" in said
                or b"Content-Length" not in said
            ):
                return

    def _request(self, connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            piece = connection.recv(65_536)
            if not piece:
                return b""
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        _, _, length = head.lower().partition(b"content-length: ")
        wanted = int(length.split(b"\r\n")[0] or 0)
        while len(body) < wanted:
            body += connection.recv(65_536)
        return head + b"\r\n\r\n" + body


@contextmanager
def serving(*answers: bytes, unix: str | None = None) -> Iterator[Scripted]:
    """Such a server until the end of the block."""
    server = Scripted(*answers, unix=unix)
    try:
        yield server
    finally:
        server.close()
