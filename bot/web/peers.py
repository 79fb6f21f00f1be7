"""Who is at the other end of a Unix socket, by the word of the kernel."""

import pwd

from bot.executors.peers import uid_of

__all__ = ("name_of", "uid_of")


def name_of(uid: int) -> str:
    """The user's name; the number if the system knows none, as in a container."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
