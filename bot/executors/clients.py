"""Who is connected to the supervisor."""

import os
import selectors
import socket
from collections.abc import Callable

from bot.executors import peers, wire
from bot.executors.wire import Message

#: a client that lets so much pile up is dropped; it asks for everything when it is back
_PILE = 64 << 20
_READ = 1 << 18

Handler = Callable[["Client", Message], None]


class Client:
    """One connection."""

    __slots__ = ("decoder", "out", "socket")

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.decoder = wire.Decoder()
        self.out = bytearray()


class Clients:
    """All connections, and the socket where they arrive."""

    def __init__(
        self, selector: selectors.BaseSelector, greeting: Message, handler: Handler
    ) -> None:
        self._selector = selector
        self._greeting = greeting
        self._handler = handler
        self._listening: socket.socket | None = None
        self._clients: set[Client] = set()

    def __len__(self) -> int:
        return len(self._clients)

    def listen(self, path: str) -> None:
        """Take connections there; only this user and root may make one."""
        if os.path.exists(path):
            os.unlink(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        # the path of a socket may be 100 bytes long, that of a folder any length
        os.chdir(os.path.dirname(path))
        listening.bind(os.path.basename(path))
        os.chdir("/")
        os.chmod(path, 0o600)
        listening.listen(64)
        listening.setblocking(False)
        self._listening = listening
        self._selector.register(listening, selectors.EVENT_READ, self._accept)

    def close(self) -> None:
        """Let go of all; what can be sent without waiting is sent."""
        for client in list(self._clients):
            self._flush(client)
            self._drop(client)
        if self._listening is not None:
            self._selector.unregister(self._listening)
            self._listening.close()

    def send(self, client: Client, message: Message) -> None:
        """Tell one of them."""
        self._queue(client, wire.encode(message))

    def tell_all(self, message: Message) -> None:
        """Tell everybody."""
        if self._clients:
            data = wire.encode(message)
            for client in list(self._clients):
                self._queue(client, data)

    def _queue(self, client: Client, data: bytes) -> None:
        if client not in self._clients:
            return
        client.out += data
        if len(client.out) > _PILE:
            self._drop(client)
        else:
            self._flush(client)

    def _accept(self, _: int) -> None:
        assert self._listening is not None
        try:
            connection, _address = self._listening.accept()
        except OSError:
            return
        if peers.uid_of(connection) not in (0, os.geteuid()):
            connection.close()
            return
        connection.setblocking(False)
        client = Client(connection)
        self._clients.add(client)
        self._selector.register(
            connection, selectors.EVENT_READ, lambda mask: self._ready(client, mask)
        )
        self.send(client, self._greeting)

    def _ready(self, client: Client, mask: int) -> None:
        if mask & selectors.EVENT_WRITE and client in self._clients:
            self._flush(client)
        if mask & selectors.EVENT_READ and client in self._clients:
            self._read(client)

    def _read(self, client: Client) -> None:
        try:
            data = client.socket.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        try:
            for message in client.decoder.feed(data):
                self._handler(client, message)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # not one of our clients, or one of a release that is not to be
            self._drop(client)

    def _flush(self, client: Client) -> None:
        try:
            while client.out:
                sent = client.socket.send(client.out)
                del client.out[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.out else 0)
        key = self._selector.get_key(client.socket)
        if key.events != wanted:
            self._selector.modify(client.socket, wanted, key.data)

    def _drop(self, client: Client) -> None:
        if client in self._clients:
            self._clients.discard(client)
            self._selector.unregister(client.socket)
            client.socket.close()
