"""The daily backups of one database: `<stem>-<time>.db` in a folder of their own."""

import os
import re
from datetime import datetime
from pathlib import Path

from bot.errors import StorageError
from storage import files, restoration

_STAMP = "%Y%m%dT%H%M%SZ"


class BackupFolder:
    """Names and numbers of backups; every method blocks for as long as a disk takes.

    A backup that is dated later than `until` is of a clock that ran ahead: it is
    neither the newest one, nor does it push others out.
    """

    def __init__(self, folder: Path, database: Path) -> None:
        self._folder = folder
        self._database = database
        self._pattern = re.compile(rf"{re.escape(database.stem)}-\d{{8}}T\d{{6}}Z\.db")

    def path_at(self, moment: datetime) -> Path:
        """Where the backup of a moment goes."""
        return self._folder / f"{self._database.stem}-{moment.strftime(_STAMP)}.db"

    def newest(self, until: datetime) -> datetime | None:
        """When the newest one was made; None: there is none."""
        made = (restoration.made_at(path) for path in self._all())
        return max((moment for moment in made if moment <= until), default=None)

    def make(self, reserve: int) -> None:
        """Make the folder; raises StorageError if a backup would fill the disk.

        `reserve` bytes must still be free when it is done.
        """
        files.make_directory(self._folder)
        found = os.statvfs(self._folder)
        wal, _ = files.companions(self._database)
        size = self._database.stat().st_size
        size += wal.stat().st_size if wal.exists() else 0
        if found.f_bavail * found.f_frsize < size + reserve:
            raise StorageError(
                f"there is no room in {self._folder} for {size // 1_000_000} MB"
            )

    def keep_newest(self, count: int, until: datetime) -> None:
        """Remove all but the newest ones."""
        dated = [(restoration.made_at(path), path) for path in self._all()]
        past = sorted(each for each in dated if each[0] <= until)
        for _, path in past[: max(0, len(past) - count)]:
            path.unlink(missing_ok=True)

    def _all(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = self._folder.iterdir()
        return [path for path in found if self._pattern.fullmatch(path.name)]
