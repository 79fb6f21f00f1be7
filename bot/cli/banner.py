"""The first screen of `cronitor up`: what is on, what is off, and what to type next."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.app import Started

_DURABILITY = {
    "full": "an answered ping survives a power cut",
    "normal": "a power cut may lose the last seconds",
}

_DISCORD = {
    "off": "set discord.token in the settings: docs/discord-setup.md",
    "on": "connecting; the log says how it went",
    "nowhere": "connecting; type /setup there to see incidents",
}


def first_screen(
    started: "Started", *, options: str, program: str = "cronitor", ascii_only: bool
) -> list[str]:
    """The lines; `options` is what a further command needs to find this server."""
    on, off = ("+ on ", "- off") if ascii_only else ("✓ on ", "· off")
    config = started.config_path or (
        f"{started.data_dir / 'config.toml'}, as soon as there is one"
    )
    durability = f"{started.durability}: {_DURABILITY.get(started.durability, '')}"
    api = "with api.key, at /v1" if started.api else "set api.key in the settings"
    webhook = "notify.webhook_url"
    return [
        f"Cronitor {started.version} is up",
        "",
        f"  {on}  receiver   {started.url}/ping/... takes the pings of jobs",
        f"  {on}  store      {started.database}",
        f"                    durability {durability}",
        f"  {on}  log        incidents are told here",
        f"  {on if started.webhook else off}  webhook    "
        f"{webhook if started.webhook else f'set {webhook} in the settings'}",
        f"  {on if started.api else off}  HTTP API   {api}",
        f"  {off if started.discord == 'off' else on}  Discord    "
        f"{_DISCORD[started.discord]}",
        "",
        f"  data      {started.data_dir}",
        f"  settings  {config}",
        "",
        f"{_jobs(started.jobs)} Next, in another terminal:",
        f"  {program} {options}{_next(started.jobs)}",
        "",
        "Ctrl-C stops it.",
    ]


def _jobs(count: int) -> str:
    if not count:
        return "There are no jobs yet."
    return f"{count} job{'' if count == 1 else 's'} watched."


def _next(count: int) -> str:
    return "job list" if count else "job add backup --every 1d"
