"""The last sign of life of this server: one row, written again and again."""

from bot.core.pulses import Alive, Reading
from storage.queries import Queries, Transaction
from storage.times import from_us, to_us


async def get(q: Queries) -> Alive | None:
    """The last sign of life; None before the first."""
    row = await q.fetch_one("SELECT at, boot, monotonic, boot_id, clean FROM alive")
    if row is None:
        return None
    return Alive(
        reading=Reading(
            wall=from_us(row[0]),
            boot_s=row[1] / 1_000_000,
            monotonic_s=row[2] / 1_000_000,
            boot_id=row[3],
        ),
        clean=bool(row[4]),
    )


async def put(tx: Transaction, alive: Alive) -> None:
    """Write it over the one before."""
    await tx.execute(
        """INSERT INTO alive (id, at, boot, monotonic, boot_id, clean)
           VALUES (1, :at, :boot, :monotonic, :boot_id, :clean)
           ON CONFLICT (id) DO UPDATE SET at = excluded.at, boot = excluded.boot,
               monotonic = excluded.monotonic, boot_id = excluded.boot_id,
               clean = excluded.clean""",
        {
            "at": to_us(alive.reading.wall),
            "boot": round(alive.reading.boot_s * 1_000_000),
            "monotonic": round(alive.reading.monotonic_s * 1_000_000),
            "boot_id": alive.reading.boot_id,
            "clean": alive.clean,
        },
    )
