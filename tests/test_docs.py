"""The docs name what there is, and what they name exists."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import click
import pytest

from bot.core.kinds import NOTICES, NotificationKind
from tests import reference, tree

ROOT = tree.ROOT
PRODUCT = tree.sources(*tree.PACKAGES)
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
DOCS = "\n".join(page.read_text("utf-8") for page in PAGES)
LOCK = (ROOT / "constraints.txt").read_text("utf-8")

#: a path of the repository, as opposed to a URL or a path of somebody's machine
REPO_PATH = re.compile(
    r"(?:bot|cogs|storage|tests|docs|\.ci)/[\w./*-]*|[\w.-]+\.(?:md|toml)"
)
#: files that a user has, and that the repository has not
OF_THE_USER = {"config.toml", "jobs.toml", "client.toml"}


def outside_of_fences(text: str) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def command_tree() -> list[tuple[str, click.Command]]:
    """Every command, with how it is typed."""
    pytest.importorskip("bot.cli.main")
    return list(reference.commands(reference.command_root(), "cronitor"))


def log_actions() -> set[str]:
    """What the log may say as `action`.

    Written out beside the call, or handed to it by a name that shows what it is.
    """
    named = re.compile(r"(job|incident|mute|storage|notification)_(\w+ed|never_seen)")
    texts = (text for source in PRODUCT for _, text in source.texts())
    said = {text for text in texts if named.fullmatch(text)}
    opened = {f"incident_{kind}" for kind in set(NotificationKind) - NOTICES}
    never_seen = {f"incident_{NotificationKind.NEVER_SEEN}"}
    return said | NOTICES | set(written_actions()) | (opened - never_seen)


def written_actions() -> Iterator[str]:
    """Every `"action": "..."` in the product."""
    for source in PRODUCT:
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Dict):
                yield from _action_in(node)


def _action_in(node: ast.Dict) -> Iterator[str]:
    for key, value in zip(node.keys, node.values, strict=True):
        is_action = isinstance(key, ast.Constant) and key.value == "action"
        if is_action and isinstance(value, ast.Constant):
            yield str(value.value)


def anchors(page: Path) -> set[str]:
    """What a link can point at in a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.skipif(not reference.EXAMPLE.exists(), reason="no example yet")
def test_every_setting_is_in_the_reference() -> None:
    example = reference.EXAMPLE.read_text("utf-8")
    uncommented = re.sub(r"^# ?(?=\w+ = )", "", example, flags=re.MULTILINE)
    keys = {
        (s, key) for s, table in tomllib.loads(uncommented).items() for key in table
    }
    assert {(section, key) for section, key, *_ in reference.settings(example)} == keys
    page = reference.CONFIGURATION.read_text("utf-8")
    assert page == reference.configuration_page(example), "python -m tests.reference"


def test_every_command_is_named_in_the_docs() -> None:
    names = [name for name, _ in command_tree()]
    assert names
    assert [name for name in names if name not in DOCS] == []


def test_every_option_is_named_in_the_docs() -> None:
    missing = [
        f"{name} {option.opts}"
        for name, command in command_tree()
        for option in reference.options(command)
        if not any(re.search(rf"{opt}(?![\w-])", DOCS) for opt in option.opts)
    ]
    assert missing == []


def test_the_reference_of_the_commands_is_up_to_date() -> None:
    pytest.importorskip("bot.cli.main")
    page = reference.COMMANDS.read_text("utf-8")
    if f"click=={metadata.version('click')}" not in LOCK.splitlines():
        pytest.skip("another version of click than the locked one words its help anew")
    fresh = reference.commands_page(reference.command_root())
    assert page == fresh, "python -m tests.reference"


def test_every_log_action_is_named_in_the_docs() -> None:
    assert [x for x in sorted(log_actions()) if f"`{x}`" not in DOCS] == []


def test_every_fault_that_health_names_is_in_the_docs() -> None:
    reporting = [x.text for x in PRODUCT if "health.report(" in x.text]
    reported = r"health\.(?:report|ask)\(\s*\"(\w+)\"|^PART = \"(\w+)\""
    found = re.findall(reported, "\n".join(reporting), re.MULTILINE)
    faults = {name for names in found for name in names if name}
    assert len(faults) >= len(reporting)
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    rows = " ".join(re.findall(r"^\| (`\w+`.*?) \|", page, re.MULTILINE))
    assert [name for name in sorted(faults) if f"`{name}`" not in rows] == []


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
