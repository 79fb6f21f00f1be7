"""What the command prints: passed through as it is, and its end kept.

Each stream has a thread that copies it. The streams that are no terminal are pipes;
for one that is, the command gets a terminal of its own, whose output is not changed on
the way. Streams that are one file stay one, so that their lines keep their order.
"""

import os
import select
import stat
from _thread import allocate_lock, start_new_thread

from bot.node import terminals

# as typing has it, which takes long to import
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Action: TypeAlias = tuple[int, int, int] | tuple[int, int]

_OUT, _ERR = 1, 2
_PIECE = 65_536
#: more than a pipe holds: what came before the end of the command is within that
_MOST_IN_PIPE = 1_048_576
#: a terminal hands over what it holds a moment later
_TERMINAL_MS = 50
_GONE = select.POLLERR | select.POLLHUP | select.POLLNVAL


class Tail:
    """The end of all that was printed."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self._lock = allocate_lock()

    def keep(self, piece: bytes) -> None:
        """Add what came."""
        if not piece:
            return
        with self._lock:
            self._pieces.append(piece[-self._limit :])
            self._size += len(self._pieces[-1])
            while self._size - len(self._pieces[0]) >= self._limit:
                self._size -= len(self._pieces.pop(0))

    def text(self) -> bytes:
        """As many bytes as the limit says."""
        with self._lock:
            return b"".join(self._pieces)[-self._limit :]


class Stream:
    """One stream of the command: where it comes out and where it goes."""

    def __init__(self, source: int, target: int, tail: Tail) -> None:
        self.source = source
        self.target = target
        self.is_terminal = os.isatty(target)
        #: nothing more can come, or nobody takes it
        self.is_ended = False
        #: what made the thread fail
        self.failure: Exception | None = None
        self._tail = tail
        self._wake, self._waker = os.pipe()
        self._done = allocate_lock()
        self._done.acquire()
        #: held by whoever reads
        self._turn = allocate_lock()
        #: what was read and is not passed on; an empty piece is the end
        self._ahead: list[bytes] = []

    def start(self) -> None:
        """Copy from now on."""
        start_new_thread(self._work, ())

    def finish(self) -> None:
        """The command has ended: stop when all that it has printed is passed on."""
        os.write(self._waker, b".")

    def wait(self, timeout_s: float = -1) -> bool:
        """Wait for that; whether it is so."""
        if not self._done.acquire(True, timeout_s):
            return False
        self._done.release()
        return True

    def read_ahead(self) -> None:
        """Read what is there, while what came before waits to be taken."""
        poll = select.poll()
        poll.register(self.source, select.POLLIN)
        left = _MOST_IN_PIPE
        with self._turn:
            while left > 0 and not self.is_ended and poll.poll(0):
                self._ahead.append(self._read())
                left -= len(self._ahead[-1]) or left

    def _work(self) -> None:
        try:
            self._copy()
        except Exception as exc:  # the border of a thread: the wrapper says it
            self.failure = exc
            self.is_ended = True
        finally:
            if self.is_ended:
                # a command that goes on printing gets what it would have got
                with self._turn:
                    os.close(self.source)
            self._done.release()

    def _copy(self) -> None:
        poll = select.poll()
        poll.register(self.source, select.POLLIN)
        poll.register(self._wake, select.POLLIN)
        if _tells_when_gone(self.target):
            poll.register(self.target, 0)
        left, patience_ms = _MOST_IN_PIPE, None
        while left > 0:
            ready = dict(poll.poll(0 if self._ahead else patience_ms))
            if ready.get(self.target, 0) & _GONE:
                self.is_ended = True
                return
            if self._wake in ready:
                poll.unregister(self._wake)
                patience_ms = _TERMINAL_MS if self.is_terminal else 0
            elif self.source not in ready and not self._ahead:
                return
            if self.source in ready or self._ahead:
                count = self._pass_on()
                left -= 0 if patience_ms is None else count
            if self.is_ended:
                return

    def _pass_on(self) -> int:
        """One piece; how long it was."""
        with self._turn:
            piece = self._ahead.pop(0) if self._ahead else self._read()
        self.is_ended = not piece or not write(self.target, piece)
        return len(piece)

    def _read(self) -> bytes:
        try:
            piece = os.read(self.source, _PIECE)
        except OSError:
            # a terminal whose other side is closed
            return b""
        self._tail.keep(piece)
        return piece


class Streams:
    """All streams of the command."""

    def __init__(self, limit: int) -> None:
        self.tail = Tail(limit) if limit else None
        #: what the command is started with
        self.actions: list[Action] = []
        self._all: list[Stream] = []
        self._ours_no_more: list[int] = []
        _fill()
        if self.tail is not None:
            self._plan(self.tail)

    def _plan(self, tail: Tail) -> None:
        out, err = _is_open(_OUT), _is_open(_ERR)
        if out and err and _is_same(_OUT, _ERR):
            self._add(tail, _OUT, (_OUT, _ERR))
            return
        if out:
            self._add(tail, _OUT, (_OUT,))
        if err:
            self._add(tail, _ERR, (_ERR,))

    def _add(self, tail: Tail, target: int, ends: tuple[int, ...]) -> None:
        terminal = os.isatty(target)
        source, end = terminals.pair(target) if terminal else os.pipe()
        self._ours_no_more.append(end)
        self.actions += [(os.POSIX_SPAWN_DUP2, end, each) for each in ends]
        self._all.append(Stream(source, target, tail))

    def start(self) -> None:
        """Copy what the command is going to print."""
        for stream in self._all:
            stream.start()

    def let_go(self) -> None:
        """The command has its ends, and we none: so it is seen when they are closed."""
        for end in self._ours_no_more:
            os.close(end)

    def finish(self, patience_s: float) -> bool:
        """Wait until what the command has printed is passed on; whether it all is."""
        for stream in self._all:
            stream.finish()
        late = [stream for stream in self._all if not stream.wait(patience_s)]
        for stream in late:
            stream.read_ahead()
        return not late

    def wait(self) -> None:
        """Wait as long as it takes whoever reads our output."""
        for stream in self._all:
            stream.wait()

    def take_open(self) -> list[Stream]:
        """Those into which somebody else may go on printing; they are ours no more."""
        found = [x for x in self._all if x.wait(0) and not x.is_ended]
        self._all = [x for x in self._all if x not in found]
        return found

    def resize(self) -> None:
        """Our terminal has another size: so has the command's."""
        for stream in self._all:
            if stream.is_terminal:
                terminals.copy_size(stream.target, stream.source)

    def text(self) -> bytes:
        """The end of what was printed."""
        return b"" if self.tail is None else self.tail.text()


