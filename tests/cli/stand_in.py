"""A small HTTP server that answers as it is told, on a Unix socket or on TCP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socketserver import UnixStreamServer
from typing import Any


@dataclass
class Script:
    """What is answered, and what was asked."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    #: status and body of the paths that are answered otherwise
    others: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)

    def answer(self, status: int, body: object, **headers: str) -> None:
        """Answer with JSON from now on."""
        self.status, self.body, self.headers = (
            status,
            json.dumps(body).encode(),
            headers,
        )


def _handler(script: Script) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers["Content-Length"] or 0)
            body = self.rfile.read(length)
            asked = dict(self.headers.items())
            is_json = asked.get("Content-Type") == "application/json"
            data = json.loads(body) if is_json else None
            script.asked.append((self.command, self.path, asked, data))
            status, content = script.others.get(self.path, (script.status, script.body))
            self.send_response_only(status)
            for name, value in script.headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if content:
                self.wfile.write(content)

        do_GET = do_POST = do_PATCH = do_DELETE = answer

        def address_string(self) -> str:
            return "somebody"

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


@contextmanager
def _serving(server: HTTPServer | UnixStreamServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def on_socket(path: Path) -> Iterator[Script]:
    """A server at a Unix socket."""
    script = Script()
    with _serving(UnixStreamServer(str(path), _handler(script))):
        yield script


@contextmanager
def on_tcp() -> Iterator[tuple[Script, str]]:
    """A server on loopback, and its URL."""
    script = Script()
    server = HTTPServer(("127.0.0.1", 0), _handler(script))
    with _serving(server):
        yield script, f"http://127.0.0.1:{server.server_port}"
