"""Who is at the other end of a Unix socket, by the word of the kernel."""

import pwd
import socket
import struct
import sys

#: struct ucred of Linux: process, user, group
_UCRED = struct.Struct("3i")
#: struct xucred of macOS: version, user
_XUCRED = struct.Struct("2I")
_XUCRED_SIZE = 76
#: SOL_LOCAL and LOCAL_PEERCRED of macOS's sys/un.h, which Python does not name
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1


def uid_of(connection: socket.socket) -> int:
    """The user that the process at the other end ran as when it connected."""
    if sys.platform != "linux":
        raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE)
        return int(_XUCRED.unpack_from(raw)[1])
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    return int(_UCRED.unpack(raw)[1])


def name_of(uid: int) -> str:
    """The user's name; the number if the system knows none, as in a container."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
