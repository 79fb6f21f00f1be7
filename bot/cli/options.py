"""Options that many commands share, and where the server is according to them."""

import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem

from bot.errors import CronitorError, Invalid

if TYPE_CHECKING:
    from bot.cli.client import Client

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

#: seconds that a shell waits for slugs
_COMPLETION_S = 1.0


@dataclass(frozen=True, slots=True)
class _Given:
    value: str
    #: on the command line, as opposed to the environment
    typed: bool


def _remember(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value is None or param.name is None:
        return
    source = ctx.get_parameter_source(param.name)
    typed = source is ParameterSource.COMMANDLINE
    ctx.meta[f"cronitor.{param.name}"] = _Given(value, typed)


_HELP = {
    "--data-dir": "Where the server keeps its data and its socket.",
    "--config": "The settings [default: config.toml in the data directory].",
    "--url": "Talk to a server elsewhere, over HTTP.",
    "--key": "API key for --url; better in the environment, where no `ps` shows it.",
}
_METAVAR = {"--data-dir": "DIR", "--config": "FILE", "--url": "URL", "--key": "KEY"}
_ENVIRONMENT = {
    "--data-dir": "CRONITOR_DATA_DIR",
    "--config": "CRONITOR_CONFIG",
    "--url": "CRONITOR_URL",
    "--key": "CRONITOR_KEY",
}


def _place(name: str, *, root: bool, hidden: bool) -> Callable[[Decorated], Decorated]:
    return click.option(
        name,
        metavar=_METAVAR[name],
        help=_HELP[name],
        callback=_remember,
        expose_value=False,
        hidden=hidden,
        is_eager=True,
        envvar=_ENVIRONMENT.get(name) if root else None,
        show_envvar=True,
    )


def everywhere(command: Decorated) -> Decorated:
    """Add the options of `cronitor` itself, which also read the environment."""
    for name in reversed(_HELP):
        command = _place(name, root=True, hidden=False)(command)
    return command


def reaches_server(command: Decorated) -> Decorated:
    """Take the options of `cronitor` itself after the command as well."""
    for name in reversed(_HELP):
        command = _place(name, root=False, hidden=True)(command)
    return command


def uses_settings(command: Decorated) -> Decorated:
    """Take `--data-dir` and `--config`, for what reads settings itself."""
    for name in ("--config", "--data-dir"):
        command = _place(name, root=False, hidden=False)(command)
    return command


as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON, for programs."
)


def _given(name: str) -> _Given | None:
    given = click.get_current_context().meta.get(f"cronitor.{name}")
    assert given is None or isinstance(given, _Given)
    return given


def data_dir() -> Path:
    """The data directory: typed, of the environment, or the platform's place."""
    given = _given("data_dir")
    if given is not None:
        return Path(given.value).expanduser().absolute()
    import platformdirs

    return platformdirs.user_data_path("cronitor")


def typed_data_dir() -> str | None:
    """The data directory, if it was typed: `bot.node` reads the environment itself."""
    given = _given("data_dir")
    return given.value if given is not None and given.typed else None


def program() -> str:
    """What to type for this command: its path, where the shell does not find it."""
    typed = Path(sys.argv[0])
    if shutil.which("cronitor") or typed.name != "cronitor":
        return "cronitor"
    return shlex.quote(str(typed))


def finds_it(place: Path) -> str:
    """What another command line needs, to find the server of this data directory."""
    given = _given("data_dir")
    if given is None or not given.typed:
        return ""
    return f"--data-dir {shlex.quote(str(place))} "


def config_path() -> Path | None:
    """The settings file that was asked for."""
    given = _given("config")
    return None if given is None else Path(given.value).expanduser().absolute()


def client(timeout_s: float = 30) -> "Client":
    """The server that was asked for: by URL, else by the socket in the data directory.

    What is typed beats the environment.
    """
    from bot.cli.client import Client, Far, Near

    url, place = _given("url"), _given("data_dir")
    if url is None or (place is not None and place.typed and not url.typed):
        return Client(Near(data_dir() / "cronitor.sock"), timeout_s)
    key = _given("key")
    if key is None:
        raise click.UsageError("--url needs --key as well (or CRONITOR_KEY)")
    return Client(Far(url.value, key.value), timeout_s)


def duration(value: str) -> timedelta:
    """`30s`, `5m`, `1h30m`: the type of an option; refused with how to write it."""
    from bot.core import durations

    try:
        return durations.parse(value)
    except Invalid as exc:
        problem = exc.problems[0]
        raise click.BadParameter(f"{problem.reason} ({problem.hint})") from exc


overlap = click.option(
    "--overlap",
    type=duration,
    default="0s",
    metavar="DURATION",
    help="How long the old one is still taken, such as 24h; 30d at most.",
)


def until_when(overlap: timedelta) -> str:
    """What becomes of the old one."""
    from bot.core import durations

    if not overlap:
        return "stops working at once"
    return f"is taken for another {durations.text(overlap)}"


def asked(ctx: click.Context, path: str, **query: str) -> Any:
    """What the server has to offer to a shell; None, silently, if it has no say."""
    try:
        with ctx.scope(cleanup=False):
            return client(_COMPLETION_S).get(path, **query)
    except (CronitorError, click.ClickException, OSError):
        return None


def slugs(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """What a shell offers where a job is wanted."""
    found = asked(ctx, "/v1/jobs") or {"jobs": []}
    return [
        CompletionItem(view["slug"], help=view["status"])
        for view in found["jobs"]
        if view["slug"].startswith(incomplete)
    ]


def job_argument(command: Decorated) -> Decorated:
    """Take the slug of a job; a shell completes it from the server."""
    return click.argument("slug", metavar="JOB", shell_complete=slugs)(command)


def job_option(*names: str, **attrs: Any) -> Callable[[Decorated], Decorated]:
    """Take slugs of jobs as an option."""
    return click.option(*names, metavar="SLUG", shell_complete=slugs, **attrs)
