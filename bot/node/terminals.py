"""A terminal for the command, where our own output is one."""

import os

#: in the list of a terminal's attributes
_OUTPUT_FLAGS = 1


def pair(like: int) -> tuple[int, int]:
    """A terminal as that one is: our side and the command's."""
    import termios

    ours, end = os.openpty()
    attributes = termios.tcgetattr(like)
    # the real terminal does it, once
    attributes[_OUTPUT_FLAGS] &= ~termios.OPOST
    termios.tcsetattr(end, termios.TCSANOW, attributes)
    copy_size(like, ours)
    return ours, end


def copy_size(source: int, target: int) -> None:
    """Make a terminal as large as another one; nothing happens where that fails."""
    import fcntl
    import termios

    try:
        size = fcntl.ioctl(source, termios.TIOCGWINSZ, b"\0" * 8)
        fcntl.ioctl(target, termios.TIOCSWINSZ, size)
    except OSError:
        return
