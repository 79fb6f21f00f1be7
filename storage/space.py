"""Room inside the database file."""

from storage.queries import Queries


async def reusable(q: Queries) -> int:
    """Bytes of the file that hold nothing any more and are used before it grows."""
    row = await q.fetch_one(
        """SELECT f.freelist_count * p.page_size
           FROM pragma_freelist_count f, pragma_page_size p"""
    )
    return 0 if row is None else int(row[0])
