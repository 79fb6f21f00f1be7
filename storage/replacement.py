"""Puts another file in the place of a database; a kill at any point loses neither.

What is to be done is written down first, and whoever comes next finishes it: without
that, a kill in the middle would leave a database without its -wal, or none at all, and
a new and empty one would be made in its place.
"""

import json
import os
from datetime import datetime
from pathlib import Path

from storage import files

_SUFFIXES = ("-wal", "-shm", "")


def part_of(database: Path) -> Path:
    """Where the new one is made ready."""
    return database.with_name(f".{database.name}.restored.part")


def aside_of(database: Path, why: str, now: datetime) -> Path:
    """A dated name for the present one."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    aside = database.with_name(f"{database.name}.{why}-{stamp}")
    number = 1
    while any(Path(f"{aside}{suffix}").exists() for suffix in _SUFFIXES):
        number += 1
        aside = database.with_name(f"{database.name}.{why}-{stamp}-{number}")
    return aside


def replace(database: Path, aside: Path) -> None:
    """Put the part in the place of `database`, which is kept as `aside`."""
    plan = _plan_of(database)
    draft = plan.with_name(f"{plan.name}.part")
    descriptor = os.open(
        draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, files.FILE_MODE
    )
    try:
        os.write(descriptor, json.dumps({"aside": aside.name}).encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.replace(plan)
    files.sync_directory(database.parent)
    finish(database)


def finish(database: Path) -> None:
    """Do what is left of a replacement that was begun; nothing if none was."""
    plan = _plan_of(database)
    if not plan.exists():
        return
    aside = database.with_name(json.loads(plan.read_text("utf-8"))["aside"])
    part = part_of(database)
    if part.exists():
        for suffix in _SUFFIXES:
            old, kept = Path(f"{database}{suffix}"), Path(f"{aside}{suffix}")
            if old.exists() and not kept.exists():
                old.rename(kept)
        files.sync_directory(database.parent)
        part.rename(database)
        files.sync_directory(database.parent)
    plan.unlink()
    files.sync_directory(database.parent)


def _plan_of(database: Path) -> Path:
    return database.with_name(f".{database.name}.replacing")
