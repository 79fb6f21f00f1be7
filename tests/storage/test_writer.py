"""Group commit: who waits together is stored together, and who fails fails alone."""

import asyncio
from itertools import product
from pathlib import Path

import pytest

from bot.clock import SystemClock
from bot.errors import NotFound, Unavailable
from storage.database import Database, Limits, Transaction
from tests import databases
from tests.storage.units import INSERT, insert, insert_all, stored


async def test_a_unit_answers_after_its_commit(database: Database) -> None:
    assert await database.write(insert("a")) == "a"
    assert await stored(database) == ["a"]


async def test_units_that_wait_share_one_commit(database: Database, path: Path) -> None:
    before = databases.commits(path)
    await asyncio.gather(*(database.write(insert(str(n))) for n in range(50)))
    assert databases.commits(path) == before + 1
    assert len(await stored(database)) == 50


async def test_nothing_is_visible_before_the_commit(database: Database) -> None:
    seen: list[list[str]] = []

    async def look(tx: Transaction) -> None:
        seen.append(await stored(database))

    await asyncio.gather(database.write(insert("a")), database.write(look))
    assert seen == [[]]


async def test_a_commit_takes_no_more_than_its_limit(
    path: Path, rows_schema: Path
) -> None:
    limits = Limits(per_commit=2)
    async with databases.opened(
        path, migrations=rows_schema, limits=limits
    ) as database:
        before = databases.commits(path)
        submit = database.batch(insert_all)
        await asyncio.gather(*(submit(str(n)) for n in range(5)))
        assert databases.commits(path) == before + 3
        assert await stored(database) == ["0", "1", "2", "3", "4"]


async def test_a_unit_that_only_fails_commits_nothing(
    database: Database, path: Path
) -> None:
    async def refuse(tx: Transaction) -> None:
        raise NotFound

    before = databases.commits(path)
    with pytest.raises(NotFound):
        await database.write(refuse)
    assert databases.commits(path) == before


@pytest.mark.parametrize("failing", list(product([False, True], repeat=3)))
async def test_a_unit_that_raises_is_undone_alone(
    database: Database, path: Path, failing: tuple[bool, ...]
) -> None:
    before = databases.commits(path)
    answers = await asyncio.gather(
        *(
            database.write(insert(str(n), raises=NotFound(str(n)) if fails else None))
            for n, fails in enumerate(failing)
        ),
        return_exceptions=True,
    )
    kept = [str(n) for n, fails in enumerate(failing) if not fails]
    assert await stored(database) == kept
    assert [isinstance(answer, NotFound) for answer in answers] == list(failing)
    assert databases.commits(path) == before + bool(kept)


async def test_a_failing_unit_makes_nobody_run_twice(database: Database) -> None:
    runs: list[str] = []

    async def count(tx: Transaction) -> None:
        runs.append("count")
        await tx.execute(INSERT, ("a",))

    await asyncio.gather(
        database.write(count),
        database.write(insert("b", raises=NotFound())),
        return_exceptions=True,
    )
    assert runs == ["count"]


async def test_a_wrong_statement_fails_alone(database: Database) -> None:
    async def wrong(tx: Transaction) -> None:
        await tx.execute(INSERT, ("b",))
        await tx.execute("INSERT INTO nowhere VALUES (1)")

    first, second = await asyncio.gather(
        database.write(wrong), database.write(insert("a")), return_exceptions=True
    )
    assert "no such table" in str(first)
    assert second == "a"
    assert await stored(database) == ["a"]


async def test_items_that_wait_are_handed_over_together(database: Database) -> None:
    calls: list[list[str]] = []

    async def handler(tx: Transaction, values: list[str]) -> list[str]:
        calls.append(values)
        return await insert_all(tx, values)

    submit = database.batch(handler)
    answers = await asyncio.gather(*(submit(value) for value in "abc"))
    assert answers == ["a!", "b!", "c!"]
    assert calls == [["a", "b", "c"]]


async def test_items_and_units_share_one_commit(database: Database, path: Path) -> None:
    submit = database.batch(insert_all)
    before = databases.commits(path)
    unit = asyncio.create_task(database.write(insert("a")))
    await asyncio.sleep(0)
    await asyncio.gather(submit("b"), unit, submit("c"))
    assert databases.commits(path) == before + 1
    assert await stored(database) == ["a", "b", "c"]


@pytest.mark.parametrize("bad", list(product([False, True], repeat=4)))
async def test_a_poison_item_fails_alone(
    database: Database, path: Path, bad: tuple[bool, ...]
) -> None:
    items = [f"bad{n}" if is_bad else f"good{n}" for n, is_bad in enumerate(bad)]
    submit = database.batch(insert_all)
    before = databases.commits(path)
    answers = await asyncio.gather(*map(submit, items), return_exceptions=True)
    for item, answer in zip(items, answers, strict=True):
        if item.startswith("bad"):
            assert isinstance(answer, ValueError)
            assert str(answer) == item
        else:
            assert answer == f"{item}!"
    good = [item for item in items if item.startswith("good")]
    assert await stored(database) == good
    assert databases.commits(path) <= before + 1


async def test_one_poison_item_among_many_is_found_quickly(database: Database) -> None:
    calls = 0

    async def handler(tx: Transaction, values: list[str]) -> list[str]:
        nonlocal calls
        calls += 1
        return await insert_all(tx, values)

    submit = database.batch(handler)
    items = [f"good{n}" for n in range(255)]
    items.insert(100, "bad")
    await asyncio.gather(*map(submit, items), return_exceptions=True)
    assert calls == 1 + 2 * 8
    assert len(await stored(database)) == 255


