"""What a terminal of a given width shows."""

from rich.console import Console, RenderableType


def printed(*renderables: RenderableType, width: int = 80) -> str:
    """The text of a screen, without colours and without spaces at line ends."""
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(*renderables, sep="\n")
    return "\n".join(line.rstrip() for line in captured.get().splitlines())
