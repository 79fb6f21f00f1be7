"""The process that draws one picture: `python -m bot.reports.draw`, and then ends.

A drawing comes in as JSON and goes out as a PNG. matplotlib costs a server tens of
megabytes that it would never give back, and holds up its loop: so it is loaded here
alone.
"""

import json
import os
import sys

#: it draws for a second: what takes longer hangs, whoever waits for it
_PROCESSOR_S = 30
_NICE = 10
#: nothing here needs the network or another process
_FORBIDDEN = (
    *("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.exec"),
    *("os.fork", "os.posix_spawn", "os.system"),
)


def _refuse(event: str, _: object) -> None:
    if event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event}: a process that draws does nothing else")


def restrict() -> None:
    """Give way to everything else, end soon, and reach nobody."""
    if sys.platform != "win32":
        import resource

        os.nice(_NICE)
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR_S, _PROCESSOR_S))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)


def png(written: bytes) -> bytes:
    """The picture of a drawing in JSON."""
    from bot.core import drawings
    from bot.reports import day_pictures, job_pictures

    drawing = drawings.of_view(json.loads(written))
    if isinstance(drawing, drawings.DayGrid):
        return day_pictures.draw(drawing)
    return job_pictures.draw(drawing)


def main() -> None:
    """Read, draw, write."""
    restrict()
    sys.stdout.buffer.write(png(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
