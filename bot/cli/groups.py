"""Commands whose errors name what was typed, and groups that load them when needed."""

from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import click

from bot.errors import Invalid


class Command(click.Command):
    """A command; a refused field is named as the option that it came from."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except Invalid as exc:
            problems = [replace(p, field=self._typed(p.field)) for p in exc.problems]
            raise Invalid(*problems) from exc

    def _typed(self, field: str) -> str:
        """`--max-runtime` for `max_runtime`, as far as there is such an option."""
        # `backup.depends_on` is how a rule between jobs names the one that breaks it
        key = field.rpartition(".")[2]
        for param in self.params:
            names = {param.name, *(opt.lstrip("-") for opt in param.opts)}
            if key in names and isinstance(param, click.Option):
                return param.opts[0]
            if key in names:
                return param.human_readable_name
        return field


class Group(click.Group):
    """A group that lists its commands in their own order and knows close matches."""

    command_class = Command

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were added."""
        return list(self.commands)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is refused with what may have been meant."""
        name = args[0]
        unknown = self.get_command(ctx, name) is None and not name.startswith("-")
        if unknown and not ctx.resilient_parsing:
            close = get_close_matches(name, self.list_commands(ctx), 1)
            hint = f"did you mean `{close[0]}`?" if close else self._one_of(ctx)
            raise click.UsageError(f"there is no command `{name}`; {hint}", ctx)
        return super().resolve_command(ctx, args)

    def _one_of(self, ctx: click.Context) -> str:
        return f"there are {', '.join(self.list_commands(ctx))}"


class LazyGroup(Group):
    """A group that imports the module of a command when the command is wanted."""

    def __init__(self, *args: Any, lazy: Mapping[str, str], **attrs: Any) -> None:
        super().__init__(*args, **attrs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they are to be shown."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; None if there is no such one."""
        if cmd_name not in self._lazy:
            return None
        module, _, name = self._lazy[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)
        return command