async def test_a_handler_that_forgets_an_answer_stores_nothing(
    database: Database,
) -> None:
    async def forgetful(tx: Transaction, values: list[str]) -> list[str]:
        await insert_all(tx, values)
        return []

    with pytest.raises(RuntimeError, match="1 items, but 0 results"):
        await database.batch(forgetful)("a")
    assert await stored(database) == []


async def test_a_caller_that_left_before_its_turn_stores_nothing(
    database: Database,
) -> None:
    leaving = asyncio.ensure_future(database.write(insert("a")))
    staying = asyncio.ensure_future(database.write(insert("b")))
    await asyncio.sleep(0)
    leaving.cancel()
    assert await staying == "b"
    assert leaving.cancelled()
    assert await stored(database) == ["b"]


async def test_a_caller_that_leaves_in_its_turn_takes_nobody_along(
    database: Database,
) -> None:
    started, leave = asyncio.Event(), asyncio.Event()

    async def slow(tx: Transaction) -> None:
        await tx.execute(INSERT, ("a",))
        started.set()
        await leave.wait()

    leaving = asyncio.ensure_future(database.write(slow))
    staying = asyncio.ensure_future(database.write(insert("b")))
    await started.wait()
    leaving.cancel()
    leave.set()
    assert await staying == "b"
    assert leaving.cancelled()
    assert await database.write(insert("c")) == "c"
    assert await stored(database) == ["a", "b", "c"]


async def test_past_the_bound_callers_are_turned_away(
    path: Path, rows_schema: Path
) -> None:
    database = await Database.open(
        path,
        clock=SystemClock(),
        migrations=rows_schema,
        limits=Limits(waiting=3),
    )
    submit = database.batch(insert_all)
    waiting = [
        submit("a"),
        submit("b"),
        asyncio.create_task(database.write(insert("c"))),
    ]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable, match="too much is waiting"):
        submit("d")
    with pytest.raises(Unavailable, match="too much is waiting"):
        await database.write(insert("e"))
    running = asyncio.create_task(database.run())
    assert await asyncio.gather(*waiting) == ["a!", "b!", "c"]
    assert await submit("f") == "f!"
    await database.close()
    await running


async def test_a_unit_that_would_wait_for_another_is_told(database: Database) -> None:
    async def nested(tx: Transaction) -> None:
        await database.write(insert("a"))

    with pytest.raises(RuntimeError, match="must not wait"):
        await database.write(nested)


async def test_a_transaction_ends_with_its_unit(database: Database) -> None:
    kept: list[Transaction] = []

    async def keep(tx: Transaction) -> None:
        kept.append(tx)

    await database.write(keep)
    with pytest.raises(RuntimeError, match="over"):
        await kept[0].execute(INSERT, ("a",))


async def test_two_statements_at_once_are_refused(database: Database) -> None:
    async def unit(tx: Transaction) -> None:
        await asyncio.gather(tx.execute(INSERT, ("a",)), tx.execute(INSERT, ("b",)))

    with pytest.raises(RuntimeError, match="one statement at a time"):
        await database.write(unit)
    assert await database.write(insert("c")) == "c"
    assert await stored(database) == ["c"]


async def test_a_statement_that_nobody_waits_for_is_undone_too(
    database: Database,
) -> None:
    async def abandon(tx: Transaction) -> None:
        statement = asyncio.ensure_future(tx.execute(INSERT, ("a",)))
        await asyncio.sleep(0)
        statement.cancel()
        raise NotFound

    answers = await asyncio.gather(
        database.write(abandon), database.write(insert("b")), return_exceptions=True
    )
    assert isinstance(answers[0], NotFound)
    assert answers[1] == "b"
    assert await stored(database) == ["b"]


async def test_a_unit_cancelled_from_inside_fails_alone(database: Database) -> None:
    async def unit(tx: Transaction) -> None:
        await tx.execute(INSERT, ("a",))
        raise asyncio.CancelledError

    answers = await asyncio.gather(
        database.write(unit), database.write(insert("b")), return_exceptions=True
    )
    assert isinstance(answers[0], RuntimeError)
    assert answers[1] == "b"
    assert await stored(database) == ["b"]


async def test_rows_of_a_returning_statement(database: Database) -> None:
    async def unit(tx: Transaction) -> list[tuple[int, str]]:
        rows = await tx.fetch_all(
            "INSERT INTO rows (value) VALUES (:a), (:b) RETURNING id, value",
            {"a": "x", "b": "y"},
        )
        assert await tx.fetch_one("SELECT 1 FROM rows WHERE id = 9") is None
        return [(row["id"], row[1]) for row in rows]

    assert await database.write(unit) == [(1, "x"), (2, "y")]


async def test_execute_tells_how_many_rows_it_changed(database: Database) -> None:
    async def unit(tx: Transaction) -> list[int]:
        await tx.executemany(INSERT, [("a",), ("b",), ("c",)])
        return [
            await tx.execute("UPDATE rows SET value = value || '!' WHERE id > 1"),
            await tx.execute("DELETE FROM rows WHERE id = 9"),
        ]

    assert await database.write(unit) == [2, 0]
