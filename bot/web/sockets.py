"""Listening sockets, and how many connections they can serve."""

import asyncio
import os
import resource
import socket
import stat
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from bot.errors import ConfigError

#: connections that the kernel keeps until they are taken
_BACKLOG = 1024
#: connections that are taken in a turn of the loop, as the others wait for that
_TAKEN_AT_ONCE = 64
#: files that the process needs for other things
_OTHER_FILES = 128
#: how long a client may leave what was sent to it
_STUCK_MS = 30_000
#: what a path of a socket may have, on every system (104 on macOS)
_LONGEST_PATH = 103


def listen_tcp(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host; raises ConfigError with the way out."""
    wanted = f"{host or 'every address'}, port {port}"
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as exc:
        raise ConfigError(f"server.host: {host!r} is no address of a machine") from exc
    addresses = dict.fromkeys((family, address) for family, *_, address in found)
    with ExitStack() as opened:
        sockets: list[socket.socket] = []
        for family, address in addresses:
            try:
                # port 0: all addresses get the port that the first one was given
                chosen = sockets[0].getsockname()[1] if sockets else port
                place = (str(address[0]), chosen)
                each = socket.create_server(place, family=family, backlog=_BACKLOG)
            except OSError as exc:
                raise ConfigError(f"cannot listen on {wanted}: {_reason(exc)}") from exc
            sockets.append(opened.enter_context(each))
            _drop_stuck_clients(each)
        opened.pop_all()
    return sockets


async def serve(
    factory: Callable[[], asyncio.BaseProtocol], listener: socket.socket
) -> asyncio.Server:
    """Take connections, a few in each turn of the loop; the kernel keeps many more."""
    loop = asyncio.get_running_loop()
    # to asyncio it is both how many it takes at once and how many the kernel keeps
    server = await loop.create_server(factory, sock=listener, backlog=_TAKEN_AT_ONCE)
    listener.listen(_BACKLOG)
    return server


def _drop_stuck_clients(listener: socket.socket) -> None:
    """Let the kernel end connections whose client takes no answer any more."""
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, _STUCK_MS)


def _reason(exc: OSError) -> str:
    text = exc.strerror or str(exc)
    return f"{text}; is another server running? server.port takes another number"


def listen_unix(path: Path) -> socket.socket:
    """A socket that only our own user can open; replaces one that was left behind."""
    if len(os.fsencode(path)) > _LONGEST_PATH:
        raise ConfigError(f"{path} is too long for a socket; choose another --data-dir")
    remove_unix(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # the file must not be open to others for a moment, either
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    except OSError as exc:
        listener.close()
        raise ConfigError(f"cannot make the socket {path}: {exc.strerror}") from exc
    finally:
        os.umask(before)
    listener.listen(_BACKLOG)
    return listener


def remove_unix(path: Path) -> None:
    """Take the socket's file away, if it is one."""
    try:
        if stat.S_ISSOCK(path.stat().st_mode):
            path.unlink()
    except FileNotFoundError:
        return


def capacity(wanted: int) -> int:
    """How many of the wanted connections the process may open; asks for more first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return wanted
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    except (ValueError, OSError):
        raised = soft
    return max(1, min(wanted, raised - _OTHER_FILES))
