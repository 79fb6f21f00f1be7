"""The docs name what there is, and what they name exists."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from tests import tree

ROOT = tree.ROOT
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DOCS = "\n".join(page.read_text("utf-8") for page in PAGES)
CONFIG = ROOT / "config.example.toml"

#: a path of the repository, as opposed to a URL or a path of somebody's machine
REPO_PATH = re.compile(
    r"(?:bot|cogs|storage|tests|docs|\.ci)/[\w./*-]*|[\w.-]+\.(?:md|toml)"
)
#: files that a user has, and that the repository has not
OF_THE_USER = {"config.toml", "jobs.toml", "client.toml"}


def outside_of_fences(text: str) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def setting_keys() -> list[str]:
    """`section.key` of every key of the example, shown or commented out."""
    keys = []
    section = ""
    for line in CONFIG.read_text("utf-8").splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section = heading[1]
        elif key := re.match(r"(?:# ?)?(\w+) = ", line):
            keys.append(f"{section}.{key[1]}")
    return keys


def command_tree() -> click.Group:
    """The command line."""
    module = pytest.importorskip("bot.cli.main")
    root = module.main
    assert isinstance(root, click.Group)
    return root


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command below a group that is shown in its help, with how it is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def long_options(command: click.Command) -> set[str]:
    """The long names of what a command takes, as far as its help shows them."""
    options = (each for each in command.params if isinstance(each, click.Option))
    names = (name for each in options if not each.hidden for name in each.opts)
    return {name for name in names if name.startswith("--")}


def log_actions() -> set[str]:
    """Every `"action": "..."` that is given to the log as extra."""
    pairs = (
        (key, value)
        for source in tree.sources(*tree.PACKAGES)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.keyword) and node.arg == "extra"
        if isinstance(node.value, ast.Dict)
        for key, value in zip(node.value.keys, node.value.values, strict=True)
    )
    return {
        value.value
        for key, value in pairs
        if isinstance(key, ast.Constant) and key.value == "action"
        if isinstance(value, ast.Constant) and isinstance(value.value, str)
    }


def anchors(page: Path) -> set[str]:
    """What a link can point at in a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.skipif(not CONFIG.exists(), reason="no config.example.toml yet")
def test_every_setting_is_named_in_the_docs() -> None:
    keys = setting_keys()
    assert tomllib.loads(CONFIG.read_text("utf-8")) is not None
    assert keys
    assert [key for key in keys if f"`{key}`" not in DOCS] == []


def test_every_command_is_named_in_the_docs() -> None:
    names = [name for name, _ in commands(command_tree(), "cronitor")]
    assert names
    assert [name for name in names if name not in DOCS] == []


def test_every_option_is_named_in_the_docs() -> None:
    missing = [
        f"{name} {option}"
        for name, command in commands(command_tree(), "cronitor")
        for option in long_options(command)
        if not re.search(rf"{re.escape(option)}(?![\w-])", DOCS)
    ]
    assert missing == []


def test_every_log_action_is_named_in_the_docs() -> None:
    assert [x for x in sorted(log_actions()) if f"`{x}`" not in DOCS] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    spans = re.findall(r"`([^`\s]+)`", outside_of_fences(page.read_text("utf-8")))
    paths = [span for span in spans if REPO_PATH.fullmatch(span)]
    missing = [path for path in paths if not any(ROOT.glob(path.rstrip("/")))]
    assert set(missing) - OF_THE_USER == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_between_pages_resolves(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", outside_of_fences(page.read_text("utf-8")))
    broken = [link for link in links if "://" not in link and not resolves(page, link)]
    assert broken == []


def resolves(page: Path, link: str) -> bool:
    """Whether the file is there, and the heading in it."""
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return False
    return not anchor or anchor in anchors(target)
