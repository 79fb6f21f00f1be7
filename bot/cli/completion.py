"""`cronitor completion SHELL`: the script that completes commands, options and jobs."""

import click
from click.shell_completion import ShellComplete, get_completion_class

from bot.cli import output
from bot.cli.groups import Command

_INSTALL = {
    "bash": (
        "# Put this into ~/.bashrc:",
        '#   eval "$(cronitor completion bash)"',
    ),
    "zsh": (
        "# Put this into ~/.zshrc, after compinit:",
        '#   eval "$(cronitor completion zsh)"',
    ),
    "fish": (
        "# Run this once:",
        "#   cronitor completion fish > ~/.config/fish/completions/cronitor.fish",
    ),
}


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(list(_INSTALL)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    It completes commands, options and the slugs of jobs. Slugs come from the server;
    while none runs, nothing is offered.

    \b
    Examples:
      eval "$(cronitor completion bash)"           in ~/.bashrc
      eval "$(cronitor completion zsh)"            in ~/.zshrc
      cronitor completion fish > ~/.config/fish/completions/cronitor.fish

    Next: open a new shell and press Tab after `cronitor job show `.
    """
    output.say(*_INSTALL[shell], script(ctx.find_root().command, shell))


def script(command: click.Command, shell: str) -> str:
    """What the shell has to run."""
    found = get_completion_class(shell)
    assert found is not None
    complete = found(command, {}, "cronitor", "_CRONITOR_COMPLETE")
    # bash's own `source` runs bash to look at its version, which we need not know
    return ShellComplete.source(complete)
