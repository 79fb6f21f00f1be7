"""What the executor is told of secrets: no value of one is to be stored."""

from pathlib import Path

import pytest

from bot.executors.masks import MASK, Masker
from tests.engine.works import works

KEY = "-----BEGIN KEY-----\r\nfirst-line-of-it\r\n  tabbed: second\r\nabc\r\n"


async def masks(folder: Path, **texts: str) -> tuple[bytes, ...]:
    """What is masked in the output of a job with these secrets."""
    for name, text in texts.items():
        (folder / name).write_text(text, "utf-8", newline="")
    async with works(folder) as here:
        await here.add(secrets={name: str(folder / name) for name in texts})
        await here.run()
        (order,) = here.executor.begun
        assert {name: dict(order.env)[name] for name in texts} == {
            name: text.rstrip("\r\n") for name, text in texts.items()
        }
        return order.masks


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("hunter2\n", (b"hunter2",)),
        ("four", (b"four",)),
        # a shorter one would mask half of what is printed
        ("abc", ()),
        ("eight888\nseven77", (b"eight888\nseven77", b"eight888")),
        ("k=v\n\n12345678\n", (b"k=v\n\n12345678", b"12345678")),
    ],
)
async def test_values_are_masked_and_long_lines_of_them(
    tmp_path: Path, text: str, found: tuple[bytes, ...]
) -> None:
    assert await masks(tmp_path, TOKEN=text) == found


async def test_a_key_is_masked_however_it_is_printed(tmp_path: Path) -> None:
    masker = Masker(await masks(tmp_path, KEY=KEY, TOKEN="hunter2"))
    lines = KEY.splitlines()
    for said in (KEY, "\n".join(lines), " ".join(KEY.split()), "> ".join(lines)):
        shown = masker.feed(said.encode()) + masker.end()
        assert MASK in shown
        for line in ("BEGIN", "first-line", "second"):
            assert line.encode() not in shown
