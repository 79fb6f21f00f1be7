"""As much of HTTP as a report needs, with a deadline for everything."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from bot.clock import SystemClock
from bot.node import places
from bot.node.places import Place
from bot.node.wires import Wire
from tests.node.factories import place, soon
from tests.node.servers import OK, answer, serving

CLOCK = SystemClock()
QUESTION = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def wire_to(somewhere: Place) -> Iterator[Wire]:
    """A wire that hangs up at the end."""
    wire = Wire(somewhere, CLOCK)
    yield wire
    wire.close()


def test_a_connection_is_used_again() -> None:
    with serving(answer(200, "one"), answer(404, "two\nthree")) as server:
        wire = Wire(place(server.url), CLOCK)
        first = wire.ask(QUESTION, soon(CLOCK))
        second = wire.ask(QUESTION, soon(CLOCK))
        assert (first.status, first.text) == (200, "one")
        assert (second.status, second.text) == (404, "two")
        assert server.connections == 1
        wire.close()
        wire.close()


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK",
        b"HTTP/1.0 200\r\n\r\nOK",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nOK\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 123456789\r\n\r\nOK",
    ],
)
def test_an_answer_after_which_nothing_is_known_ends_it(said: bytes) -> None:
    with serving(said) as server:
        wire = Wire(place(server.url), CLOCK)
        for _ in range(2):
            assert wire.ask(QUESTION, soon(CLOCK)).status == 200
            wire_is_closed = wire._socket is None
            assert wire_is_closed
        assert len(server.asked) == 2


def test_a_preliminary_answer_is_passed_over() -> None:
    said = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: x\r\n\r\n" + OK
    with serving(said) as server, wire_to(place(server.url)) as wire:
        assert wire.ask(QUESTION, soon(CLOCK)).status == 200


def test_a_connection_that_was_closed_meanwhile_is_made_anew() -> None:
    with serving(OK, b"", OK) as server, wire_to(place(server.url)) as wire:
        wire.ask(QUESTION, soon(CLOCK))
        assert wire.ask(QUESTION, soon(CLOCK)).status == 200
        assert (server.connections, len(server.asked)) == (2, 3)


@pytest.mark.parametrize("said", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 x\r\n\r\n"])
def test_what_is_no_answer_is_a_failure(said: bytes) -> None:
    with serving(said) as server, pytest.raises(ConnectionError):
        Wire(place(server.url), CLOCK).ask(QUESTION, soon(CLOCK))


def test_an_answer_without_end_is_given_up() -> None:
    said = b"HTTP/1.1 200 OK\r\n" + b"x" * 100_000
    with serving(said) as server, pytest.raises(ConnectionError):
        Wire(place(server.url), CLOCK).ask(QUESTION, soon(CLOCK))


def test_a_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        wire = Wire(place(f"http://127.0.0.1:{silent.getsockname()[1]}"), CLOCK)
        with pytest.raises(TimeoutError):
            wire.ask(QUESTION, CLOCK.monotonic() + 0.1)
        with pytest.raises(TimeoutError):
            wire.ask(QUESTION, CLOCK.monotonic() - 1)


def test_nobody_there_is_a_failure(tmp_path: Path) -> None:
    near = places.Place(shown="s", socket_path=str(tmp_path / "none"))
    for nowhere in (place("http://127.0.0.1:9"), place("http://a.invalid"), near):
        with pytest.raises(OSError, match=r".+"):
            Wire(nowhere, CLOCK).ask(QUESTION, soon(CLOCK))


def test_a_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    near = places.Place(shown="s", socket_path=path)
    with serving(OK, unix=path), wire_to(near) as wire:
        assert wire.ask(QUESTION, soon(CLOCK)).text == "OK"


def certificate(folder: Path) -> Path:
    """A key and a certificate for localhost, in one file."""
    if shutil.which("openssl") is None:
        pytest.skip("there is no openssl to make a certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", key, "-out", cert),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


def test_tls_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(2):
            raw, _ = listener.accept()
            try:
                with context.wrap_socket(raw, server_side=True) as connection:
                    connection.recv(10_000)
                    connection.sendall(OK)
            except OSError:
                raw.close()

    thread = Thread(target=serve)
    thread.start()
    far = place(f"https://localhost:{listener.getsockname()[1]}")
    with pytest.raises(ssl.SSLCertVerificationError):
        Wire(far, CLOCK).ask(QUESTION, soon(CLOCK))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    wire = Wire(far, CLOCK)
    assert wire.ask(QUESTION, soon(CLOCK)).status == 200
    wire.close()
    thread.join()
    listener.close()
