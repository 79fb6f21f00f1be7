"""How `cronitor discord check` looks: live on a terminal, else lines or JSON."""

from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from bot.cli import output, tables, text
from bot.cli.looks import Look

if TYPE_CHECKING:
    from rich.status import Status
    from rich.text import Text

    from bot.client.steps import Step

#: by the mark of a step
_LOOKS = {
    "ok": Look("✓", "+", "green"),
    "note": Look("·", "-", "yellow"),
    "wrong": Look("✗", "x", "bold red"),
}
#: the longest name of a step is that of a setting
_NAME = 19


class Printed:
    """Keeps the contract of `bot.client.steps.Teller`; prints a line for each step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        # asked now: while a spinner turns, standard output is rich's
        self._ascii_only = text.is_ascii()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    @property
    def wrong(self) -> "list[Step]":
        """Whatever has to be mended."""
        return [step for step in self.steps if step.mark == "wrong"]

    def step(self, step: "Step") -> None:
        """A step is done."""
        self.steps.append(step)
        self._print(step)

    def close(self) -> None:
        """Say how it ended."""
        count = len(self.wrong)
        if not count:
            output.say("all is well")
            return
        things = "one thing" if count == 1 else f"{count} things"
        output.say(f"{things} to mend; docs/discord-setup.md has more about each")

    def busy(self, said: str) -> None:
        """Say nothing: whoever reads it later does not wait."""

    def prompt(self, said: str, wait_s: float) -> None:
        """It is a person's turn."""
        output.say(f"{self._arrow} {said} (waiting {wait_s:g} s)")

    @property
    def _arrow(self) -> str:
        return "->" if self._ascii_only else "→"

    def _mark(self, step: "Step") -> str:
        return _LOOKS[step.mark].mark(ascii_only=self._ascii_only)

    def _print(self, step: "Step") -> None:
        said = text.visible(step.text)
        output.say(f"{self._mark(step)} {step.name:<{_NAME}}  {said}")


class Lively(Printed):
    """With colours, the way out on a line of its own, and a spinner."""

    def __init__(self) -> None:
        super().__init__()
        self._console = tables.console()
        self._status: Status | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._status is not None:
            self._status.stop()

    def busy(self, said: str) -> None:
        """Turn a spinner."""
        self._spin(said)

    def prompt(self, said: str, wait_s: float) -> None:
        """It is a person's turn; the spinner turns until then."""
        self._spin(f"{said}: waiting {wait_s:g} s")

    def _spin(self, said: str) -> None:
        from rich.text import Text

        line = Text(said, style="bold")
        if self._status is None:
            spinner = "line" if self._ascii_only else "dots"
            self._status = self._console.status(line, spinner=spinner)
            self._status.start()
        self._status.update(line)

    def _print(self, step: "Step") -> None:
        from rich.table import Table
        from rich.text import Text

        said, *ways_out = text.visible(step.text).split("; ")
        if step.mark != "wrong":
            said, ways_out = text.visible(step.text), []
        line = Table.grid(padding=(0, 1, 0, 0))
        line.add_column(no_wrap=True)
        line.add_column(width=_NAME, no_wrap=True)
        line.add_column(overflow="fold")
        colour = _LOOKS[step.mark].colour
        line.add_row(Text(self._mark(step), style=colour), step.name, Text(said))
        self._console.print(line)
        for way_out in ways_out:
            # in one piece, so that a link can be clicked and copied
            self._console.print(self._indented(way_out), soft_wrap=True)

    def _indented(self, way_out: str) -> "Text":
        from rich.text import Text

        return Text(f"    {self._arrow} {way_out}", style="yellow")


class Json(Printed):
    """One object at the end; standard output has nothing else."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            output.print_json({"ok": not self.wrong, "steps": self._as_data()})

    def close(self) -> None:
        """The object says it."""

    def prompt(self, said: str, wait_s: float) -> None:
        """It is a person's turn, who reads standard error."""
        click.echo(f"{said} (waiting {wait_s:g} s)", err=True)

    def _print(self, step: "Step") -> None:
        """All at the end."""

    def _as_data(self) -> list[dict[str, object]]:
        return [
            {
                "step": step.name,
                "result": str(step.mark),
                "text": step.text,
                **({"permissions": step.permissions} if step.permissions else {}),
            }
            for step in self.steps
        ]


def printed(*, as_json: bool) -> Printed:
    """What fits where standard output goes."""
    if as_json:
        return Json()
    return Lively() if text.is_terminal() else Printed()
