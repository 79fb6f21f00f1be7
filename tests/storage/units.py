"""Small units of work on the table `rows`."""

from storage.database import Database, Queries, Reader, Transaction
from storage.units import Unit

INSERT = "INSERT INTO rows (value) VALUES (?)"


def insert(value: str, *, raises: Exception | None = None) -> Unit[str]:
    """Store a value; with `raises`, find afterwards that it must not be."""

    async def unit(tx: Transaction) -> str:
        assert await tx.execute(INSERT, (value,)) == 1
        if raises:
            raise raises
        return value

    return unit


async def insert_all(tx: Transaction, values: list[str]) -> list[str]:
    """The handler of a batch: store values; `bad...` is one that cannot be."""
    await tx.executemany(INSERT, [(value,) for value in values])
    for value in values:
        if value.startswith("bad"):
            raise ValueError(value)
    return [f"{value}!" for value in values]


async def all_values(queries: Queries) -> list[str]:
    """What is stored, in order."""
    return [row["value"] for row in await queries.fetch_all("SELECT value FROM rows")]


async def stored(database: Database) -> list[str]:
    """What a reader sees, in order."""

    async def query(reader: Reader) -> list[str]:
        return await all_values(reader)

    return await database.read(query)