def write(target: int, piece: bytes) -> bool:
    """Write all of it, however long that takes; False if nobody takes it any more."""
    view = memoryview(piece)
    while view:
        try:
            view = view[os.write(target, view) :]
        except BlockingIOError:
            # somebody who shares the file has made it so
            waiting = select.poll()
            waiting.register(target, select.POLLOUT)
            waiting.poll()
        except OSError:
            return False
    return True


def pass_on(source: int, target: int) -> None:
    """Copy until nothing more can come, or nobody takes it."""
    while piece := os.read(source, _PIECE):
        if not write(target, piece):
            return


def _is_open(number: int) -> bool:
    return number not in _filled


#: standard streams that were closed when we started
_filled: set[int] = set()


def _fill() -> None:
    """Let no file of ours take the number of a standard stream that is closed."""
    while True:
        opened = os.open(os.devnull, os.O_RDWR)
        if opened > _ERR:
            os.close(opened)
            return
        _filled.add(opened)


def _tells_when_gone(target: int) -> bool:
    mode = os.fstat(target).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


def _is_same(one: int, other: int) -> bool:
    """Whether both are one open file, so that what is written to either is in order."""
    first, second = os.fstat(one), os.fstat(other)
    if (first.st_dev, first.st_ino) != (second.st_dev, second.st_ino):
        return False
    if not stat.S_ISREG(first.st_mode):
        return True
    return _shares_flags(one, other)


def _shares_flags(one: int, other: int) -> bool:
    """Whether two numbers are one open file: a flag without effect shows it."""
    import fcntl

    before = fcntl.fcntl(one, fcntl.F_GETFL)
    both = fcntl.fcntl(other, fcntl.F_GETFL)
    if before & both & os.O_APPEND:
        return True
    fcntl.fcntl(one, fcntl.F_SETFL, before ^ os.O_NONBLOCK)
    try:
        return fcntl.fcntl(other, fcntl.F_GETFL) != both
    finally:
        fcntl.fcntl(one, fcntl.F_SETFL, before)
