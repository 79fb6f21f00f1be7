"""Real file systems that become full or read-only, and a disk that refuses on demand.

Where the system does not let us have them, the test is skipped and says why.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest

#: libc's calls that change a file, refused while the file in REFUSE_WHILE is there
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include <stdio.h>

static int refuses(int fd) {
    char link[64], name[4096];
    const char *flag = getenv("REFUSE_WHILE");
    if (!flag || access(flag, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    if (n < 0) return 0;
    name[n] = 0;
    if (!strstr(name, "cronitor.db")) return 0;
    errno = EROFS;
    return 1;
}
#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = dlsym(RTLD_NEXT, name)

ssize_t pwrite64(int fd, const void *b, size_t n, off64_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
    return refuses(fd) ? -1 : real(fd, b, n, at);
}
ssize_t pwrite(int fd, const void *b, size_t n, off_t at) {
    REAL(ssize_t, "pwrite", int, const void *, size_t, off_t);
    return refuses(fd) ? -1 : real(fd, b, n, at);
}
ssize_t write(int fd, const void *b, size_t n) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return refuses(fd) ? -1 : real(fd, b, n);
}
int ftruncate64(int fd, off64_t n) {
    REAL(int, "ftruncate64", int, off64_t);
    return refuses(fd) ? -1 : real(fd, n);
}
"""


def _run(*command: str | Path) -> None:
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not to be had")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"{command[0]} is refused: {done.stderr.strip()}")


def _unmount(folder: Path) -> None:
    """A process that was killed holds its files a moment longer."""
    for _ in range(200):
        done = subprocess.run(["umount", folder], capture_output=True, check=False)
        if done.returncode == 0:
            return
        Event().wait(0.05)
    raise AssertionError(f"{folder} stays busy")


@contextmanager
def tmpfs(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size, mounted until the end of the block."""
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    folder.mkdir(mode=0o700)
    options = f"size={megabytes}m,mode=700"
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextmanager
def ext4(image: Path, folder: Path, megabytes: int = 32) -> Iterator[Path]:
    """An ext4 in a file, made if it is not there, mounted until the end of the block.

    A fault makes it read-only under whoever has files open in it: see `break_ext4`.
    """
    if os.geteuid() != 0:
        pytest.skip("only root mounts file systems")
    if not image.exists():
        with image.open("wb") as file:
            file.truncate(megabytes * 1024 * 1024)
        _run("mkfs.ext4", "-q", "-E", "lazy_itable_init=0", image)
    folder.mkdir(mode=0o700, exist_ok=True)
    _run("mount", "-o", "loop,errors=remount-ro", image, folder)
    try:
        yield folder
    finally:
        _unmount(folder)


def break_ext4(folder: Path) -> None:
    """Let the kernel find a fault: the file system is read-only from now on."""
    device = subprocess.run(
        ["findmnt", "-n", "-o", "SOURCE", folder],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    trigger = Path("/sys/fs/ext4", Path(device).name, "trigger_fs_error")
    try:
        trigger.write_text("1")
    except OSError as exc:
        pytest.skip(f"no fault can be made in ext4: {exc}")


def fill(folder: Path) -> Path:
    """Take all space that is left; the file to remove to give it back."""
    filler = folder / "filler"
    filler.write_bytes(b"")
    fill_on(filler)
    return filler


def fill_on(filler: Path) -> None:
    """Take what has become free since."""
    with filler.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            _append_until_full(file.fileno(), bytes(size))


def _append_until_full(descriptor: int, block: bytes) -> None:
    try:
        while os.write(descriptor, block) == len(block):
            pass
    except OSError:
        return


def refusing_disk(folder: Path) -> tuple[dict[str, str], Path]:
    """Variables for a process, and the file while which its database is read-only."""
    source, shim, flag = folder / "shim.c", folder / "shim.so", folder / "refuse"
    source.write_text(SHIM)
    _run("cc", "-shared", "-fPIC", "-o", shim, source, "-ldl")
    return {"LD_PRELOAD": str(shim), "REFUSE_WHILE": str(flag)}, flag
