"""Makes the process of a run: as ordered, and with nothing of the supervisor's own."""

import errno
import os
import pwd
import resource
import subprocess
from collections.abc import Callable
from typing import NamedTuple

from bot.executors.wire import MARK, Message

#: how many files the supervisor would like to have open: one for each run
_FILES = 65_536
#: from the soft limit of processor time, which can be caught, to the hard one
_LAST_SECONDS = 5
#: what the system and Popen say to an order that cannot be
_REFUSALS = (
    *(OSError, ValueError, OverflowError, TypeError),
    subprocess.SubprocessError,
)


class CouldNotStart(Exception):
    """The reason, for a person."""


class Child(NamedTuple):
    """A process that has been made."""

    pid: int
    #: the end of the pipe where its output arrives
    reader: int
    #: the number of that pipe in the system
    pipe: int


class Spawner:
    """Makes processes. One thread only: limits of the supervisor change meanwhile."""

    def __init__(self) -> None:
        self._files = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._raised = self._raise_files()

    def _raise_files(self) -> tuple[int, int]:
        soft, hard = self._files
        endless = hard == resource.RLIM_INFINITY
        wanted = (max(soft, _FILES if endless else min(hard, _FILES)), hard)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, wanted)
        except (OSError, ValueError):
            return self._files
        return wanted

    def spawn(self, order: Message, mark: str) -> Child:
        """Make it, or raise CouldNotStart."""
        who = _identity(order["user"])
        reader, writer = _pipe(who.get("user"))
        try:
            pid = self._spawn(order | {"mark": mark}, who, writer)
        except BaseException:
            os.close(reader)
            raise
        finally:
            os.close(writer)
        return Child(pid, reader, os.fstat(reader).st_ino)

    def _spawn(self, order: Message, who: Message, writer: int) -> int:
        nice = _niceness(order["nice"])
        try:
            pid = self._popen(order, who, writer)
        except _REFUSALS as exc:
            raise CouldNotStart(_why(exc)) from exc
        if nice is not None:
            _renice(pid, nice)
        return pid

    def _popen(self, order: Message, who: Message, writer: int) -> int:
        """The limit of open files is to be what it was before the supervisor's own.

        While few are open it is lowered while the child is made, which is five times
        faster than code of ours in the child.
        """
        if self._raised == self._files:
            return _popen(order, who, writer, files=None)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._files)
            return _popen(order, who, writer, files=None)
        except OSError as exc:
            if exc.errno != errno.EMFILE:
                raise
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, self._raised)
        return _popen(order, who, writer, files=self._files)


def _popen(
    order: Message, who: Message, writer: int, *, files: tuple[int, int] | None
) -> int:
    command = ["/bin/sh", "-c", *order["argv"]] if order["shell"] else order["argv"]
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=writer,
        stderr=writer,
        cwd=order["cwd"],
        env={**order["env"], MARK: order["mark"]},
        umask=order["umask"],
        # a group, no session: where the kernel schedules by session, making one for
        # each run halves the rate on a busy machine
        process_group=0,
        # all of ours are closed by exec; closing them one by one is slow
        close_fds=False,
        preexec_fn=_limits(order, files),
        **who,
    )
    # it is waited for with all others; Popen is not to do it
    child.returncode = 0
    return child.pid


def _pipe(uid: int | None) -> tuple[int, int]:
    """Both ends; the child's reads too where that can be had.

    A pipe that nobody reads kills who writes to it. With an end that can do both, the
    child outlives the supervisor: it waits when the pipe is full, until the next
    supervisor reads on.
    """
    try:
        reader, writer = os.pipe()
    except OSError as exc:
        raise CouldNotStart(_why(exc)) from exc
    os.set_blocking(reader, False)
    try:
        both = os.open(f"/proc/self/fd/{writer}", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return reader, writer
    os.close(writer)
    if uid is not None:
        # so that it may open /dev/stdout by name
        os.fchown(both, uid, -1)
    return reader, both


def _identity(user: str | None) -> Message:
    """What Popen is told of the user; nothing if it is the supervisor's own."""
    if user is None:
        return {}
    try:
        entry = pwd.getpwnam(user)
    except KeyError as exc:
        raise CouldNotStart(f"no user {user!r} on this machine") from exc
    if entry.pw_uid == os.geteuid():
        return {}
    if os.geteuid() != 0:
        raise CouldNotStart(f"only root may run it as {user!r}")
    groups = os.getgrouplist(user, entry.pw_gid)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": groups}


def _niceness(nice: int | None) -> int | None:
    """The value to set, if it is another than the supervisor's."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    if nice is None or nice == own:
        return None
    if nice < own and os.geteuid() != 0:
        raise CouldNotStart(f"only root may set nice to {nice}: it is {own}")
    return nice


def _renice(group: int, nice: int) -> None:
    try:
        os.setpriority(os.PRIO_PGRP, group, nice)
    except (OSError, OverflowError):
        # it has ended, or the system keeps it: it runs with the usual priority
        return


def _limits(order: Message, files: tuple[int, int] | None) -> Callable[[], None] | None:
    """What the child does before it becomes the command; most have nothing to do."""
    wanted: list[tuple[int, tuple[int, int]]] = []
    if files:
        wanted.append((resource.RLIMIT_NOFILE, files))
    for what, soft, spare in (
        (resource.RLIMIT_AS, order["memory"], 0),
        (resource.RLIMIT_CPU, order["cpu"], _LAST_SECONDS),
    ):
        if soft is not None:
            wanted.append((what, _within(what, soft, spare)))
    if not wanted:
        return None

    def limit() -> None:
        for what, value in wanted:
            resource.setrlimit(what, value)

    return limit


def _within(what: int, soft: int, spare: int) -> tuple[int, int]:
    """Never more than the supervisor itself may have."""
    _, hard = resource.getrlimit(what)
    if hard == resource.RLIM_INFINITY:
        return soft, soft + spare
    return min(soft, hard), min(soft + spare, hard)


def _why(exc: Exception) -> str:
    if not isinstance(exc, OSError):
        return str(exc)
    reason = exc.strerror or str(exc)
    return f"{os.fsdecode(exc.filename)}: {reason}" if exc.filename else reason
