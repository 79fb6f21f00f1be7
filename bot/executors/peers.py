"""Who is at the other end of the supervisor's socket, by the word of the kernel."""

import socket
import struct
import sys

#: struct ucred of Linux: process, user, group
_UCRED = struct.Struct("3i")
#: struct xucred of macOS: version, user; and what Python does not name of its sys/un.h
_XUCRED = struct.Struct("2I")
_XUCRED_SIZE = 76
_SOL_LOCAL = 0
_LOCAL_PEERCRED = 1


def uid_of(connection: socket.socket) -> int:
    """The user that the process at the other end ran as when it connected."""
    if sys.platform != "linux":
        raw = connection.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED_SIZE)
        return int(_XUCRED.unpack_from(raw)[1])
    raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    return int(_UCRED.unpack(raw)[1])
