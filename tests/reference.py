"""Write the reference pages from what they are about: `python -m tests.reference`.

`docs/commands.md` comes from the commands, `docs/configuration.md` from
`config.example.toml`; `tests/test_docs.py` fails when they differ.
"""

import importlib
import inspect
import re
from collections.abc import Iterator

import click

from tests import tree

COMMANDS = tree.ROOT / "docs" / "commands.md"
CONFIGURATION = tree.ROOT / "docs" / "configuration.md"
EXAMPLE = tree.ROOT / "config.example.toml"

_WRITTEN_BY = "<!-- Written by `python -m tests.reference`; edits here are lost. -->\n"
_COMMANDS_HEAD = f"""{_WRITTEN_BY}
# Commands

Every command explains itself with `--help`; those that print data print JSON with
`--json`. Durations are written `30s`, `5m`, `2h`, `1d` or `1h30m`. The
[exit codes](operations.md#exit-codes) are the same everywhere.
"""
_CONFIGURATION_HEAD = f"""{_WRITTEN_BY}
# Configuration

Cronitor runs without any setting. A value is taken from the first of these that has
it: a secret file, the environment, the TOML file (`--config`, by default `config.toml`
in the data directory), the default. An unknown key is an error, and
`cronitor check-config` prints what is in force.

Each key has a variable of the environment. The same name with `_FILE` at its end names
a file that holds the value.
"""


def command_root() -> click.Group:
    """The whole command line."""
    root = importlib.import_module("bot.cli.main").main
    assert isinstance(root, click.Group)
    return root


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that the help shows, with how it is typed."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        yield f"{path} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")


def options(command: click.Command) -> list[click.Option]:
    """What the help of a command shows as its options."""
    params = (param for param in command.params if isinstance(param, click.Option))
    return [option for option in params if not option.hidden]


def commands_page(root: click.Group) -> str:
    """The reference of all commands."""
    parts = [_COMMANDS_HEAD, _section("cronitor", root)]
    parts += [_section(name, command) for name, command in commands(root, "cronitor")]
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    help_text = inspect.cleandoc(command.help or "").replace("\b\n", "")
    rows = [_option_row(option, context) for option in options(command)]
    table = "".join(["\n| option | does |\n|---|---|\n", *rows]) if rows else ""
    return f"## {name}\n\n`{usage}`\n\n{_paragraphs(help_text)}\n{table}"


def _option_row(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context) or ("", "")
    names, does = (part.replace("|", "\\|") for part in record)
    return f"| `{names}` | {' '.join(does.split())} |\n"


def _paragraphs(text: str) -> str:
    """Indented lines (examples) become a block, so that they keep their breaks."""
    return re.sub(
        r"(?:^[ ]{2,}\S.*\n?)+",
        lambda match: f"```\n{_outdented(match[0])}\n```\n",
        text,
        flags=re.MULTILINE,
    ).rstrip()


def _outdented(block: str) -> str:
    return "\n".join(line.strip() for line in block.strip("\n").splitlines())


def settings(example: str) -> Iterator[tuple[str, str, str, str]]:
    """Section, key, value and comment of each key of the example.

    A key may be commented out. Its comment ends its line, or stands above it.
    """
    section, above = "", ""
    for line in example.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            section, above = heading[1], ""
        elif key := re.match(
            r"(?:# ?)?(\w+) = (\[.*?\]|\".*?\"|\S+)(?:\s+# (.*))?$", line
        ):
            yield section, key[1], key[2], key[3] or above
            above = ""
        else:
            above = f"{above} {line.removeprefix('#').strip()}".strip() if line else ""


def configuration_page(example: str) -> str:
    """The reference of all settings."""
    parts = [_CONFIGURATION_HEAD]
    current = ""
    for section, key, value, comment in settings(example):
        if section != current:
            current = section
            parts.append(
                f"\n## {section}\n\n| key | default | meaning |\n|---|---|---|\n"
            )
        variable = f"CRONITOR_{section}__{key}".upper()
        names = f"`{section}.{key}`<br>`{variable}`"
        parts.append(f"| {names} | `{value}` | {comment.replace('|', '&#124;')} |\n")
    return "".join(parts)


def main() -> None:
    """Write both pages."""
    COMMANDS.write_text(commands_page(command_root()), "utf-8")
    CONFIGURATION.write_text(configuration_page(EXAMPLE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
