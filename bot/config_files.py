"""Which files may be believed: what others can change is not our word.

Whoever may write to the settings decides where the server posts to and who is admin;
whoever may write to their directory can put other settings in their place.
"""

import os
import pwd
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

#: set to anything, modes and owners are not looked at: some file systems have none
TRUST = "CRONITOR_TRUST_FILES"

_MOST_BYTES = 1_000_000
_ROOT = 0
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Guard:
    """Reads small text files that nobody else may change; ValueError says why not."""

    def __init__(self, data_dir: Path, environ: Mapping[str, str]) -> None:
        self._is_off = bool(environ.get(TRUST)) or os.name == "nt"
        self._owners = {_ROOT, os.geteuid(), *_owner_of(data_dir)}

    def read(self, path: Path) -> str:
        """The text, without the mark that some editors begin it with."""
        try:
            with path.open("rb") as file:
                status = os.fstat(file.fileno())
                content = file.read(_MOST_BYTES + 1)
        except (OSError, ValueError) as exc:
            # ValueError: a path with a null byte
            why = getattr(exc, "strerror", None) or "no such path"
            hint = "check the path, and who may read it"
            raise ValueError(f"{path} cannot be read: {why} ({hint})") from None
        self._check(path, status)
        if len(content) > _MOST_BYTES:
            raise ValueError(
                f"{path} is longer than {_MOST_BYTES} bytes (is it the file?)"
            )
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError(f"{path} is not UTF-8 text (save it as UTF-8)") from None

    def check(self, path: Path) -> None:
        """Raise ValueError if others may change it; a file that is absent is fine."""
        try:
            status = path.stat()
        except (OSError, ValueError):
            return
        self._check(path, status)

    def _check(self, path: Path, status: os.stat_result) -> None:
        if self._is_off:
            return
        if status.st_mode & _OTHERS_WRITE:
            raise ValueError(f"others may write to {path} (run: chmod go-w {path})")
        self._check_owner(path, status)
        for folder in _folders(path):
            held = folder.stat()
            # in one that is sticky, as /tmp, only its owner replaces a file
            if held.st_mode & _OTHERS_WRITE and not held.st_mode & stat.S_ISVTX:
                raise ValueError(
                    f"others may replace {path} (run: chmod go-w {folder})"
                )
            self._check_owner(folder, held)

    def _check_owner(self, path: Path, status: os.stat_result) -> None:
        name = _user(status.st_uid)
        # a user whom this system does not know, as in a container, is nobody here
        if status.st_uid in self._owners or name is None:
            return
        raise ValueError(
            f"{path} belongs to {name}, who may change it "
            f"(run: chown {_user(os.geteuid()) or os.geteuid()} {path})"
        )


def _folders(path: Path) -> Iterator[Path]:
    """Where it lies, and where the file lies that it leads to."""
    yield path.absolute().parent
    real = path.resolve().parent
    if real != path.absolute().parent:
        yield real


def _owner_of(path: Path) -> set[int]:
    try:
        return {path.stat().st_uid}
    except OSError:
        return set()


def _user(uid: int) -> str | None:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return None
