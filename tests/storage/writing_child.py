"""A process for the kill test: stores numbers and prints each once it is acknowledged.

python -m tests.storage.writing_child DATABASE MIGRATIONS
"""

import asyncio
import itertools
import os
import sys
from pathlib import Path

from bot.clock import SystemClock
from storage.database import Database
from tests.storage.units import insert, insert_all


async def main(path: Path, migrations: Path) -> None:
    """Write from several tasks, units and items, until killed."""
    database = await Database.open(path, clock=SystemClock(), migrations=migrations)
    submit = database.batch(insert_all)
    numbers = itertools.count()

    async def write_forever() -> None:
        while True:
            value = f"{os.getpid()}-{next(numbers)}"
            if int(value[-1]) % 2:
                await submit(value)
            else:
                await database.write(insert(value))
            os.write(sys.stdout.fileno(), f"{value}\n".encode())

    async with asyncio.TaskGroup() as group:
        group.create_task(database.run())
        for _ in range(8):
            group.create_task(write_forever())


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
